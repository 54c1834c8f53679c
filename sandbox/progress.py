"""A progress bar for slow work, on stderr, and only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """Hands out a function that is told of the progress; the bar appears with its first call."""
    with ExitStack() as stack:
        bar: list[Any] = []

        def tell(done: int, altogether: int) -> None:
            if not sys.stderr.isatty():
                return
            if not bar:
                from rich.console import Console  # most starts and commands never need it
                from rich.progress import Progress as Bar

                begun = stack.enter_context(Bar(console=Console(stderr=True), transient=True))
                bar.append((begun, begun.add_task(what, total=altogether)))
            begun, task = bar[0]
            begun.update(task, completed=done, total=altogether)

        yield tell
