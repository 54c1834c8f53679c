"""Standard output and error of both programs, which may be closed, full, or a pipe that nobody reads any more.

What a program is there for does not depend on whether somebody can read what it says.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any


class _Outlet(io.FileIO):
    """A descriptor that takes everything: what cannot be written is dropped, and why is remembered."""

    def __init__(self, descriptor: int, *, ends_with_its_reader: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._ends_with_its_reader = ends_with_its_reader
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        if self.failure is None:
            try:
                return super().write(data)
            except OSError as failure:
                self.failure = failure
                if failure.errno == errno.EPIPE and self._ends_with_its_reader:
                    raise
        return memoryview(data).nbytes


def prepare_standard_streams(*, end_with_their_reader: bool) -> None:
    """Once, where a program begins. Where it is to `end_with_their_reader`, the first write that a broken pipe refuses still raises."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # or the next file or socket that is opened would take its place
            with suppress(OSError):
                os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        before = getattr(sys, name)
        if before is not getattr(sys, f"__{name}__"):
            continue  # somebody put another one in its place, a test that captures it
        outlet = _Outlet(descriptor, ends_with_its_reader=end_with_their_reader)
        encoding, errors = (before.encoding, before.errors) if before is not None else ("utf-8", "backslashreplace")
        by_lines = outlet.isatty() or descriptor == 2
        stream = io.TextIOWrapper(io.BufferedWriter(outlet), encoding, errors, line_buffering=by_lines)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def output_failure() -> str | None:
    """Why the last words of this program reached nobody, though it expected a reader; None where they did."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    outlet = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    failure = outlet.failure if isinstance(outlet, _Outlet) else None
    return None if failure is None or failure.errno == errno.EPIPE else failure.strerror
