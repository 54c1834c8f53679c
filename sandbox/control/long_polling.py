"""Answers that wait for news of the log, so that whoever follows it learns of an event as it happens.

One that waits costs a place among the workspace's observers, and wakes once a second, so that it ends with its key. So there
is an end to how many a key may have, and all together.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Receive

from sandbox.errors import LimitExceeded
from sandbox.events.outbox import EVENTS
from sandbox.quotas import UNLIMITED
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

    def __init__(self, most: int = UNLIMITED, of_a_key: int = UNLIMITED) -> None:
        self._most, self._of_a_key = most, of_a_key
        self._waits: set[_Wait] = set()
        self._by_key: Counter[str] = Counter()
        self._stopped = False

    @property
    def waiting(self) -> int:
        """How many answers wait."""
        return len(self._waits)

    def waiting_of(self, key: str) -> int:
        """How many of them by a key, which is named by its digest."""
        return self._by_key.get(key, 0)

    async def wait(self, workspace: Workspace, seconds: float, *, until: Callable[[], bool], receive: Receive, key: str | None = None) -> None:
        """Returns when `until` holds, after so many seconds, or when the workspace is reset, the client leaves or the server stops.

        LimitExceeded for one wait too many by the `key` of that digest, or in all.
        """
        if self._stopped or until():
            return
        self._refuse_one_too_many(key)
        wait, deadline = _Wait(), asyncio.get_running_loop().time() + seconds
        workspace.observers.append(wait.observe)
        self._waits.add(wait)
        if key is not None:
            self._by_key[key] += 1
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
            if key is not None:
                self._by_key[key] -= 1
                if not self._by_key[key]:
                    del self._by_key[key]
            workspace.observers.remove(wait.observe)

    def _refuse_one_too_many(self, key: str | None) -> None:
        if key is not None and self.waiting_of(key) >= self._of_a_key:
            raise LimitExceeded(f"{self._of_a_key} answers of this key wait for events already, the most that a key may have; end one first", 1)
        if len(self._waits) >= self._most:
            raise LimitExceeded(f"{self._most} answers wait for events already, the most that this server has at a time; ask without `wait`", 1)

    def stop(self) -> None:
        """The server ends: answer all that wait, and let no more begin to."""
        self._stopped = True
        for wait in self._waits:
            wait.end()
