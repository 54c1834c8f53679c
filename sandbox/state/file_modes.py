"""Who else may read a data directory. It holds what clients stored and the digests of keys, so it is for its owner alone.

What belongs to this user is narrowed at the start. The directory itself only where nothing but a server's files lies in it,
for it may be a home; that, and what belongs to somebody else, is told.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openapi.wording import counted, printable, was_or_were

_OTHERS = 0o077
_OURS = frozenset({"lock", "admin.sock", "admin.new", "images", "workspaces", "worlds"})
_JOURNALS = (".journal", ".journal.new")
_LITTER = frozenset({".DS_Store", "lost+found", ".gitignore"})


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file or directory that others may read, enter or write; `why` it is not to be narrowed, None where it can be."""

    path: Path
    mode: int
    why: str | None


def narrow(directory: Path) -> list[str]:
    """Takes the rights of others away where that can be; a sentence for what was done, and for what was not."""
    done: list[OpenFile] = []
    left: list[OpenFile] = []
    for one in open_files(directory):
        why = one.why
        if why is None:
            try:
                one.path.chmod(one.mode & ~_OTHERS)
            except FileNotFoundError:
                continue
            except OSError as error:
                why = error.strerror or str(error)
        (done if why is None else left).append(OpenFile(one.path, one.mode, why))
    return [*_narrowed(directory, done), *told(directory, left)]


def told(directory: Path, left: list[OpenFile]) -> list[str]:
    """A sentence for the directory itself, and one for all in it."""
    inside = [one for one in left if one.path != directory]
    sentences = [f"other users may use the data directory {_shown(one)}: {_advice(one)}" for one in left if one.path == directory]
    if inside:
        others = f", and {counted(len(inside) - 1, 'other file')}" if len(inside) > 1 else ""
        sentences.append(f"other users may use {_shown(inside[0])}{others}: {_advice(inside[0])}")
    return sentences


def open_files(directory: Path) -> Iterator[OpenFile]:
    """All that is wider than 0700 or 0600, the directory first. Links are not followed."""
    holds_others = any(name not in _OURS | _LITTER and not _is_journal(name) for name in os.listdir(directory))
    yield from _looked_at(directory, "it holds other files than the server's, so its mode is left as it is" if holds_others else None, follow=True)
    for path in sorted(directory.iterdir()):
        if path.name in _OURS or _is_journal(path.name):
            yield from _looked_at(path)
            if path.name in _OURS and path.is_dir() and not path.is_symlink():
                for place, directories, files in os.walk(path):
                    for name in (*directories, *files):
                        yield from _looked_at(Path(place, name))


def _looked_at(path: Path, why: str | None = None, *, follow: bool = False) -> Iterator[OpenFile]:
    try:
        found = path.stat(follow_symlinks=follow)
    except OSError:
        return  # it was removed just now
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)) or not found.st_mode & _OTHERS:
        return
    if found.st_uid != os.geteuid():
        why = f"it belongs to the user {found.st_uid}"
    yield OpenFile(path, stat.S_IMODE(found.st_mode), why)


def _is_journal(name: str) -> bool:
    return name.endswith(_JOURNALS) or ".journal.damaged-" in name


def _narrowed(directory: Path, done: list[OpenFile]) -> Iterator[str]:
    for one in done[:1]:
        if one.path == directory:
            yield f"the data directory was open to other users (mode {one.mode:04o}); it is {one.mode & ~_OTHERS:04o} now"
    inside = sum(one.path != directory for one in done)
    if inside:
        yield f"{counted(inside, 'file')} in the data directory {was_or_were(inside)} open to other users; that is closed now"


def _advice(one: OpenFile) -> str:
    return f"{one.why}; `chmod go-rwx` closes it"


def _shown(one: OpenFile) -> str:
    return f"{printable(str(one.path))} (mode {one.mode:04o})"
