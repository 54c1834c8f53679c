"""When a commit may be acknowledged: after the one write of all commits of its tick, with `--durability power` on the disk itself.

One wait serves all answers that came together: whoever comes while one is under way takes part in the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakKeyDictionary

from sandbox import log
from sandbox.state.commits import CommitGroup
from sandbox.state.workspace import Workspace

OnWritten = Callable[[OSError | None], None]
"""Called with None where everything was written, else with why it was not, and then it was taken back."""


class Durability:
    """The waits of all workspaces."""

    def __init__(self) -> None:
        self._syncs: WeakKeyDictionary[Workspace, _Syncs] = WeakKeyDictionary()
        self._waiting: list[tuple[Workspace, CommitGroup, OnWritten]] = []

    async def wait_until_durable(self, workspace: Workspace) -> None:
        """Returns when all that is committed may be acknowledged. OSError where the disk failed: then it was taken back."""
        group, before = workspace.commits.group, workspace.fallen_back
        with workspace.hold():
            if workspace.syncs:
                await self._syncs.setdefault(workspace, _Syncs()).next(workspace)
            elif group is not None:
                await self._written(workspace, group)
        if workspace.fallen_back != before:
            raise OSError("the disk took back what had been committed")
        if group is not None and group.error is not None:
            raise group.error

    def when_written(self, workspace: Workspace, group: CommitGroup, on_written: OnWritten) -> None:
        """Calls `on_written` at the end of this tick of the event loop, after the write."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._write)
        self._waiting.append((workspace, group, on_written))

    async def _written(self, workspace: Workspace, group: CommitGroup) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_written(error: OSError | None) -> None:
            if not written.done():  # its client may have left
                written.set_exception(error) if error else written.set_result(None)

        self.when_written(workspace, group, on_written)
        await written

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        for workspace, group, on_written in waiting:
            if not group.is_over:
                with suppress(OSError):  # which each that took part is told
                    workspace.commits.write()
            try:
                on_written(group.error)
            except Exception as problem:  # the others wait as well
                log.error("an answer could not leave after its commit", workspace=workspace.name, exc_info=problem)


class _Syncs:
    """Of one workspace: the wait for the disk that is under way, and the one that comes after it."""

    def __init__(self) -> None:
        self._present: asyncio.Task[None] | None = None
        self._coming: asyncio.Task[None] | None = None

    async def next(self, workspace: Workspace) -> None:
        if self._coming is None:
            self._coming = asyncio.create_task(self._wait(self._present, workspace))
        # Shielded, since a client that leaves must not end the wait of the others.
        await asyncio.shield(self._coming)

    async def _wait(self, present: asyncio.Task[None] | None, workspace: Workspace) -> None:
        if present is not None:
            await asyncio.wait([present])
        self._present, self._coming = self._coming, None
        syncing = workspace.begin_fsync()
        try:
            await asyncio.to_thread(syncing.run)
        except OSError:
            workspace.fall_back()
            raise
        syncing.finish()
