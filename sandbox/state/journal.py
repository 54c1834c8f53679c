"""An append-only file of checksummed frames, one for each transaction.

The file is a header, then frames. The first one says how the state began: it is put in place atomically together with the
header, and may name an image as its base, above which its own tables and counters lie. A later one can be cut short by a
crash, and then it was never acknowledged. Version 1 knew no base; otherwise it is the same, and it is still read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

import orjson

from sandbox.errors import StartError
from sandbox.state.frames import frame, sync_directory, write_all
from sandbox.state.images import ReadImage
from sandbox.state.replay import HEADER, Told, replay
from sandbox.state.values import Changes, Image

__all__ = ["HEADER", "Journal", "encoded"]


class Journal:
    """One file, open for appending. `recovered_bytes` is what was cut off its end when it was opened."""

    def __init__(self, path: Path, descriptor: int, first_end: int, end: int, recovered_bytes: int = 0) -> None:
        self.path = path
        self.recovered_bytes = recovered_bytes
        self.descriptor = descriptor
        self.first_end = first_end
        self.end = end
        self._broken = False

    @classmethod
    def create(cls, path: Path, first: bytes) -> Self:
        """A new journal that begins with a payload, in place of any that was there. OSError if it cannot be written."""
        data = HEADER + frame(first)
        return cls(path, _put_in_place(path, data), len(data), len(data))

    @classmethod
    def open(cls, path: Path, read_image: ReadImage) -> tuple[Self, Told]:
        """The journal and what it tells; StartError where it, or the image that it builds on, is damaged."""
        try:
            told = replay(path, read_image)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            try:
                os.ftruncate(descriptor, told.end)
            except OSError:
                os.close(descriptor)
                raise
        except OSError as error:
            raise StartError(f"The journal {path} cannot be opened: {error.strerror}.") from error
        return cls(path, descriptor, told.first_end, told.end, told.size - told.end), told

    def append(self, data: bytes) -> None:
        """Add a frame with one write; OSError if that fails, and then the file is as it was before."""
        if self._broken:
            self.cut_back_to(self.end)
            if self._broken:
                raise OSError(f"an earlier write to {self.path} failed and cannot be undone")
        try:
            written = os.write(self.descriptor, data)
            if written < len(data):
                raise OSError(f"only {written} of {len(data)} bytes could be written to {self.path}")
        except OSError:
            self._cut_back()
            raise
        self.end += len(data)

    def replace(self, first: bytes, behind: bytes = b"") -> None:
        """Begin anew with a payload and whole frames behind it. OSError if that fails, and then the file is as it was."""
        data = HEADER + frame(first)
        descriptor = _put_in_place(self.path, data + behind)
        os.close(self.descriptor)
        self.descriptor, self.first_end, self.end = descriptor, len(data), len(data) + len(behind)
        self._broken = False

    def cut_back_to(self, end: int) -> None:
        """Take back what lies behind an offset, on the platter too. Where that fails, the next append tries it again first."""
        self.end = end
        self._broken = False
        self._cut_back()
        try:
            os.fsync(self.descriptor)
        except OSError:
            self._broken = True

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self.descriptor, self.end)
        except OSError:
            # Half a frame stands at the end. Nothing may follow it, or the journal would become unreadable.
            self._broken = True


def encoded(changes: Changes | Image, base: str | None = None) -> bytes:
    """The payload of a frame; `base` is the digest of the image below it. TypeError for a value that JSON does not have."""
    tables = {name: {str(doc_id): doc for doc_id, doc in table.items()} for name, table in changes.tables.items()}
    content = {"t": tables, "n": changes.counters}
    return orjson.dumps(content if base is None else {"base": base, **content})


def _put_in_place(path: Path, data: bytes) -> int:
    """Write a file beside the path, then put it there in one step. Returns its descriptor."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
        os.replace(beside, path)
    except OSError:
        os.close(descriptor)
        beside.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
    return descriptor
