"""Waiting for what no event tells: a condition is asked again and again, for as long as a busy machine may take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

SECONDS = 45
"""After which a test that waits has failed."""


def wait_until(holds: Callable[[], object], what: Callable[[], str] | str = "waited in vain", seconds: float = SECONDS, poll: float = 0.02) -> None:
    """Fails with a sentence where the condition does not come to hold in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(poll)


async def until(holds: Callable[[], object], seconds: float = SECONDS, poll: float = 0.001) -> None:
    """The same while the event loop turns; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # a test asks what no event tells
            await asyncio.sleep(poll)
