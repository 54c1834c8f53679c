"""A disk that fails when it is told to: the system calls of the room `state` alone, one of them, once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from errno import EIO, ENOSPC
from threading import Lock
from typing import Any

import pytest

_CALLS = ("open", "write", "fsync", "replace", "ftruncate", "link", "dup")


class FailingDisk:
    """Stands in the place of `os`. After `fail(k)` the k-th call from then on fails; `failed` names it once it did."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.failed: str | None = None
        self._lock = Lock()
        self._left = 0
        self._short = False
        self._never: frozenset[str] = frozenset()
        self._full = False
        for name, module in list(sys.modules.items()):
            if name.startswith("sandbox.state.") and getattr(module, "os", None) is os:
                patch.setattr(module, "os", self)
        for name in _CALLS:
            setattr(self, name, self._watched(getattr(os, name)))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fail(self, number: int, *, short: bool = False, never: frozenset[str] = frozenset()) -> None:
        """`short`: where the call writes, half of it is written, and what follows finds no room.

        The calls in `never` fail from then on, each time. A number of 0 is never reached.
        """
        with self._lock:
            self.failed, self._left, self._short, self._never, self._full = None, number, short, never, False

    def mend(self) -> None:
        """From now on nothing fails."""
        self.fail(0)

    def _watched(self, call: Callable[..., Any]) -> Callable[..., Any]:
        name = call.__name__

        def watched(*arguments: Any, **more: Any) -> Any:
            with self._lock:
                self._left -= 1
                hit = self._left == 0
                fails = (hit and not (self._short and name == "write")) or (self._full and name == "write") or name in self._never
                if hit:
                    self.failed = name
                    self._full = name == "write" and not fails
                elif fails:
                    self._full = False
            if fails:
                code = ENOSPC if name == "write" else EIO
                raise OSError(code, os.strerror(code))
            if hit:
                descriptor, data = arguments
                return call(descriptor, bytes(data)[: len(data) // 2])
            return call(*arguments, **more)

        return watched
