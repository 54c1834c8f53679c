"""When the daily reset is due, and the scheduler that ticks: APScheduler wakes us, our own clock says what is due.

The daily moment is worked out here: APScheduler's cron trigger leaves out the midnight after a change to summer time, and
fires twice for an hour that comes twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from sandbox import log
from sandbox.state.clock import later

_REMEMBERED = 2048
_TICKS_MISSED = 5
"""After so many in a row the machine's clock must have been put back, by which APScheduler waits for the next one."""


class DailySchedule:
    """One moment for each day of a time zone's calendar, at the same time of day.

    A time that a change of the clocks leaves out comes as much later as they jump (02:30 is then 03:30); one that comes
    twice counts the first time. `at` None is a schedule without any moment.
    """

    def __init__(self, at: time | None, zone: tzinfo) -> None:
        self.at, self.zone = at, zone
        # Asked each second for each workspace that is open, and nearly always for the same moments.
        self._next_after = lru_cache(_REMEMBERED)(self._worked_out)

    def next_after(self, moment: datetime) -> datetime | None:
        """The first moment later than an aware one, in UTC; None where there is none, as after the calendar's end."""
        return self._next_after(moment.astimezone(UTC))

    def _worked_out(self, moment: datetime) -> datetime | None:
        if self.at is None:
            return None
        # Yesterday's may have jumped into today; the day after tomorrow is needed where a zone leaves out a whole day.
        moments = (self._moment_of(moment, days) for days in range(-1, 3))
        return next((one for one in moments if one is not None and one > moment), None)

    def _moment_of(self, moment: datetime, days: int) -> datetime | None:
        """That of the day so many after the moment's; None for a day that no calendar has."""
        assert self.at is not None
        with suppress(OverflowError):
            day = moment.astimezone(self.zone).date() + timedelta(days=days)
            return datetime.combine(day, self.at, self.zone).astimezone(UTC)
        return None


class Ticker:
    """Calls `work` every few seconds while it is started, never twice at a time. What `work` raises is logged, and the next tick comes."""

    def __init__(self, work: Callable[[], Awaitable[None]], seconds: float = 1.0) -> None:
        self._work, self._seconds = work, seconds
        self._scheduler: Any = None
        self._beginning: asyncio.Task[None] | None = None
        self._watch: asyncio.Handle | None = None
        self._ticked_at = 0.0

    def start(self) -> None:
        """Tick from now on, on the running event loop."""
        self._beginning = asyncio.get_running_loop().create_task(self._begin())

    def stop(self) -> None:
        """Tick no more; a tick under way is cancelled where it waits. A second call does nothing."""
        if self._beginning is not None:
            self._beginning.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        self._beginning = self._scheduler = None

    async def _begin(self) -> None:
        # Not at once, since nothing is due before a first tick, and in a thread: loading it takes a quarter of a second,
        # in which the server already answers.
        await asyncio.sleep(self._seconds)
        scheduler = await asyncio.to_thread(_scheduler, self._tick, self._seconds)
        scheduler.start()
        self._scheduler = scheduler
        self._look()

    def _look(self) -> None:
        """By the event loop's time, which nobody puts back: begin anew to wait where no tick came."""
        loop, patience = asyncio.get_running_loop(), _TICKS_MISSED * self._seconds
        if loop.time() - self._ticked_at > patience:
            for job in self._scheduler.get_jobs():
                job.reschedule(job.trigger)
        self._watch = loop.call_later(patience, self._look)

    async def _tick(self) -> None:
        self._ticked_at = asyncio.get_running_loop().time()
        try:
            await self._work()
        except Exception as problem:
            log.error("a tick of the schedule failed", exc_info=problem)


def _scheduler(tick: Callable[[], Awaitable[None]], seconds: float) -> Any:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from apscheduler.triggers.base import BaseTrigger

    class Pause(BaseTrigger):
        """Fires so long after now. APScheduler's own interval counts all that were missed, one by one, when the clock jumps ahead."""

        def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
            return later(now, timedelta(seconds=seconds))

    # UTC, or it would look for the zone of this machine, and complain where that is set up badly.
    scheduler = AsyncIOScheduler(timezone=UTC, logger=_silent("sandbox.schedule"))
    _silent("apscheduler.executors.default")
    # A tick that comes late is as good as any; several that come late are one.
    scheduler.add_job(tick, Pause(), max_instances=1, coalesce=True, misfire_grace_time=None)
    return scheduler


def _silent(name: str) -> logging.Logger:
    """APScheduler tells each tick that was left out because one was under way, or cut off by the end: both as it should be.

    What a tick itself raises is told by us.
    """
    logger = logging.getLogger(name)
    logger.disabled = True
    return logger
