"""Images as files: a world, or a whole workspace, under a name that is the digest of its content.

The file is a header, frames with the documents, a thousand at most in each, so that writing it in a thread never holds up
the event loop for long, and a last frame with the counters and how many frames and documents there are. A large image
that differs little from another one beside it may be written as a layer: its first frame names that base, the others hold
the documents that differ, null for those that are gone.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import compress, islice
from operator import is_not
from pathlib import Path
from threading import get_ident
from typing import Any

import orjson

from sandbox.errors import StartError
from sandbox.state.documents import Document, StoredDocument
from sandbox.state.frames import Damaged, Fault, Frame, frame, frames, sync_directory, write_all
from sandbox.state.image import Image

ReadImage = Callable[[str], Image]
"""Gives the image with a digest; StartError where it is damaged."""

HEADER = b"business-suite-image 1\n"
SUFFIX = ".image"
_DOCUMENTS_OF_A_FRAME = 1_000
_DIGITS = 32  # of SHA-256's 64, the faster hash where processors know it; 128 bits are enough to tell images apart


@dataclass(frozen=True, slots=True)
class Layer:
    """What is to be laid above the image with the digest `base` to make another of it; None removes a document."""

    base: str
    tables: Mapping[str, Mapping[int, Document | None]]

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))


class Abandoned(Exception):
    """An image is not to be written to its end."""


def write_image(path: Path, image: Image) -> str:
    """Write an image to any path, in one step, and return its digest. OSError, and then nothing has changed."""
    new_file = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}.new")
    digest = write_file(new_file, image)
    try:
        os.replace(new_file, path)
    except OSError:
        remove(new_file)
        raise
    sync_directory(path.parent)
    return digest


def write_file(path: Path, image: Image, is_abandoned: Callable[[], bool] = bool, layer: Layer | None = None) -> str:
    """Write an image to a path that nobody reads yet, and to the disk; its digest. OSError or Abandoned leave no file.

    As a layer, if that is given, which then has to make the image of its base.
    """
    content = sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        try:
            for data in _encoded(image, layer):
                if is_abandoned():
                    raise Abandoned
                content.update(data)
                write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except Exception:
        remove(path)
        raise
    image.digest = content.hexdigest()[:_DIGITS]
    return image.digest


def read_image(path: Path, digest: str | None = None, read_base: ReadImage | None = None) -> Image:
    """The image in a file; StartError where it is damaged, is missing, or is not the one with the digest.

    The base of a layer is read from the same directory, unless `read_base` knows better.
    """
    try:
        with path.open("rb") as file, _collector_resting():
            reading = _Reading(path, read_base or (lambda name: read_image(path.with_name(name + SUFFIX), name, _no_base)))
            found = reading.read(file.read(len(HEADER)), frames(file, os.fstat(file.fileno()).st_size))
    except FileNotFoundError as error:
        raise Damaged("image", path, 0, "missing") from error
    except OSError as error:
        raise StartError(f"The image {path} cannot be read: {error.strerror}.") from error
    if digest is not None and digest != found.digest:
        raise Damaged("image", path, 0, "digest")
    return found


def base_of(path: Path) -> str | None:
    """The digest of the base where an image is a layer. OSError or StartError where that cannot be told."""
    with path.open("rb") as file:
        file.seek(len(HEADER))
        first = next(frames(file, os.fstat(file.fileno()).st_size), Fault(len(HEADER), "cut"))
    if isinstance(first, Fault):
        raise Damaged("image", path, first.offset, first.kind)
    return str(orjson.loads(first.payload)["base"]) if first.payload.startswith(b'{"base"') else None


def is_digest(text: object) -> bool:
    """Whether it can be the name of an image, and of no other file."""
    return isinstance(text, str) and len(text) == _DIGITS and set(text) <= set("0123456789abcdef")


def layer_above(base: Image, image: Image) -> Layer:
    """What differs, told by identity, which takes an instant: a document is never changed. The base was put in a file."""
    assert base.digest is not None
    tables: dict[str, dict[int, Document | None]] = {}
    for name in {*image.tables, *base.tables}:
        ours, theirs = image.tables.get(name, {}), base.tables.get(name, {})
        differing = compress(ours, map(is_not, ours.values(), map(theirs.get, ours)))
        changed: dict[int, Document | None] = {doc_id: ours[doc_id] for doc_id in differing}
        changed.update(dict.fromkeys(theirs.keys() - ours.keys()))
        if changed:
            tables[name] = changed
    return Layer(base.digest, tables)


def _encoded(image: Image, layer: Layer | None) -> Iterator[bytes]:
    yield HEADER
    written = total = 0
    tables: Mapping[str, Mapping[int, Document | None]] = image.tables
    if layer is not None:
        yield frame(orjson.dumps({"base": layer.base}))
        written, tables = 1, layer.tables
    for name, table in sorted(tables.items()):
        documents = iter(table.items())
        while some := list(islice(documents, _DOCUMENTS_OF_A_FRAME)):
            yield frame(orjson.dumps({"t": name, "i": [doc_id for doc_id, _ in some], "d": [document for _, document in some]}))
            written, total = written + 1, total + len(some)
    yield frame(orjson.dumps({"n": image.counters, "frames": written, "documents": total}))


class _Reading:
    """One file, frame by frame. Whatever does not fit the form is damage."""

    def __init__(self, path: Path, read_base: ReadImage) -> None:
        self._path, self._read_base = path, read_base
        self._tables: dict[str, dict[int, Document]] = {}
        self._documents = 0
        self._is_layer = False

    def read(self, header: bytes, found: Iterator[Frame | Fault]) -> Image:
        if header != HEADER:
            raise Damaged("image", self._path, 0, "header")
        content, end = sha256(header), len(header)
        for number, one in enumerate(found):
            if isinstance(one, Fault):
                raise Damaged("image", self._path, one.offset, one.kind)
            content.update(one.prefix)
            content.update(one.payload)
            end = one.end
            try:
                part = orjson.loads(one.payload)
                if "n" not in part:
                    self._take_in(part, number)
                    continue
                if (part["frames"], part["documents"]) == (number, self._documents) and next(found, None) is None:
                    return Image(self._in_order(), dict(part["n"]), content.hexdigest()[:_DIGITS])
            except (ValueError, KeyError, TypeError) as error:
                raise Damaged("image", self._path, one.offset, "content") from error
            raise Damaged("image", self._path, one.offset, "content")
        raise Damaged("image", self._path, end, "cut")

    def _take_in(self, part: dict[str, Any], number: int) -> None:
        if number == 0 and "base" in part:
            if not is_digest(part["base"]):
                raise ValueError("a base is named by its digest")
            self._is_layer = True
            self._tables = {name: dict(table) for name, table in self._read_base(part["base"]).tables.items()}
            return
        documents = self._tables.setdefault(part["t"], {})
        for doc_id, document in zip(part["i"], part["d"], strict=True):
            if document is None and self._is_layer:
                del documents[doc_id]
            else:
                documents[int(doc_id)] = StoredDocument(document)
        self._documents += len(part["i"])

    def _in_order(self) -> dict[str, dict[int, Document]]:
        if not self._is_layer:
            return self._tables
        return {name: dict(sorted(table.items())) for name, table in self._tables.items() if table}


@contextmanager
def _collector_resting() -> Iterator[None]:
    """What is decoded stays, and so much of it that the collector of cycles would take longer than all the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _no_base(digest: str) -> Image:
    raise ValueError(f"a layer lies upon an image that is none, but {digest} is wanted below one")


def remove(path: Path) -> None:
    """Remove a file, if it is there and can be removed."""
    with suppress(OSError):
        path.unlink()
