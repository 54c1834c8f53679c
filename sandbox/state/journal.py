"""An append-only file of checksummed frames, one for each transaction.

The file is a header, then frames. The first one says how the state began: it is put in place atomically together with the
header, and may name an image as its base, above which its own tables and counters lie. A later one can be cut short by a
crash, and then it was never acknowledged. Version 1 knew no base; otherwise it is the same, and it is still read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import orjson

from sandbox.errors import StartError
from sandbox.state.changes import Changes
from sandbox.state.documents import Document
from sandbox.state.frames import frame, sync_directory, write_all
from sandbox.state.image import Image
from sandbox.state.image_file import ReadImage
from sandbox.state.replay import HEADER, ReplayResult, replay

__all__ = ["HEADER", "Beginning", "Journal", "encoded", "encoded_in_pieces", "new_journal_file"]

_A_PIECE = 200


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
        beginning = new_journal_file(_new_file_of(path), first)
        beginning.put_in_place_of(path)
        return cls(path, beginning.descriptor, beginning.size, beginning.size)

    @classmethod
    def open(cls, path: Path, read_image: ReadImage) -> tuple[Self, ReplayResult]:
        """The journal and what it tells; StartError where it, or the image that it builds on, is damaged."""
        try:
            replayed = replay(path, read_image)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            try:
                os.ftruncate(descriptor, replayed.end)
            except OSError:
                os.close(descriptor)
                raise
        except OSError as error:
            raise StartError(f"The journal {path} cannot be opened: {error.strerror}.") from error
        return cls(path, descriptor, replayed.first_end, replayed.end, replayed.size - replayed.end), replayed

    def append(self, data: bytes) -> None:
        """Add frames with one write; OSError if that fails, and then the file is as it was before."""
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

    def replace(self, first: bytes) -> None:
        """Begin anew with a payload. OSError if that fails, and then the file is as it was."""
        self.take_over(new_journal_file(_new_file_of(self.path), first))

    def take_over(self, beginning: Beginning, behind: bytes = b"") -> None:
        """Begin anew with what was written beside, and whole frames behind it. OSError, and then the file is as it was, and that is gone."""
        beginning.append(behind)
        beginning.put_in_place_of(self.path)
        os.close(self.descriptor)
        self.descriptor, self.first_end, self.end = beginning.descriptor, beginning.size, beginning.size + len(behind)
        self._broken = False

    def cut_back_to(self, end: int) -> None:
        """Take back what lies behind an offset, on the disk itself too. Where that fails, the next append tries it again first."""
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
    if base is None and len(changes.tables) == len(changes.counters) == 1:
        ((name, table),) = changes.tables.items()
        if len(table) == 1:
            ((doc_id, document),) = table.items()
            ((counter, count),) = changes.counters.items()
            whole: bytes = getattr(document, "json", None) or orjson.dumps(document)
            return b'{"t":{"%b":{"%d":%b}},"n":{"%b":%d}}' % (name.encode(), doc_id, whole, counter.encode(), count)
    tables = {name: {str(doc_id): doc for doc_id, doc in table.items()} for name, table in changes.tables.items()}
    content = {"t": tables, "n": changes.counters}
    return orjson.dumps(content if base is None else {"base": base, **content})


def encoded_in_pieces(changes: Changes, base: str) -> bytes:
    """The same where there is much of it, for a thread: nobody else can go on while one piece is encoded."""
    tables = b",".join(b"%b:{%b}" % (orjson.dumps(name), b",".join(_pieces(table))) for name, table in changes.tables.items())
    return b'{"base":%b,"t":{%b},"n":%b}' % (orjson.dumps(base), tables, orjson.dumps(changes.counters))


def _pieces(table: Mapping[int, Document | None]) -> Iterator[bytes]:
    documents = iter(table.items())
    while piece := {str(doc_id): document for doc_id, document in islice(documents, _A_PIECE)}:
        yield orjson.dumps(piece)[1:-1]


@dataclass(frozen=True)
class Beginning:
    """The beginning of a journal, whole and on the disk itself, in a file beside the one that it is to replace; open for appending."""

    path: Path
    descriptor: int
    size: int

    def append(self, data: bytes) -> None:
        """OSError if that fails, and then the file is gone."""
        if data:
            with self._gone_on_failure():
                write_all(self.descriptor, data)
                os.fsync(self.descriptor)

    def put_in_place_of(self, path: Path) -> None:
        """In one step. OSError if that fails, and then the file is gone."""
        with self._gone_on_failure():
            os.replace(self.path, path)
        sync_directory(path.parent)

    def drop(self) -> None:
        """Leave nothing of it."""
        os.close(self.descriptor)
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    @contextmanager
    def _gone_on_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.drop()
            raise


def new_journal_file(path: Path, first: bytes) -> Beginning:
    """A journal that begins with a payload, at a path that nobody reads. OSError, and then nothing is there."""
    data = HEADER + frame(first)
    beginning = Beginning(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600), len(data))
    beginning.append(data)
    return beginning


def _new_file_of(path: Path) -> Path:
    return path.with_name(path.name + ".new")
