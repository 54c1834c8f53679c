"""The directory of all that a server keeps. One server has it at a time: two would each write what the other does not know.

`workspaces/<name>/` holds a workspace's journal and images, `images/` the pool of images that they share, and
`server.journal` what the server knows of itself.
"""

import os
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from openapi.wording import quoted
from sandbox.errors import StartError
from sandbox.state.directory_listing import NAME, Stray, workspaces_in
from sandbox.state.directory_lock import DirectoryLock
from sandbox.state.file_modes import narrow
from sandbox.state.image import Image
from sandbox.state.image_file import SUFFIX, write_file
from sandbox.state.plain_files import NotPlain, must_be_a_directory

_SERVER = "server.journal"
_DIRECTORIES = ("images", "workspaces", "worlds")
_FILES = ("lock", "admin.sock", _SERVER)
_MOST_TOLD = 5


class DataDirectory:
    """Made if absent, checked for writing, and locked until `close`. Every failure is a StartError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pool = path / "images"
        self.server_journal = path / _SERVER
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            refuse_links(path)
            with tempfile.TemporaryFile(dir=path):
                pass
            self._lock = DirectoryLock(path)
            self.verify = self._lock.verify
            """Raises OSError where this server does not have the directory any more: somebody removed, moved or replaced it, or its lock."""
        except FileExistsError as error:
            raise StartError(f"The data directory {path} is not a directory.") from error
        except OSError as error:
            raise self._unusable(error) from error
        try:
            self.warnings = narrow(path)
            """What an operator should know of the modes of what was there."""
            self._move_flat_journals()
            self.pool.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            self.close()
            raise self._unusable(error) from error
        except StartError:
            self.close()
            raise
        for unfinished in self.pool.glob("*.new"):  # by a server that was killed
            with suppress(OSError):
                unfinished.unlink()
        self.clean_pool()

    @staticmethod
    def holds(path: Path, workspace: str) -> bool:
        """Whether a directory, which need not exist, has that workspace's journal, in today's place or in the first one."""
        return (path / "workspaces" / workspace / "journal").exists() or (path / f"{workspace}.journal").exists()

    @staticmethod
    def owner(path: Path) -> str | None:
        """Who has the directory: the number of a server's process, None where nobody has. Nothing is written for that."""
        return DirectoryLock.owner(path)

    @staticmethod
    def journals(path: Path, known: Collection[str] = ()) -> list[tuple[str | None, Path]]:
        """What lies in a directory, by the name of the workspace, None for the server's own: a journal, or the directory that holds one."""
        server = path / _SERVER
        flat = [one for one in sorted(path.glob("*.journal")) if _is_flat(one)]
        whole = [(one.name, one) for one in workspaces_in(path, known)[0]]
        return [*([(None, server)] if os.path.lexists(server) else []), *((one.stem, one) for one in flat), *whole]

    def workspace(self, name: str) -> Path:
        """The directory of a workspace, whether or not there is one yet."""
        if not NAME.fullmatch(name):
            raise StartError(f"The workspace name {quoted(name)} cannot name a file; use up to 64 letters, digits, hyphens and underscores.")
        return self.path / "workspaces" / name

    def workspaces(self, known: Collection[str] = ()) -> list[Path]:
        """The directories of the workspaces that are kept here, by name; `known` as for `workspaces_in`. OSError."""
        return workspaces_in(self.path, known)[0]

    def strays(self, known: Collection[str]) -> list[str]:
        """A sentence for each of what lies among the workspaces and is none; of many, for the first ones. OSError."""
        return told(workspaces_in(self.path, known)[1])

    def bring(self, world: Image) -> None:
        """In any thread: write an image into the pool, unless it is there. OSError."""
        self.verify()
        if world.digest is None or not (self.pool / f"{world.digest}{SUFFIX}").exists():
            beside = self.pool / f"{os.getpid()}-{get_ident()}.new"
            digest = write_file(beside, world)
            beside.replace(self.pool / f"{digest}{SUFFIX}")

    def clean_pool(self) -> None:
        """Remove from the pool the images that no workspace has a link to; nothing, where the pool is another server's by now."""
        try:
            self.verify()
        except OSError:
            return
        for path in self.pool.glob("*" + SUFFIX):
            with suppress(OSError):
                if path.stat().st_nlink == 1:
                    path.unlink()

    def close(self) -> None:
        """Let another server have the directory; a second call does nothing."""
        self._lock.close()

    def _move_flat_journals(self) -> None:
        """The first layout had all journals side by side; each goes where it belongs now, in one step."""
        for old in sorted(self.path.glob("*.journal")):
            if not _is_flat(old):
                continue
            new = self.workspace(old.stem) / "journal"
            if new.exists():
                raise StartError(f"The workspace {old.stem} has two journals, {new} and, as older servers wrote it, {old}; move one of them away.")
            new.parent.parent.mkdir(mode=0o700, exist_ok=True)
            new.parent.mkdir(mode=0o700, exist_ok=True)
            os.rename(old, new)

    def _unusable(self, error: OSError) -> StartError:
        return StartError(f"The data directory {self.path} cannot be used: {error.strerror}.")


def refuse_links(path: Path) -> None:
    """Raises NotPlain where a symbolic link, or something that is none of its kind, has a name that the server writes to."""
    for name in _DIRECTORIES:
        must_be_a_directory(path / name)
    for name in _FILES:
        if (path / name).is_symlink():
            raise NotPlain(path / name, is_link=True)


def told(strays: list[Stray]) -> list[str]:
    """The first sentences, and how many more there are."""
    rest = len(strays) - _MOST_TOLD
    return [*(one.sentence for one in strays[:_MOST_TOLD]), *([f"workspaces/ holds {rest} more that are no workspaces"] if rest > 0 else [])]


def _is_flat(journal: Path) -> bool:
    """Whether it is a workspace's in the first layout."""
    return journal.name != _SERVER and NAME.fullmatch(journal.stem) is not None and journal.is_file() and not journal.is_symlink()
