"""Measures how long the event loop keeps everybody waiting: a beat that comes late was held up by what ran in between.

It is what requests feel, whoever holds the interpreter: a handler, a thread inside the C code of a library, the collector.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds of the histogram's buckets, in seconds; one more bucket holds what is longer."""
_SECONDS_BETWEEN_BEATS = 0.05


class LoopLag:
    """The lag of one event loop since it was started, in seconds, as a histogram of fixed size; `time` is the loop's own where none is given."""

    def __init__(self, time: Callable[[], float] | None = None) -> None:
        self._time = time
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.counts = [0] * (len(BOUNDS) + 1)
        """Of beats, by bucket."""
        self.total = 0.0
        self.greatest = 0.0

    def start(self) -> None:
        """Measure from now on, on the running loop."""
        self._wait(asyncio.get_running_loop())

    def stop(self) -> None:
        """A second call does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def beats(self) -> int:
        """How many were measured."""
        return sum(self.counts)

    def quantile(self, share: float) -> float:
        """The bound below which such a share of the beats lies, 0.99 for the p99; the greatest lag where no bound is that high."""
        wanted = share * self.beats
        below = next((place for place, count in enumerate(accumulate(self.counts)) if count >= wanted), len(BOUNDS))
        return min(BOUNDS[below], self.greatest) if below < len(BOUNDS) else self.greatest

    def note(self, lag: float) -> None:
        """Count one beat that came so late."""
        self.counts[bisect_left(BOUNDS, lag)] += 1
        self.total += lag
        self.greatest = max(self.greatest, lag)

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        time = self._time or loop.time
        self._due = time() + _SECONDS_BETWEEN_BEATS
        self._timer = loop.call_later(_SECONDS_BETWEEN_BEATS, self._beat, loop)

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self.note(max(0.0, (self._time or loop.time)() - self._due))
        self._wait(loop)
