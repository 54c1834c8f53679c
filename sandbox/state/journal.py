"""An append-only file of checksummed frames, one for each transaction.

The file is a header, then frames: length (4 bytes, little-endian), CRC-32 of those four bytes, CRC-32 of the payload,
payload (JSON). The length has a checksum of its own, so that a damaged one is never mistaken for a frame cut short.
The first frame is a whole image and is put in place atomically together with the header; a later one can be cut short
by a crash, and then it was never acknowledged.
"""

import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Self

import orjson

from sandbox.errors import StartError
from sandbox.state.values import Changes, Document, Image

MAGIC = b"business-suite-journal "
VERSION = b"1"
HEADER = MAGIC + VERSION + b"\n"
_PREFIX = Struct("<III")
_LENGTH = Struct("<I")


class Journal:
    """One workspace's journal, open for appending. `recovered_bytes` is what was cut off the end when it was opened."""

    def __init__(self, path: Path, descriptor: int, end: int, recovered_bytes: int = 0) -> None:
        self.path = path
        self.recovered_bytes = recovered_bytes
        self._descriptor = descriptor
        self._end = end
        self._broken = False

    @classmethod
    def create(cls, path: Path, image: Image) -> Self:
        """A new journal that begins with an image, in place of any that was there. OSError if it cannot be written."""
        descriptor, end = _put_in_place(path, image)
        return cls(path, descriptor, end)

    @classmethod
    def open(cls, path: Path) -> tuple[Self, Image]:
        """The journal, begun if there is none, and the state that it tells of; StartError where it is damaged."""
        try:
            if not path.exists():
                return cls.create(path, Image()), Image()
            image, end, size = _replay(path)
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            os.ftruncate(descriptor, end)
        except OSError as error:
            raise StartError(f"The journal {path} cannot be opened: {error.strerror}.") from error
        return cls(path, descriptor, end, size - end), image

    def append(self, payload: bytes) -> None:
        """Add one frame with one write; OSError if that fails, and then the file is as it was before."""
        if self._broken:
            raise OSError(f"an earlier write to {self.path} failed and could not be undone")
        data = _frame(payload)
        try:
            written = os.write(self._descriptor, data)
            if written < len(data):
                raise OSError(f"only {written} of {len(data)} bytes could be written to {self.path}")
        except OSError:
            self._cut_back()
            raise
        self._end += len(data)

    def rewrite(self, image: Image) -> None:
        """Begin anew with an image. OSError if that fails, and then the file is as it was before."""
        descriptor, end = _put_in_place(self.path, image)
        os.close(self._descriptor)
        self._descriptor, self._end, self._broken = descriptor, end, False

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self._end)
        except OSError:
            # Half a frame stands at the end. Nothing may follow it, or the journal would become unreadable.
            self._broken = True


def encoded(changes: Changes | Image) -> bytes:
    """The payload of a frame. TypeError for a value that JSON does not have."""
    tables = {name: {str(doc_id): doc for doc_id, doc in table.items()} for name, table in changes.tables.items()}
    return orjson.dumps({"t": tables, "n": changes.counters})


def _frame(payload: bytes) -> bytes:
    length = _LENGTH.pack(len(payload))
    return _PREFIX.pack(len(payload), zlib.crc32(length), zlib.crc32(payload)) + payload


def _put_in_place(path: Path, image: Image) -> tuple[int, int]:
    """Write a journal beside the path, then put it there in one step. Returns its descriptor and its length."""
    data = HEADER + _frame(encoded(image))
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
        os.replace(beside, path)
    except OSError:
        os.close(descriptor)
        beside.unlink(missing_ok=True)
        raise
    _settle(path.parent)
    return descriptor, len(data)


def _settle(directory: Path) -> None:
    # The new file is in its place by now, so a file system that cannot sync a directory must not make this a failure.
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _replay(path: Path) -> tuple[Image, int, int]:
    """The state, the offset behind the last whole frame, and the length of the file."""
    image = Image()
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        _check_header(path, file.read(len(HEADER)))
        end = len(HEADER)
        while (payload := _next_payload(path, file, end, size)) is not None:
            _take_in(image, payload, path, end)
            end += _PREFIX.size + len(payload)
    if end == len(HEADER):
        raise StartError(f"The journal {path} is damaged at offset {end}: its first frame is not whole.")
    return Image({name: table for name, table in image.tables.items() if table}, image.counters), end, size


def _check_header(path: Path, header: bytes) -> None:
    if header == HEADER:
        return
    if header.startswith(MAGIC) and header.endswith(b"\n"):
        version = header[len(MAGIC) : -1].decode("ascii", "replace")
        raise StartError(f"The journal {path} is of version {version}, but this server reads version {VERSION.decode()}.")
    raise StartError(f"The journal {path} is damaged at offset 0: it does not begin as a journal does.")


def _next_payload(path: Path, file: BinaryIO, offset: int, size: int) -> bytes | None:
    """The payload of the frame at the offset; None at the end, and where the last frame was cut short."""
    prefix = file.read(_PREFIX.size)
    if len(prefix) < _PREFIX.size:
        return None
    length, length_sum, payload_sum = _PREFIX.unpack(prefix)
    if zlib.crc32(prefix[: _LENGTH.size]) != length_sum:
        raise StartError(f"The journal {path} is damaged at offset {offset}: the length of a frame has a wrong checksum.")
    if size - offset - _PREFIX.size < length:
        return None
    payload = file.read(length)
    if zlib.crc32(payload) != payload_sum:
        raise StartError(f"The journal {path} is damaged at offset {offset}: a frame has a wrong checksum.")
    return payload


def _take_in(image: Image, payload: bytes, path: Path, offset: int) -> None:
    try:
        content = orjson.loads(payload)
        for name, table in content["t"].items():
            _overlay(image.tables.setdefault(name, {}), table)
        image.counters.update(content["n"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StartError(f"The journal {path} is damaged at offset {offset}: a frame does not hold changes.") from error


def _overlay(documents: dict[int, Document], table: Mapping[str, Document | None]) -> None:
    for key, document in table.items():
        if document is None:
            documents.pop(int(key), None)
        else:
            documents[int(key)] = document
