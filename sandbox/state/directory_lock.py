"""The lock of a data directory: one server has it at a time, and looks before each write whether it still does."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

from sandbox.errors import StartError
from sandbox.state.plain_files import NotPlain, open_file

NAME = "lock"
_ATTEMPTS = 10
_LONGEST_PID = 20


class DirectoryLock:
    """Taken when it is made, which raises StartError where another server has it, and OSError; held until `close`."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._path = directory, os.fsencode(directory / NAME)
        self._descriptor, self._inode = _taken(directory)
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        except OSError:
            self.close()
            raise

    @staticmethod
    def owner(directory: Path) -> str | None:
        """Who has a directory: the number of a server's process, None where nobody has. Nothing is written for that."""
        try:
            lock = open_file(directory / NAME, os.O_RDONLY)
        except (OSError, NotPlain):
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _owner_in(lock)
        finally:
            os.close(lock)
        return None

    def verify(self) -> None:
        """OSError where the lock, or the directory, is not the one any more that was locked: another server may have what is there now."""
        try:
            found = os.lstat(self._path)
        except OSError as error:
            raise OSError(errno.ESTALE, f"the lock of the data directory {self._directory} is gone: {error.strerror}") from error
        if (found.st_dev, found.st_ino) != self._inode:
            raise OSError(errno.ESTALE, f"another lock is in the data directory {self._directory} than the one that this server holds")

    def close(self) -> None:
        """Let another server have it; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


def _taken(directory: Path) -> tuple[int, tuple[int, int]]:
    """The locked file, and its device and inode. Whoever removes it between two steps of this makes it begin anew."""
    path = directory / NAME
    for _ in range(_ATTEMPTS):
        descriptor = open_file(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(directory, descriptor)
            ours, there = os.fstat(descriptor), os.lstat(path)
            _refuse_other_names(path, ours)
        except FileNotFoundError:
            os.close(descriptor)
            continue
        except BaseException:
            os.close(descriptor)
            raise
        if os.path.samestat(ours, there):
            return descriptor, (ours.st_dev, ours.st_ino)
        os.close(descriptor)
    raise StartError(f"The data directory {directory} cannot be locked: somebody removes {path} again and again.")


def _lock(directory: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = _owner_in(descriptor)
        raise StartError(
            f"The data directory {directory} is in use by another sandbox server (pid {owner}); stop that one, or choose another directory."
        ) from error
    except OSError as error:
        raise StartError(f"The data directory {directory} cannot be locked: {error.strerror}.") from error


def _refuse_other_names(path: Path, found: os.stat_result) -> None:
    """What is written into a file with two names is written into both."""
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise StartError(f"{path} has a second name, a hard link, whose content would be overwritten; remove {path}, and start again.")


def _owner_in(descriptor: int) -> str:
    return os.pread(descriptor, _LONGEST_PID, 0).decode("ascii", "replace").strip() or "unknown"
