"""Reads a journal: its header, its base, and one frame of changes after the other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from sandbox.errors import StartError
from sandbox.state.documents import StoredDocument
from sandbox.state.frames import Damaged, Fault, Frame, frames
from sandbox.state.image import Image
from sandbox.state.image_file import ReadImage, is_digest

MAGIC = b"business-suite-journal "
VERSION = b"2"
READABLE = (b"1", VERSION)
HEADER = MAGIC + VERSION + b"\n"


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The state, its base if it has one, where the first and the last whole frame end, and the length of the file."""

    image: Image
    base: Image | None
    first_end: int
    end: int
    size: int


class ReplayedState:
    """The state as frame after frame tells it. `take_in` raises ValueError for one that holds no changes."""

    def __init__(self, read_image: ReadImage) -> None:
        self.image = Image()
        self.base: Image | None = None
        self._read_image = read_image
        self._begun = False

    def take_in(self, found: Frame) -> None:
        """StartError where the frame names a base that is damaged."""
        try:
            content = orjson.loads(found.payload)
            if "base" in content:
                self._begin_with(content["base"])
            for name, table in content["t"].items():
                documents = self.image.tables.setdefault(name, {})
                for key, document in table.items():
                    if document is None:
                        documents.pop(int(key), None)
                    else:
                        documents[int(key)] = StoredDocument(document)
            self.image.counters.update(content["n"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("a frame has tables and counters") from error
        self._begun = True

    def end(self) -> Image:
        """The state now, without the tables that have become empty."""
        return Image({name: table for name, table in self.image.tables.items() if table}, self.image.counters)

    def _begin_with(self, digest: object) -> None:
        if self._begun or not is_digest(digest):
            raise ValueError("the first frame alone has a base, and that is named by its digest")
        self.base = self._read_image(str(digest))
        self.image = Image({name: dict(table) for name, table in self.base.tables.items()}, dict(self.base.counters))


def replay(path: Path, read_image: ReadImage, until: int | None = None) -> ReplayResult:
    """What a journal tells up to the end of a frame, or else of the last whole one. StartError for damage; OSError."""
    state = ReplayedState(read_image)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size if until is None else until
        check_header(path, file)
        begin = end = file.tell()
        first_end = 0
        for found in frames(file, size):
            if isinstance(found, Fault):
                if found.kind == "cut" and first_end:
                    break
                raise Damaged("journal", path, found.offset, found.kind)
            try:
                state.take_in(found)
            except ValueError as error:
                raise Damaged("journal", path, found.offset, "content") from error
            end = found.end
            first_end = first_end or end
    if not first_end:
        raise Damaged("journal", path, begin, "cut")
    return ReplayResult(state.end(), state.base, first_end, end, size)


def check_header(path: Path, file: BinaryIO) -> None:
    """The file stands behind its header then. StartError where that names no version that can be read."""
    version = version_in(file.read(len(HEADER)))
    if version is None:
        raise Damaged("journal", path, 0, "header")
    if version.encode() not in READABLE:
        ours = " and ".join(one.decode() for one in READABLE)
        raise StartError(f"The journal {path} is of version {version}, but this server reads versions {ours}.")


def version_in(header: bytes) -> str | None:
    """The version that a header names, None where it is none."""
    if len(header) < len(HEADER) or not (header.startswith(MAGIC) and header.endswith(b"\n")):
        return None
    return header[len(MAGIC) : -1].decode("ascii", "replace")
