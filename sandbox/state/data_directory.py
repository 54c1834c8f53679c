"""The directory of the journals. One server has it at a time: two would each write what the other does not know."""

import fcntl
import os
import re
import tempfile
from pathlib import Path

from sandbox.errors import StartError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class DataDirectory:
    """Made if absent, checked for writing, and locked until `close`. Every failure is a StartError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileExistsError as error:
            raise StartError(f"The data directory {path} is not a directory.") from error
        except OSError as error:
            raise StartError(f"The data directory {path} cannot be used: {error.strerror}.") from error
        self._take_lock()

    @staticmethod
    def holds(path: Path, workspace: str) -> bool:
        """Whether a directory, which need not exist, has that workspace's journal."""
        return (path / f"{workspace}.journal").exists()

    def journal_path(self, workspace: str) -> Path:
        """Where a workspace's journal lies, whether or not there is one yet."""
        if not _NAME.fullmatch(workspace):
            raise StartError(f"The workspace name {workspace!r} cannot name a file; use up to 64 letters, digits, hyphens and underscores.")
        return self.path / f"{workspace}.journal"

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
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode("ascii"), 0)
