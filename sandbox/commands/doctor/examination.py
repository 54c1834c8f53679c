"""Checks all files of a data directory, and repairs damage, for `sandbox doctor`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sandbox.errors import StartError
from sandbox.state.changes import is_system_name
from sandbox.state.data_directory import DataDirectory
from sandbox.state.integrity_check import Damage, ImageReport, Report, inspect
from sandbox.state.repair import Repair, repair

_SERVER = "(server)"
_LOOKS, _PAUSE = 10, 0.05


@dataclass(frozen=True)
class Finding:
    """What was found of a workspace or of the server's own journal, and what was done about it."""

    name: str
    found: Report
    mended: Repair | None

    @property
    def now(self) -> Report:
        return self.found if self.mended is None else self.mended.after

    @property
    def documents(self) -> int:
        """How many its clients see."""
        return sum(number for name, number in self.now.documents.items() if not is_system_name(name))

    @property
    def size(self) -> int:
        """In bytes, images included."""
        return self.found.size + sum(image.size or 0 for image in self.found.images)

    @property
    def state(self) -> str:
        if self.found.is_sound:
            return "sound"
        if self.mended is None:
            return "damaged"
        return "repaired" if self.now.is_sound else "beyond repair"

    def document(self) -> dict[str, Any]:
        """As JSON."""
        facts: dict[str, Any] = msgspec.to_builtins({"found": self.found, "repair": self.mended}, enc_hook=str)
        return {"name": self.name, "state": self.state, **facts}

    def consequence(self, damage: Damage) -> str:
        """What depends on a damaged image; nothing for a journal."""
        image = self._image(damage)
        if image is None:
            return ""
        return f"; it is what the snapshot {image.snapshot} holds" if image.use == "snapshot" else "; all documents build on it"

    def way_out(self, damage: Damage) -> str:
        """What can be done where there is no backup either."""
        image = self._image(damage)
        if image is None:
            return "move it away to start empty"
        return f"delete the snapshot {image.snapshot}" if image.use == "snapshot" else "move the journal away to start empty"

    def _image(self, damage: Damage) -> ImageReport | None:
        return next((one for one in self.found.images if one.path == damage.path), None)


def examine(path: Path, *, mend: bool) -> list[Finding]:
    """A finding for the server's journal and for each workspace.

    A look changes nothing, and a server may run meanwhile; StartError where one does and something is to be mended.
    """
    try:
        return _mended(path) if mend else _looked_at(path)
    except OSError as error:
        raise StartError(f"The data directory {path} cannot be read or written: {error.strerror}.") from error


class _AsItLies(DataDirectory):
    """Opened to mend: the pool stays as it is, since a repair may need an image that no workspace has any more."""

    def clean_pool(self) -> None:
        pass


def _mended(path: Path) -> list[Finding]:
    directory = _AsItLies(path)
    try:
        return [_mend(name or _SERVER, place, directory.pool) for name, place in DataDirectory.journals(path)]
    finally:
        directory.close()


def _mend(name: str, place: Path, pool: Path) -> Finding:
    found = inspect(place)
    return Finding(name, found, None if found.is_sound else repair(place, pool))


def _looked_at(path: Path) -> list[Finding]:
    findings = [Finding(name or _SERVER, _seen(path, place), None) for name, place in DataDirectory.journals(path)]
    return [one for one in findings if one.found.path.exists()]  # a workspace may have been deleted meanwhile


def _seen(path: Path, place: Path) -> Report:
    """As it lies. What a running server is writing just then is half there, so that is looked at more than once."""
    found = inspect(place)
    for _ in range(_LOOKS):
        if (found.is_sound and not found.cut_bytes) or DataDirectory.owner(path) is None:
            break
        time.sleep(_PAUSE)
        found = inspect(place)
    return found
