"""Makes the k-th call of the operating system fail, or ends the program there, as far as its files can tell."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

import pytest

CALLS = ("open", "write", "fsync", "replace", "ftruncate", "link", "dup", "mkdir")

Manner = Literal["once", "from then on", "kill"]


class Killed(BaseException):
    """Here the program ends: no handler of an Exception runs any more."""


class Faults:
    """Counts the calls, and fails the `at`-th one, a write after half of it; `count` is how many there were."""

    def __init__(self, at: int, manner: Manner) -> None:
        self.at, self.manner = at, manner
        self.count = 0
        self.hit = False
        self.opened: set[int] = set()

    @contextmanager
    def injected(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, self._faulty(name, getattr(os, name)))
            patch.setattr(os, "close", self._close(os.close))
            yield

    def let_go(self) -> None:
        """Close what a killed program had open, as the system does."""
        for descriptor in self.opened:
            with suppress(OSError):
                os.close(descriptor)

    def _faulty(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def faulty(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count == self.at or (self.hit and self.manner == "from then on"):
                self.hit = True
                if name == "write":
                    call(args[0], args[1][: len(args[1]) // 2])
                if self.manner == "kill":
                    raise Killed
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            result = call(*args, **kwargs)
            if name in ("open", "dup"):
                self.opened.add(result)
            return result

        return faulty

    def _close(self, call: Callable[[int], None]) -> Callable[[int], None]:
        def close(descriptor: int) -> None:
            self.opened.discard(descriptor)
            call(descriptor)

        return close
