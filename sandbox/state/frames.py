"""The checksummed frame that journals and images are made of.

A frame is length (4 bytes, little-endian), CRC-32 of those four bytes, CRC-32 of the payload, payload (JSON). The length
has a checksum of its own, so that a damaged one is never mistaken for a frame cut short.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Literal

from sandbox.errors import StartError

PREFIX = Struct("<III")
_LENGTH = Struct("<I")

Kind = Literal["header", "version", "length", "payload", "content", "cut", "missing", "digest", "unreadable", "link", "special"]
SENTENCES: dict[Kind, str] = {
    "header": "it does not begin as such a file does",
    "version": "it is of a version that this server does not read",
    "length": "the length of a frame has a wrong checksum",
    "payload": "a frame has a wrong checksum",
    "content": "a frame does not hold changes",
    "cut": "its last frame is not whole",
    "missing": "it is missing",
    "digest": "its content is not what its name says",
    "unreadable": "it cannot be read",
    "link": "it is a symbolic link, which no server follows",
    "special": "it is no file",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame, with where in its file it begins and ends."""

    offset: int
    prefix: bytes
    payload: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.prefix) + len(self.payload)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at an offset. `cut` is a frame that the end of the file cuts short."""

    offset: int
    kind: Kind


class Damaged(StartError):
    """A file is not what was written; `what` it is, "journal" or "image", where it lies, and what is wrong at which offset."""

    def __init__(self, what: str, path: Path, offset: int, kind: Kind) -> None:
        self.path, self.fault = path, Fault(offset, kind)
        super().__init__(f"The {what} {path} is damaged at offset {offset}: {SENTENCES[kind]}; `sandbox doctor` says what can be done.")


def frame(payload: bytes) -> bytes:
    """The bytes of a frame."""
    size = len(payload)
    return PREFIX.pack(size, zlib.crc32(_LENGTH.pack(size)), zlib.crc32(payload)) + payload


def frames(file: BinaryIO, size: int) -> Iterator[Frame | Fault]:
    """The frames from where the file stands up to `size`; a fault ends them, whatever may follow it."""
    offset = file.tell()
    while offset < size:
        found = frame_at(file, offset, size)
        yield found
        offset = found.end if isinstance(found, Frame) else size


def frame_at(file: BinaryIO, offset: int, size: int) -> Frame | Fault:
    """The frame that begins at the offset, where the file stands."""
    prefix = file.read(min(PREFIX.size, size - offset))
    if len(prefix) < PREFIX.size:
        return Fault(offset, "cut")
    length, length_sum, payload_sum = PREFIX.unpack(prefix)
    if zlib.crc32(prefix[: _LENGTH.size]) != length_sum:
        return Fault(offset, "length")
    if size - offset - PREFIX.size < length:
        return Fault(offset, "cut")
    payload = file.read(length)
    return Frame(offset, prefix, payload) if zlib.crc32(payload) == payload_sum else Fault(offset, "payload")


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, in as many steps as the system takes."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_directory(directory: Path) -> None:
    """Bring a directory's names to the disk. They are in force by now, so that a failure can fail nothing more."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
