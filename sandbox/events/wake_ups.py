"""Reopens closed workspaces when a delivery of theirs is due."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from sandbox import log
from sandbox.errors import Missing
from sandbox.events.retry_schedule import LONGEST
from sandbox.state.clock import Clock
from sandbox.state.workspaces import Workspaces

TRY_AGAIN_AFTER = timedelta(minutes=10)
_PAUSE = 0.05
"""Seconds between two openings: at a start there may be a thousand, and requests come first."""
_LONGEST_LOOK_AHEAD = 1.0


class WakeUps:
    """By the server's `clock`. Opened one after the other."""

    def __init__(self, workspaces: Workspaces, clock: Clock) -> None:
        self._workspaces, self._clock = workspaces, clock
        self._due: dict[str, datetime] = {}
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._opening = False

    def add(self, name: str, moment: datetime) -> None:
        """To be opened then. On the event loop."""
        self._due[name] = moment
        self._news.set()

    def discard(self, name: str) -> None:
        """It is open. In any thread."""
        self._due.pop(name, None)

    def wake(self) -> bool:
        """Look at the clock at once, which may have been moved; whether one is being opened, or is due to be."""
        self._news.set()
        return self._opening or self._first_due() is not None

    def start(self) -> None:
        """Open what is due from now on, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Open nothing more; a second call does nothing."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _work(self) -> None:
        while True:
            name = self._first_due()
            if name is None:
                self._news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _LONGEST_LOOK_AHEAD if self._due else None)
                continue
            self._opening = True
            try:
                await self._open(name)
            finally:
                self._opening = False
            await asyncio.sleep(_PAUSE)

    def _first_due(self) -> str | None:
        now = self._clock.now()
        # What lies further ahead than any pause was due by a clock that has been put back since.
        due = ((moment, name) for name, moment in list(self._due.items()) if not timedelta(0) < moment - now <= LONGEST)
        return min(due, default=(now, None))[1]

    async def _open(self, name: str) -> None:
        self._due.pop(name, None)
        try:
            # Shielded, since others may wait for the same opening.
            await asyncio.shield(asyncio.wrap_future(self._workspaces.begin_opening(name)))
            self._workspaces.make_room()
        except Missing:
            pass  # it was deleted meanwhile
        except Exception as problem:
            log.error("a workspace could not be opened for its deliveries; it is tried again in ten minutes", workspace=name, exc_info=problem)
            self._due[name] = self._clock.now() + TRY_AGAIN_AFTER
