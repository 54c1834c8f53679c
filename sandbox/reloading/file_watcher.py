"""Reports when a file may have changed. It watches the directory, since editors replace files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox import log

_STEP, _LONGEST = 20, 100
"""Milliseconds: how long it must be quiet after a write, and how long writes that do not end may hold up the news of the first."""
_LOOK_ANYWAY = 1.0
"""Seconds; for what no system tells: a folder that was replaced, a disk that is far away."""


async def changes_of(path: Path) -> AsyncIterator[None]:
    """Never ends. Something may have happened to the file, or to the one that it is a link to; or nothing, once a second."""
    try:
        async for _ in _system_notifications(path):
            yield
    except (OSError, RuntimeError) as problem:
        log.error(f"the folder of {path} cannot be watched; the file is looked at once a second instead", reason=str(problem))
    while True:
        await asyncio.sleep(_LOOK_ANYWAY)
        yield


def _system_notifications(path: Path) -> AsyncIterator[object]:
    from watchfiles import awatch  # which only an author needs

    places = {path.absolute(), path.resolve()}
    names = {one.name for one in places}
    return awatch(
        *{one.parent for one in places},
        watch_filter=lambda _, changed: Path(changed).name in names,
        debounce=_LONGEST,
        step=_STEP,
        rust_timeout=int(_LOOK_ANYWAY * 1000),
        yield_on_timeout=True,
        recursive=False,
    )
