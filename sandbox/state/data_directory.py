"""The directory of all that a server keeps. One server has it at a time: two would each write what the other does not know.

`workspaces/<name>/` holds a workspace's journal and images, `images/` the pool of images that they share, and
`server.journal` what the server knows of itself.
"""

import fcntl
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from openapi.wording import quoted
from sandbox.errors import StartError
from sandbox.state.image import Image
from sandbox.state.image_file import SUFFIX, write_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SERVER = "server.journal"


class DataDirectory:
    """Made if absent, checked for writing, and locked until `close`. Every failure is a StartError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pool = path / "images"
        self.server_journal = path / _SERVER
        self._lock = -1
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileExistsError as error:
            raise StartError(f"The data directory {path} is not a directory.") from error
        except OSError as error:
            raise self._unusable(error) from error
        self._take_lock()
        try:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode("ascii"), 0)
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
        try:
            lock = os.open(path / "lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
        finally:
            os.close(lock)
        return None

    @staticmethod
    def journals(path: Path) -> list[tuple[str | None, Path]]:
        """What lies in a directory, by the name of the workspace, None for the server's own: a journal, or the directory that holds one."""
        server = path / _SERVER
        flat = [one for one in sorted(path.glob("*.journal")) if one.name != _SERVER and _NAME.fullmatch(one.stem)]
        whole = [(journal.parent.name, journal.parent) for journal in sorted(path.glob("workspaces/*/journal"))]
        return [*([(None, server)] if server.exists() else []), *((one.stem, one) for one in flat), *whole]

    def workspace(self, name: str) -> Path:
        """The directory of a workspace, whether or not there is one yet."""
        if not _NAME.fullmatch(name):
            raise StartError(f"The workspace name {quoted(name)} cannot name a file; use up to 64 letters, digits, hyphens and underscores.")
        return self.path / "workspaces" / name

    def workspaces(self) -> list[Path]:
        """The directories of the workspaces that are kept here, by name."""
        return sorted(journal.parent for journal in self.path.glob("workspaces/*/journal"))

    def bring(self, world: Image) -> None:
        """In any thread: write an image into the pool, unless it is there. OSError."""
        if world.digest is None or not (self.pool / f"{world.digest}{SUFFIX}").exists():
            beside = self.pool / f"{os.getpid()}-{get_ident()}.new"
            digest = write_file(beside, world)
            beside.replace(self.pool / f"{digest}{SUFFIX}")

    def clean_pool(self) -> None:
        """Remove from the pool the images that no workspace has a link to."""
        for path in self.pool.glob("*" + SUFFIX):
            with suppress(OSError):
                if path.stat().st_nlink == 1:
                    path.unlink()

    def close(self) -> None:
        """Let another server have the directory; a second call does nothing."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            self.close()
            if isinstance(error, BlockingIOError):
                raise StartError(
                    f"The data directory {self.path} is in use by another sandbox server (pid {owner}); stop that one, or choose another directory."
                ) from error
            raise StartError(f"The data directory {self.path} cannot be locked: {error.strerror}.") from error

    def _move_flat_journals(self) -> None:
        """The first layout had all journals side by side; each goes where it belongs now, in one step."""
        for old in sorted(self.path.glob("*.journal")):
            if old.name == _SERVER or not _NAME.fullmatch(old.stem):
                continue
            new = self.workspace(old.stem) / "journal"
            if new.exists():
                raise StartError(f"The workspace {old.stem} has two journals, {new} and, as older servers wrote it, {old}; move one of them away.")
            new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.rename(old, new)

    def _unusable(self, error: OSError) -> StartError:
        return StartError(f"The data directory {self.path} cannot be used: {error.strerror}.")
