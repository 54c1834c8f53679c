"""Checks a journal and its images without a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from sandbox.errors import StartError
from sandbox.state.frames import PREFIX, SENTENCES, Damaged, Fault, Frame, Kind, frame_at, frames
from sandbox.state.image import Image
from sandbox.state.image_file import SUFFIX, base_of, read_image
from sandbox.state.replay import HEADER, READABLE, ReplayedState, version_in

_SNAPSHOTS = "_snapshots"


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a file, at which offset."""

    path: Path
    offset: int
    kind: Kind

    @property
    def sentence(self) -> str:
        return SENTENCES[self.kind]


@dataclass(frozen=True, slots=True)
class ImageReport:
    """One image: how many bytes and documents, None where it cannot be read; `snapshot` is the name of one that needs it."""

    path: Path
    size: int | None
    documents: int | None
    use: Literal["base", "snapshot", "nothing"]
    snapshot: str | None
    damage: Damage | None


@dataclass(frozen=True, slots=True)
class Report:
    """One journal and the images beside it. The state is the one that its whole frames, up to the first damage, tell."""

    path: Path
    version: str | None
    size: int
    frames: int
    documents: dict[str, int]
    counters: dict[str, int]
    span: tuple[str, str] | None
    """The earliest and the latest time in the documents, RFC 3339."""
    images: tuple[ImageReport, ...]
    damage: tuple[Damage, ...]
    """Of the journal, and of the images that it needs."""
    readable_behind: int
    """How many frames behind the first damaged one are whole."""
    cut_bytes: int
    """How much of a last frame was never acknowledged; no damage, the next start cuts it off."""

    @property
    def is_sound(self) -> bool:
        return not self.damage


def inspect(path: Path) -> Report:
    """What lies at `path`, the directory of a workspace or a journal; nothing is changed."""
    journal = journal_in(path)
    try:
        data = journal.read_bytes()
    except OSError as error:
        kind: Kind = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        return Report(journal, None, 0, 0, {}, {}, None, (), (Damage(journal, 0, kind),), 0, 0)
    reading = _Reading(journal, data)
    image = reading.state.end()
    images = tuple(_images(journal.parent, reading.base, image))
    damage = (*reading.damage, *(one.damage for one in images if one.damage is not None and one.use != "nothing"))
    return Report(
        journal,
        reading.version,
        len(data),
        reading.frames,
        {name: len(table) for name, table in sorted(image.tables.items())},
        dict(sorted(image.counters.items())),
        _span(image),
        images,
        damage,
        reading.readable_behind,
        reading.cut_bytes,
    )


def journal_in(path: Path) -> Path:
    """The journal at `path`, the directory of a workspace or a journal."""
    return path / "journal" if path.is_dir() else path


class _Reading:
    """A journal frame by frame, up to the first that is damaged; a damaged base leaves what lies above it."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.base: str | None = None
        self.state = ReplayedState(self._read_image)
        self.damage: list[Damage] = []
        self.frames, self.readable_behind, self.cut_bytes = 0, 0, 0
        self.version = version_in(data[: len(HEADER)])
        if self.version is None or self.version.encode() not in READABLE:
            self.damage.append(Damage(path, 0, "header" if self.version is None else "version"))
        self._directory = path.parent
        fault = self._walk(data)
        if fault is not None and fault.kind == "cut" and self.frames:
            self.cut_bytes = len(data) - fault.offset
        elif fault is not None:
            self.damage.append(Damage(path, fault.offset, fault.kind))
            self.readable_behind = _readable(data, fault.offset + 1)

    def _walk(self, data: bytes) -> Fault | None:
        file = BytesIO(data)
        file.seek(len(HEADER))
        for found in frames(file, len(data)):
            if isinstance(found, Fault):
                return found
            try:
                self.state.take_in(found)
            except ValueError:
                return Fault(found.offset, "content")
            self.frames += 1
        return None if self.frames else Fault(len(HEADER), "cut")

    def _read_image(self, digest: str) -> Image:
        self.base = digest
        try:
            return read_image(self._directory / (digest + SUFFIX), digest)
        except StartError:
            return Image()  # it is reported with the other images


def _readable(data: bytes, begin: int) -> int:
    """How many whole frames lie anywhere behind an offset. A payload begins with a brace, its prefix stands before that."""
    file, found, brace = BytesIO(data), 0, begin + PREFIX.size
    while (brace := data.find(b"{", brace)) >= 0:
        file.seek(brace - PREFIX.size)
        one = frame_at(file, brace - PREFIX.size, len(data))
        if isinstance(one, Frame):
            found += 1
            brace = one.end + PREFIX.size
        else:
            brace += 1
    return found


def _images(directory: Path, base: str | None, state: Image) -> Iterator[ImageReport]:
    """Those that the state needs, and those that only lie there."""
    snapshots: dict[str, str] = {one["digest"]: one["name"] for one in state.tables.get(_SNAPSHOTS, {}).values()}
    there = {path.name.removesuffix(SUFFIX) for path in directory.glob("*" + SUFFIX)}
    bases = {base}
    for needed in (base, *snapshots):
        with suppress(OSError, StartError):
            bases.add(base_of(directory / f"{needed}{SUFFIX}"))
    for digest in sorted({*there, *(needed for needed in (*bases, *snapshots) if needed is not None)}):
        path, size, documents, damage = directory / (digest + SUFFIX), None, None, None
        with suppress(OSError):
            size = path.stat().st_size
        try:
            documents = sum(map(len, read_image(path, digest).tables.values()))
        except Damaged as error:
            damage = Damage(path, error.fault.offset, error.fault.kind)
        except StartError:
            damage = Damage(path, 0, "unreadable")
        use: Literal["base", "snapshot", "nothing"] = "base" if digest in bases else "snapshot" if digest in snapshots else "nothing"
        yield ImageReport(path, size, documents, use, snapshots.get(digest), damage)


def _span(image: Image) -> tuple[str, str] | None:
    times = [
        moment
        for table in image.tables.values()
        for document in table.values()
        for moment in (document.get("created_at"), document.get("updated_at"))
        if isinstance(moment, str)
    ]
    return (min(times), max(times)) if times else None
