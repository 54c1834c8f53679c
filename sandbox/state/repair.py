"""Repairs what can be of a journal and its images, without a server.

A repair never invents anything. It cuts a journal before its first damaged frame, which leaves a true earlier state; it
writes a damaged header anew above frames that are sound; it links an image again of which the pool has a sound file.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sandbox.errors import StartError
from sandbox.state.frames import sync_directory
from sandbox.state.image_file import SUFFIX, read_image
from sandbox.state.integrity_check import Damage, Report, inspect, journal_in
from sandbox.state.replay import HEADER, version_in


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


def repair(path: Path, pool: Path | None = None) -> Repair:
    """Repair what can be, and leave what is sound as it is. OSError where the disk refuses; what was there is then still there."""
    journal = journal_in(path)
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


def _pool(journal: Path) -> Path:
    """Where the data directory of a journal has its pool: a workspace's lies two directories below."""
    directory = journal.parent if journal.name != "journal" else journal.parent.parent.parent
    return directory / "images"
