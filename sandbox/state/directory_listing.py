"""What lies in `workspaces/` of a data directory: workspaces, and what is none. An operator's copy of one must stop no start."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from openapi.wording import printable

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Of a workspace."""


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that is left alone, and why."""

    path: Path
    reason: str

    @property
    def sentence(self) -> str:
        """For the banner and `sandbox doctor`."""
        return f"workspaces/{printable(self.path.name)} is left alone: {self.reason}; move it out of the data directory"


def workspaces_in(directory: Path, known: Collection[str] = ()) -> tuple[list[Path], list[Stray]]:
    """The directories of workspaces that have a journal, by name, and all else. OSError.

    Of two names that differ in case alone the one that is `known` counts, or else the first one. What is known counts in
    any case, so that whoever opens it says what is wrong with it.
    """
    found: list[Path] = []
    strays: list[Stray] = []
    taken = {name.casefold(): name for name in known}
    for path in _entries(directory / "workspaces"):
        reason = None if path.name in known else _reason(path, taken)
        if reason is not None:
            strays.append(Stray(path, reason))
        elif path.is_symlink() or not path.is_dir() or os.path.lexists(path / "journal"):
            found.append(path)
            taken[path.name.casefold()] = path.name
    return found, strays


def _entries(place: Path) -> Iterator[Path]:
    try:
        yield from sorted(place.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return


def _reason(path: Path, taken: dict[str, str]) -> str | None:
    if path.is_symlink():
        return "it is a symbolic link"
    if not path.is_dir():
        return "it is no directory"
    if not NAME.fullmatch(path.name):
        return "a workspace's name has up to 64 letters, digits, hyphens and underscores"
    twin = taken.get(path.name.casefold())
    return None if twin is None else f"its name differs from that of the workspace {twin} in case alone"
