"""The snapshots that are taken before resets, so that one can be undone: how they are named, how long and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, count

from sandbox.state.snapshots import Snapshot
from sandbox.state.workspace import Workspace

RETENTION = timedelta(days=7)
MOST_KEPT = 100
"""How many of them a workspace keeps: nobody may fill the disk by resetting."""
_PREFIX = "before-reset-"


def take_before_reset(workspace: Workspace, now: datetime) -> Snapshot:
    """The workspace as it is, put aside. OSError."""
    return workspace.snapshots.take(_free_name(workspace, now), created_at=now, expires_at=now + RETENTION)


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
