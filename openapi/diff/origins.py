"""Where files come from: a directory, or a revision of a git repository. A `$ref` is followed only to files there."""

from __future__ import annotations

import posixpath
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from openapi.parsing.errors import SourceError
from openapi.parsing.parse import MAX_BYTES

_PATIENCE = 60.0


class Origin(Protocol):
    """Gives the bytes of a file, by an address that is a path with `/`, and that path's name for people."""

    def read(self, address: str) -> bytes: ...

    def label(self, address: str) -> str: ...

    def resolve(self, address: str, reference: str) -> str | None:
        """The address of what a relative reference names in a file; None where it leads out of bounds."""


class Folder:
    """Files on the disk: the folder of the first one, or the whole git repository that it belongs to."""

    def __init__(self, name: str) -> None:
        first = Path(name).resolve()
        self.named, self.first = Path(name).parent, first.parent
        self.bounds = next((folder for folder in first.parents if (folder / ".git").exists()), first.parent)

    def read(self, address: str) -> bytes:
        label = self.label(address)
        try:
            path = Path(address)
            if path.is_dir():
                raise SourceError(label, "is a folder: name the document in it")
            if path.is_file() and path.stat().st_size > MAX_BYTES:
                raise SourceError(label, _too_big(path.stat().st_size))
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)  # of a pipe nobody knows beforehand how much comes
        except OSError as error:
            raise SourceError(label, f"cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(label, f"cannot be read: {error}") from error
        if len(content) > MAX_BYTES:
            raise SourceError(label, f"has more than {MAX_BYTES:,} bytes, which is the most that is read: split it by `$ref`")
        return content

    def label(self, address: str) -> str:
        path = Path(address)
        if path.is_relative_to(self.first):
            return (self.named / path.relative_to(self.first)).as_posix()
        return posixpath.normpath((self.named / posixpath.relpath(path.as_posix(), self.first.as_posix())).as_posix())

    def resolve(self, address: str, reference: str) -> str | None:
        try:
            path = (Path(address).parent / reference).resolve()
        except (OSError, ValueError, RuntimeError):
            return None
        return path.as_posix() if path.is_relative_to(self.bounds) else None


class Revision:
    """Files as they were in a revision, or are in the index where the revision is empty."""

    def __init__(self, revision: str) -> None:
        self.revision = revision

    def read(self, address: str) -> bytes:
        return git("cat-file", "blob", self.label(address), file=self.label(address))

    def label(self, address: str) -> str:
        return f"{self.revision}:{address}"

    def resolve(self, address: str, reference: str) -> str | None:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(address), reference))
        return None if path.startswith(("../", "/")) or path == ".." else path


def git(*words: str, file: str) -> bytes:
    """What a git command prints; SourceError with git's own words where it fails."""
    program = shutil.which("git")
    if program is None:
        raise SourceError(file, "names no file, and git, which could know it as REVISION:PATH, is not installed")
    try:
        done = subprocess.run([program, *words], capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - no shell, and no option comes from outside
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SourceError(file, f"git cannot show it: {error}") from error
    if done.returncode:
        told = " ".join(done.stderr.decode(errors="replace").removeprefix("fatal: ").split())
        raise SourceError(file, f"names no file, and git does not know it as REVISION:PATH: {told or 'no reason given'}")
    if len(done.stdout) > MAX_BYTES:
        raise SourceError(file, _too_big(len(done.stdout)))
    return done.stdout


def origin_of(name: str) -> tuple[Origin, str]:
    """Where a name on the command line points: a file, or REVISION:PATH where no file is called so."""
    if ":" not in name or Path(name).exists():
        place = Path(name)
        usual = place.is_file() or not place.exists()
        return Folder(name), (place.resolve() if usual else place.absolute()).as_posix()  # a pipe has no address but its own
    revision, _, path = name.partition(":")
    if revision.startswith("-") or not path:
        raise SourceError(name, "names no file, and is not REVISION:PATH either, such as main:openapi/api.yaml")
    if path.startswith(("./", "../")):
        prefix = git("rev-parse", "--show-prefix", file=name).decode().strip()
        path = posixpath.normpath(posixpath.join(prefix, path))
    return Revision(revision), path


def _too_big(size: int) -> str:
    return f"has {size:,} bytes, and at most {MAX_BYTES:,} are read: split it by `$ref`"
