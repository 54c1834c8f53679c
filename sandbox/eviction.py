"""Which files of a cache go, where there are more than it keeps."""

from __future__ import annotations

from pathlib import Path


def evict(directory: Path, pattern: str, most: int, newest: Path) -> None:
    """Delete those that were not used for longest; `newest` was written just now. OSError.

    A clock that was ahead once left files with times still to come: the further from now, the sooner one goes.
    """
    now = newest.stat().st_mtime_ns
    for path in sorted(directory.glob(pattern), key=lambda path: abs(path.stat().st_mtime_ns - now))[most:]:
        path.unlink()
