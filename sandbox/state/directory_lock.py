"""The lock of a data directory: one server has it at a time, and looks before each write whether it still does."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path
from time import monotonic, time_ns

from sandbox.errors import StartError
from sandbox.state.plain_files import NotPlain, open_file

NAME = "lock"
SECONDS_BETWEEN_LOOKS = 0.005
_TICK = 20_000_000
"""Nanoseconds; the systems' clocks of files tick more often."""
_ATTEMPTS = 10
_LONGEST_PID = 20


class DirectoryLock:
    """Taken when it is made, which raises StartError where another server has it, and OSError; held until `close`."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._path = directory, os.fsencode(directory / NAME)
        self._descriptor, self._inode = _taken(directory)
        self._place = -1
        self._changed_at, self._look_again_at = -1, 0.0
        try:
            self._place = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
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
        """OSError where the lock, or the directory, is not the one any more that was locked: another server may have what is there now.

        Before each write, so that it must cost little. Whatever is done to the directory, or to a name in it, changes a time
        that is read without walking the path; the path itself, which may lead elsewhere by now, is walked now and then.
        """
        changed_at = os.fstat(self._place).st_ctime_ns
        if changed_at != self._changed_at or monotonic() >= self._look_again_at:
            self._look()
            # A second change in the same tick of the system's clock would have the same time.
            self._changed_at = changed_at if time_ns() - changed_at > _TICK else -1
            self._look_again_at = monotonic() + SECONDS_BETWEEN_LOOKS

    def _look(self) -> None:
        try:
            found = os.lstat(self._path)
        except OSError as error:
            raise OSError(errno.ESTALE, f"the lock of the data directory {self._directory} is gone: {error.strerror}") from error
        if (found.st_dev, found.st_ino) != self._inode:
            raise OSError(errno.ESTALE, f"another lock is in the data directory {self._directory} than the one that this server holds")

    def close(self) -> None:
        """Let another server have it; a second call does nothing."""
        for descriptor in (self._descriptor, self._place):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._place = -1


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
