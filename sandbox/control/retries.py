"""Work of the schedule that failed: it is logged, and tried again after a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox import log
from sandbox.state.clock import Clock

TRY_AGAIN_AFTER = timedelta(minutes=1)


class Retries:
    """By the name of the workspace whose work failed; `clock` is the server's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._not_before: dict[str, datetime] = {}

    def attempt(self, name: str, work: Callable[[datetime], None]) -> None:
        """Does the work, unless it was put off; an OSError puts it off."""
        now = self._clock.now()
        if self.may_be_tried(name, now):
            try:
                work(now)
            except OSError as problem:
                self.put_off(name, problem)

    def may_be_tried(self, name: str, now: datetime) -> bool:
        """Also where the clock was put back, so that it is never put off for longer."""
        put_off = self._not_before.get(name)
        return put_off is None or not timedelta(0) < put_off - now <= TRY_AGAIN_AFTER

    def put_off(self, name: str, problem: Exception) -> None:
        """Logs why."""
        self._not_before[name] = self._clock.now() + TRY_AGAIN_AFTER
        log.error("the schedule's work failed; it is tried again in a minute", workspace=name, exc_info=problem)

    def forget(self, name: str) -> None:
        """It succeeded."""
        self._not_before.pop(name, None)
