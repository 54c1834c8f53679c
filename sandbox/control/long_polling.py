"""Answers that wait for news of the log, so that whoever follows it learns of an event as it happens.

One that waits costs a place among the workspace's observers, and wakes once a second, so that it ends with its key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Receive

from sandbox.events.outbox import EVENTS
from sandbox.state.changes import Changes
from sandbox.state.workspace import Workspace

_SECONDS_BETWEEN_LOOKS = 1.0


class _Wait:
    """One answer that waits; `over` once nothing more is to be waited for."""

    def __init__(self) -> None:
        self.over = False
        self.news = asyncio.Event()

    def observe(self, changes: Changes) -> None:
        """After a commit; nothing in it stands for everything, as after a reset."""
        if not changes:
            self.end()
        elif EVENTS in changes.tables:
            self.news.set()

    def end(self) -> None:
        self.over = True
        self.news.set()

    async def end_with(self, receive: Receive) -> None:
        """When the client has left."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end()


class LongPolling:
    """All answers of one server that wait. On the event loop."""

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()
        self._stopped = False

    async def wait(self, workspace: Workspace, seconds: float, *, until: Callable[[], bool], receive: Receive) -> None:
        """Returns when `until` holds, after so many seconds, or when the workspace is reset, the client leaves or the server stops."""
        if self._stopped or until():
            return
        wait, deadline = _Wait(), asyncio.get_running_loop().time() + seconds
        workspace.observers.append(wait.observe)
        self._waits.add(wait)
        leaving = asyncio.create_task(wait.end_with(receive))
        try:
            while not wait.over and not until() and (left := deadline - asyncio.get_running_loop().time()) > 0:
                wait.news.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, _SECONDS_BETWEEN_LOOKS)):
                        await wait.news.wait()
        finally:
            leaving.cancel()
            self._waits.discard(wait)
            workspace.observers.remove(wait.observe)

    def stop(self) -> None:
        """The server ends: answer all that wait, and let no more begin to."""
        self._stopped = True
        for wait in self._waits:
            wait.end()
