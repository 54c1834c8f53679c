"""How soon a delivery may be redelivered again: whoever presses the button all the time makes no flood of calls."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from math import ceil

from openapi.wording import counted
from sandbox.errors import LimitExceeded

PAUSE = timedelta(seconds=5)
"""As long as before the first retry."""
MOST_REMEMBERED = 20_000

Redelivered = tuple[str, int]
"""A workspace, and a delivery of it."""


class RedeliveryLimit:
    """By the server's clock, since a workspace's own can be moved at will. In memory, and no longer than it matters."""

    def __init__(self) -> None:
        self._at: OrderedDict[Redelivered, datetime] = OrderedDict()

    def __len__(self) -> int:
        return len(self._at)

    def refuse_too_soon(self, workspace: str, delivery: int, now: datetime) -> None:
        """Raises LimitExceeded."""
        at = self._at.get((workspace, delivery))
        if at is not None and _matters(at, now):
            wait = max(1, ceil((at + PAUSE - now).total_seconds()))
            pause = counted(int(PAUSE.total_seconds()), "second")
            raise LimitExceeded(
                f"Delivery {delivery} was redelivered less than {pause} ago; it can be redelivered again in {counted(wait, 'second')}", wait
            )

    def count(self, workspace: str, delivery: int, now: datetime) -> None:
        """It was redelivered now."""
        self._at.pop((workspace, delivery), None)
        self._at[workspace, delivery] = now
        while len(self._at) > MOST_REMEMBERED or not _matters(next(iter(self._at.values())), now):
            self._at.popitem(last=False)


def _matters(at: datetime, now: datetime) -> bool:
    """Also where the clock was put back, so that nobody waits for longer."""
    return timedelta(0) <= now - at < PAUSE
