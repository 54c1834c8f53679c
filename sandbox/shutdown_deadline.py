"""Ends the process some seconds after it was told to, whatever is under way then: a thread in a system call, or the event loop itself.

Nothing is lost by it that was acknowledged, since that is in its file by then. A signal's number comes through a socket that
Python's own handler, in C, writes to: so it comes also where the main thread can run no handler.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from threading import Thread
from time import monotonic, sleep
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SECONDS_OF_ONE = 0.5
"""For which a second signal counts as the first: a wrapper passes on what the terminal has sent already."""
_SECOND = b"sandbox: a second signal: what was under way is cut off; nothing that was acknowledged is lost.\n"
_LATE = b"sandbox: what was under way did not end in time, and is cut off; nothing that was acknowledged is lost.\n"


class ShutdownDeadline:
    """On the main thread. After the first signal the process has so many seconds, and a second signal ends it at once."""

    def __init__(self, seconds: float) -> None:
        self._ours, self._pythons = socket.socketpair()
        self._pythons.setblocking(False)
        self._seconds = seconds
        self._handlers: dict[signal.Signals, Any] = {}
        self._descriptor: int | None = None
        """The socket of the event loop, which is told what was told to us."""

    def __enter__(self) -> Self:
        """Whoever serves handles signals; before and after that they come here alone."""
        self._handlers = {one: signal.signal(one, self._handle) for one in SIGNALS}
        Thread(target=self._watch, name="shutdown deadline", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """The count goes on where it has begun: others may still keep the process."""
        for one, handler in self._handlers.items():
            signal.signal(one, handler)
        self._pythons.close()

    def attach(self) -> None:
        """On the event loop that runs now: hear of a signal whatever the main thread does. A second call does nothing."""
        if self._descriptor is None:
            self._descriptor = signal.set_wakeup_fd(self._pythons.fileno(), warn_on_full_buffer=False)

    def detach(self) -> None:
        """Before the loop ends; a second call does nothing."""
        if self._descriptor is not None:
            signal.set_wakeup_fd(self._descriptor)
        self._descriptor = None

    def _handle(self, number: int, frame: object) -> None:
        with suppress(OSError):
            self._pythons.send(bytes([number]))

    def _watch(self) -> None:
        with self._ours:
            if not self._came(None):
                return
            begun = monotonic()
            while (left := begun + self._seconds - monotonic()) > 0:
                if self._came(left) and monotonic() - begun > _SECONDS_OF_ONE:
                    _end(_SECOND)
            _end(_LATE)

    def _came(self, seconds: float | None) -> bool:
        """Whether one of our signals came within that time; once none can come any more, the time passes."""
        deadline = None if seconds is None else monotonic() + seconds
        while seconds is None or seconds > 0:
            self._ours.settimeout(seconds)
            try:
                numbers = self._ours.recv(16)
            except TimeoutError:
                return False
            if not numbers:
                sleep(seconds or 0)
                return False
            with suppress(OSError):
                if self._descriptor is not None and self._descriptor >= 0:
                    os.write(self._descriptor, numbers)
            if any(number in SIGNALS for number in numbers):
                return True
            seconds = None if deadline is None else deadline - monotonic()
        return False


def _end(why: bytes) -> None:
    with suppress(OSError):
        os.write(2, why)
    os._exit(0)
