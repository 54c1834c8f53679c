"""Waits for the disk, after the commit and before the answer, where `--durability power` asks for it.

One wait serves all answers that came together: whoever comes while one is under way takes part in the next one.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from sandbox.state.workspace import Workspace


class Durability:
    """The waits of all workspaces."""

    def __init__(self) -> None:
        self._groups: WeakKeyDictionary[Workspace, _Groups] = WeakKeyDictionary()

    async def settled(self, workspace: Workspace) -> None:
        """Returns when all that is committed is on the platter. OSError where the disk failed: then it was taken back."""
        before = workspace.fallen_back
        with workspace.hold():
            await self._groups.setdefault(workspace, _Groups()).next(workspace)
        if workspace.fallen_back != before:
            raise OSError("the disk took back what had been committed")


class _Groups:
    """Of one workspace: the wait that is under way, and the one that comes after it."""

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
        settling = workspace.begin_settling()
        try:
            await asyncio.to_thread(settling.run)
        except OSError:
            workspace.fall_back()
            raise
        settling.finish()
