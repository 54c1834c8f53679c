"""The snapshots that are taken before resets, so that one can be undone: how they are named, how long and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, count

from sandbox.fair_scheduler import Pause, no_pause
from sandbox.state.clock import later
from sandbox.state.image_writing import ImageWriting
from sandbox.state.snapshots import Snapshot
from sandbox.state.workspace import Workspace

RETENTION = timedelta(days=7)
MOST_KEPT = 100
"""How many of them a workspace keeps: nobody may fill the disk by resetting."""
_PREFIX = "before-reset-"


class BeforeReset:
    """What a reset will replace: written to the disk beforehand, and at the reset only what was changed since."""

    def __init__(self, workspace: Workspace, pause: Pause | None = None) -> None:
        """With a `pause` it is written at once, else by who runs `writing`."""
        self._workspace, self._states = workspace, workspace.states()
        self.writing = workspace.snapshots.begin()
        if pause is not None:
            self.writing.run(pause)

    def as_it_is_now(self) -> ImageWriting:
        """Written, for `Snapshots.finish`. OSError."""
        if self._workspace.states() == self._states:
            return self.writing
        self.writing.finish()
        latest = self._workspace.snapshots.begin(near=self.writing.near)
        latest.run(no_pause)
        return latest


def keep_before_reset(workspace: Workspace, writing: ImageWriting, now: datetime) -> Snapshot:
    """The workspace as it is, put aside. OSError."""
    return workspace.snapshots.finish(_free_name(workspace, now), writing, created_at=now, expires_at=later(now, RETENTION))


def forget_surplus(workspace: Workspace) -> None:
    """Delete the oldest of those that are too many. OSError."""
    automatic = [one.name for one in workspace.snapshots.all() if one.expires_at is not None]
    for name in automatic[:-MOST_KEPT]:
        workspace.snapshots.delete(name)


def _free_name(workspace: Workspace, now: datetime) -> str:
    taken = {one.name for one in workspace.snapshots.all()}
    name = f"{_PREFIX}{now:%Y%m%dT%H%M%SZ}"
    numbered: Iterator[str] = (f"{name}-{number}" for number in count(2))
    return next(one for one in chain((name,), numbered) if one not in taken)
