"""A budget of bytes that are held at a time: over all, for one address, and for one key."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Self

from sandbox.errors import LimitExceeded
from sandbox.quotas import UNLIMITED, size

_LOOK_AGAIN_AFTER = 1


class ByteBudget:
    """`what` begins the sentence of a refusal, such as `Bodies that are being read`, and `advice` ends it."""

    def __init__(
        self, what: str = "Bytes", advice: str = "try again", *, most: int = UNLIMITED, of_an_address: int = UNLIMITED, of_a_key: int = UNLIMITED
    ) -> None:
        self._what, self._advice = what, advice
        self._most, self._of_an_address, self._of_a_key = most, of_an_address, of_a_key
        self.used = 0
        self._by_address: Counter[str] = Counter()
        self._by_key: Counter[str] = Counter()

    def hold(self, address: str | None, key: str | None) -> Hold:
        """Nothing yet, of a client that may be known by both, or by neither."""
        return Hold(self, address, key)

    def used_by(self, address: str | None, key: str | None) -> tuple[int, int]:
        """How much an address and a key hold."""
        return self._by_address.get(address or "", 0), self._by_key.get(key or "", 0)

    def refuse(self, address: str | None, key: str | None, more: int) -> None:
        """Raises LimitExceeded where the client may not hold so many bytes more."""
        if (fault := self.fault(address, key, more)) is not None:
            raise LimitExceeded(fault, _LOOK_AGAIN_AFTER)

    def fault(self, address: str | None, key: str | None, more: int) -> str | None:
        """Why not."""
        by_address, by_key = self.used_by(address, key)
        for used, most, whose in (
            (by_key, self._of_a_key, " for one key"),
            (by_address, self._of_an_address, " for one address"),
            (self.used, self._most, ""),
        ):
            if used + more > most:
                return f"{self._what} would have {used + more} bytes, and may have {size(most)}{whose}; {self._advice}"
        return None

    def add(self, address: str | None, key: str | None, number: int) -> None:
        """So many bytes more are held; fewer, where it is less than none."""
        self.used += number
        for who, used in ((address, self._by_address), (key, self._by_key)):
            if who is not None:
                used[who] += number
                if not used[who]:
                    del used[who]


class Hold:
    """What one client holds for one purpose; leaving the block lets go of it."""

    __slots__ = ("_address", "_budget", "_key", "size")

    def __init__(self, budget: ByteBudget, address: str | None, key: str | None) -> None:
        self._budget, self._address, self._key = budget, address, key
        self.size = 0

    def grow(self, by: int) -> None:
        """Raises LimitExceeded where that is too much, and then nothing more is held."""
        self._budget.refuse(self._address, self._key, by)
        self.become(self.size + by)

    def become(self, size: int) -> None:
        """Hold so much, whatever the budget says."""
        self._budget.add(self._address, self._key, size - self.size)
        self.size = size

    def refuse_where_full(self) -> None:
        """Raises LimitExceeded where the others fill the budget by themselves."""
        self._budget.refuse(self._address, self._key, 1 - self.size)

    def crowds_others_out(self) -> bool:
        """Whether the others fill the budget by themselves, so that there was no room for this one."""
        return self._budget.fault(self._address, self._key, 1 - self.size) is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.become(0)
