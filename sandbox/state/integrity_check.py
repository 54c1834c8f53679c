"""Checks a journal and its images without a server, and repairs what can be repaired.

A repair never invents anything. It cuts a journal before its first damaged frame, which leaves a true earlier state; it
writes a damaged header anew above frames that are sound; it links an image again of which the pool has a sound file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Literal

from sandbox.errors import StartError
from sandbox.state.frames import PREFIX, SENTENCES, Damaged, Fault, Frame, Kind, frame_at, frames, sync_directory
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


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done: where a copy is of the journal as it was, what is lost of it, which images are there again."""

    copy: Path | None
    lost_frames: int
    """Whole frames that had to go because one before them was damaged; that one, or more, comes on top."""
    lost_bytes: int
    restored: tuple[Path, ...]
    beyond: tuple[Damage, ...]
    """What cannot be repaired."""
    after: Report


def inspect(path: Path) -> Report:
    """What lies at `path`, the directory of a workspace or a journal; nothing is changed."""
    journal = _journal(path)
    try:
        data = journal.read_bytes()
    except OSError as error:
        kind: Kind = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        return Report(journal, None, 0, 0, {}, {}, None, (), (Damage(journal, 0, kind),), 0, 0)
    reading = _Reading(journal, data)
    image = reading.story.end()
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


def repair(path: Path, pool: Path | None = None) -> Repair:
    """Repair what can be, and leave what is sound as it is. OSError where the disk refuses; what was there is then still there."""
    journal = _journal(path)
    before = inspect(path)
    pool = pool or _pool(journal)
    restored = tuple(one.path for one in before.images if one.damage in before.damage and _restore(one.path, pool))
    copy, lost_frames, lost_bytes = None, 0, 0
    faults = [one for one in before.damage if one.path == journal]
    if before.frames and faults and all(one.kind != "version" for one in faults):
        copy = _copy(journal)
        end = next((one.offset for one in faults if one.offset), before.size)
        lost_frames, lost_bytes = before.readable_behind, before.size - end
        _mend(journal, end)
    after = inspect(path)
    return Repair(copy, lost_frames, lost_bytes, restored, after.damage, after)


class _Reading:
    """A journal frame by frame, up to the first that is damaged; a damaged base leaves what lies above it."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.base: str | None = None
        self.story = ReplayedState(self._read_image)
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
                self.story.take_in(found)
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


def _restore(path: Path, pool: Path) -> bool:
    """Put the pool's file in the place of a damaged image, if that one is sound; the damaged one is kept."""
    source = pool / path.name
    try:
        read_image(source, path.name.removesuffix(SUFFIX))
    except StartError:
        return False
    if path.exists():
        os.rename(path, _free(path))
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)
    sync_directory(path.parent)
    return True


def _copy(journal: Path) -> Path:
    copy = _free(journal)
    shutil.copyfile(journal, copy)
    os.chmod(copy, 0o600)
    _sync(copy)
    sync_directory(copy.parent)
    return copy


def _mend(journal: Path, end: int) -> None:
    with journal.open("r+b") as file:
        if version_in(file.read(len(HEADER))) is None:
            file.seek(0)
            file.write(HEADER)
        file.truncate(end)
    _sync(journal)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(path: Path) -> Path:
    """A name for a damaged file that nothing has yet."""
    return next(name for number in count(1) if not (name := path.with_name(f"{path.name}.damaged-{number}")).exists())


def _journal(path: Path) -> Path:
    return path / "journal" if path.is_dir() else path


def _pool(journal: Path) -> Path:
    """Where the data directory of a journal has its pool: a workspace's lies two directories below."""
    directory = journal.parent if journal.name != "journal" else journal.parent.parent.parent
    return directory / "images"
