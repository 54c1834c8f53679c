"""Looks at all that lies in a data directory, and repairs what can be: what `sandbox doctor` tells of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sandbox.errors import StartError
from sandbox.state.data_directory import DataDirectory
from sandbox.state.inspection import Damage, ImageReport, Repair, Report, inspect, repair
from sandbox.state.values import is_own

_SERVER = "(server)"


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
        return sum(number for name, number in self.now.documents.items() if not is_own(name))

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
            return "move it away to begin anew"
        return f"delete the snapshot {image.snapshot}" if image.use == "snapshot" else "move the journal away to begin anew"

    def _image(self, damage: Damage) -> ImageReport | None:
        return next((one for one in self.found.images if one.path == damage.path), None)


def examine(path: Path, *, mend: bool) -> list[Finding]:
    """A finding for the server's journal and for each workspace. StartError where a server runs on the directory."""
    directory = _AsItLies(path)
    try:
        return [_look(name, place, directory, mend) for name, place in _places(directory)]
    except OSError as error:
        raise StartError(f"The data directory {path} cannot be read or written: {error.strerror}.") from error
    finally:
        directory.close()


class _AsItLies(DataDirectory):
    """Opened to look: the pool stays as it is, since a repair may need an image that no workspace has any more."""

    def clean_pool(self) -> None:
        pass


def _places(directory: DataDirectory) -> Iterator[tuple[str, Path]]:
    if directory.server_journal.exists():
        yield _SERVER, directory.server_journal
    for place in directory.workspaces():
        yield place.name, place


def _look(name: str, place: Path, directory: DataDirectory, mend: bool) -> Finding:
    found = inspect(place)
    return Finding(name, found, repair(place, directory.pool) if mend and not found.is_sound else None)
