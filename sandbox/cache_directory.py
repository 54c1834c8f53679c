"""The location of this user's caches, and the removal of old cache files."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

_NOWHERE = Path(os.devnull)
"""Below which no directory can be made, so that nothing is kept."""


def cache_directory() -> Path:
    """The directory of all of them; for a user without a home, one that cannot be made."""
    try:
        return user_cache_path("business-suite-sandbox")
    except RuntimeError:
        return _NOWHERE


def evict(directory: Path, pattern: str, most: int, newest: Path) -> None:
    """Delete those that were not used for longest; `newest` was written just now. OSError.

    A clock that was ahead once left files with times still to come: the further from now, the sooner one goes.
    """
    now = newest.stat().st_mtime_ns
    for path in sorted(directory.glob(pattern), key=lambda path: abs(path.stat().st_mtime_ns - now))[most:]:
        path.unlink()
