"""A cache of limited size for values that can be computed again."""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedCache(dict[Key, Value]):
    """Read it as a dictionary. It holds at most `most` bytes, by what callers say of their values; when it is full, all go at once.

    To find out which value is used least would cost each look-up more than it costs to make all of them again.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._size = most, 0

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Keep a value of `size` bytes, its key included; one that is larger than a hundredth of all room is not kept."""
        if size > self._most // 100:
            return
        self._size += size
        if self._size > self._most:
            self.clear()
            self._size = size
        self[key] = value
