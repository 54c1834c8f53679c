"""Large resets take a workspace, and a thread, for long: a client may ask for one of each workspace once in so many seconds."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from time import monotonic

from openapi.wording import counted
from sandbox.errors import LimitExceeded
from sandbox.state.image import Image
from sandbox.state.workspace import Workspace

LARGE = 2_000
"""Documents of a world that is left, or of the one that takes its place, from which on that is much work."""


class LargeResets:
    """Of one server; by a clock that no jump moves. Nothing is remembered of a workspace whose time is over."""

    def __init__(self, interval: int, now: Callable[[], float] = monotonic) -> None:
        self._interval, self._now = interval, now
        self._last: dict[str, float] = {}
        self._small: set[str] = set()
        """Scenarios of which a world was small; any other may turn out to be large."""

    def refuse(self, workspace: Workspace, scenario: str, world: Image | None = None) -> None:
        """Raises LimitExceeded where this is, or before the world is made may be, a large one too soon after another."""
        if (wait := self.seconds_to_wait(workspace.name)) and (_is_large(workspace, world) or (world is None and scenario not in self._small)):
            raise LimitExceeded(
                f"A workspace of {LARGE} documents or more is reset, or reset to so many, once in {counted(self._interval, 'second')}; "
                f"the next time in {counted(wait, 'second')}",
                wait,
            )
        if world is not None and _size(world) < LARGE:
            self._small.add(scenario)

    def note(self, workspace: Workspace, world: Image) -> None:
        """The workspace is about to become the world."""
        now = self._now()
        self._last = {name: at for name, at in self._last.items() if now - at < self._interval}
        if self._interval and _is_large(workspace, world):
            self._last[workspace.name] = now

    def seconds_to_wait(self, workspace: str) -> int:
        """Until the next large one may be asked for; 0 where it may be now."""
        last = self._last.get(workspace)
        return 0 if last is None else max(0, ceil(last + self._interval - self._now()))


def _is_large(workspace: Workspace, world: Image | None) -> bool:
    return workspace.documents >= LARGE or (world is not None and _size(world) >= LARGE)


def _size(world: Image) -> int:
    return sum(map(len, world.tables.values()))
