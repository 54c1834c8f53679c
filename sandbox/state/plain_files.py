"""Opens the files of a data directory. No symbolic link is followed there: what it leads to is somebody else's, and would be overwritten."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from sandbox.errors import StartError


class NotPlain(StartError):
    """Something that is no file, or no directory, stands where the server has one; nothing was opened."""

    def __init__(self, path: Path, *, is_link: bool, wanted: str = "file") -> None:
        self.path, self.is_link = path, is_link
        what = "is a symbolic link, and none is followed inside a data directory" if is_link else f"is no {wanted}, and the server keeps one there"
        super().__init__(f"{path} {what}; move it away, or put the {wanted} itself in its place.")


def open_file(path: Path, flags: int) -> int:
    """A descriptor of a regular file. Raises NotPlain for a link or a pipe, whose writer is not waited for; OSError."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NotPlain(path, is_link=True) from error
        if error.errno == errno.ENXIO:  # a socket
            raise NotPlain(path, is_link=False) from error
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        raise NotPlain(path, is_link=False)
    return descriptor


def create_file(path: Path, flags: int) -> int:
    """A descriptor of a new, empty file. What a server that was killed left there goes; of a link, the link alone. OSError."""
    flags |= os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileExistsError:
        path.unlink()
        return os.open(path, flags, 0o600)


def read_file(path: Path) -> bytes:
    """The content of a regular file. Raises what `open_file` raises."""
    with open(open_file(path, os.O_RDONLY), "rb") as file:
        return file.read()


def must_be_a_directory(path: Path) -> None:
    """Raises NotPlain for a symbolic link, or what is no directory; nothing at all may be there."""
    if path.is_symlink():
        raise NotPlain(path, is_link=True, wanted="directory")
    if path.exists() and not path.is_dir():
        raise NotPlain(path, is_link=False, wanted="directory")
