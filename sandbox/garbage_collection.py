"""Keeps Python's collections short: one that looks at all there is would hold up everybody for as long as there are documents."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LONG = 0.005
"""Seconds; what a full collection finds alive need not be looked at again once that takes as long."""


class _Keeper:
    """Told by the collector, in whichever thread it runs."""

    def __init__(self) -> None:
        self._begun = 0.0

    def __call__(self, phase: str, facts: dict[str, Any]) -> None:
        if facts["generation"] < 2:
            return
        if phase == "start":
            self._begun = time.perf_counter()
        elif time.perf_counter() - self._begun > _LONG:
            gc.freeze()  # documents have no cycles, and are freed as ever once nobody refers to them


_keeper = _Keeper()


@contextmanager
def many_documents() -> Iterator[None]:
    """For a block, in any thread, that makes many documents or tables of them: no collection need look at those, ever."""
    if _keeper not in gc.callbacks or not gc.isenabled():
        yield
        return
    gc.collect(1)  # what is garbage by now must not be kept with them
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_collections_short() -> None:
    """From now on, in this process, each full collection looks only at what came since the last one. A second call does nothing."""
    if _keeper not in gc.callbacks:
        gc.callbacks.append(_keeper)
