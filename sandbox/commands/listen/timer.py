"""The clock that a listener waits by: the real one, or in tests one that advances when somebody waits for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Protocol


class Timer(Protocol):
    """Passes by itself, never goes back, and can be waited for."""

    def now(self) -> int:
        """In microseconds, from any beginning."""

    async def wait(self, seconds: float | None, until: asyncio.Event | None = None) -> None:
        """So long (None: for ever), or until the event is set."""


class RealTimer:
    """As the machine's own clock that only goes forward."""

    def now(self) -> int:
        return time.monotonic_ns() // 1000

    async def wait(self, seconds: float | None, until: asyncio.Event | None = None) -> None:
        waiting = (until or asyncio.Event()).wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(waiting, seconds)
