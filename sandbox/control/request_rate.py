"""How many requests a key may send to the control plane in a second: its operations cost far more than the API's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import monotonic

from openapi.wording import counted
from sandbox.errors import LimitExceeded
from sandbox.quotas import UNLIMITED


class RequestRate:
    """By the seconds of a clock that no jump moves; nothing is remembered of a second that is over."""

    def __init__(self, most: int = UNLIMITED, now: Callable[[], float] = monotonic) -> None:
        self._most, self._now = most, now
        self._second = 0
        self._used: Counter[str] = Counter()

    def take(self, key: str) -> None:
        """Counts one request by the key of that digest. Raises LimitExceeded for one too many."""
        if self._most >= UNLIMITED:
            return
        self._begin_second()
        if self._used[key] >= self._most:
            raise LimitExceeded(f"The control plane takes {counted(self._most, 'request')} in a second by one key; send the next one in a second", 1)
        self._used[key] += 1

    def used_by(self, key: str) -> int:
        """How many came in this second."""
        self._begin_second()
        return self._used.get(key, 0)

    def _begin_second(self) -> None:
        if (second := int(self._now())) != self._second:
            self._second = second
            self._used.clear()
