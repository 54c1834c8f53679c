"""Corrects timestamps that were stored while the server's clock was ahead: a time in the future counts as now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.state.clock import timestamp
from sandbox.state.workspace import Workspace

_LONGEST_PAUSE = timedelta(days=2, hours=1)
"""Between two moments of a daily schedule, also where a zone leaves out a whole day; no reset that is left out lies further ahead."""


def correct(workspace: Workspace, now: datetime, *, retention: timedelta) -> None:
    """The last reset, the one that is left out, and how long automatic snapshots are kept. OSError, and then it is as before.

    It is written down, not only read so: else a server that is begun anew each day would never see a reset come due.
    """
    metadata = workspace.metadata
    changed: dict[str, Any] = {}
    if metadata.since > timestamp(now):  # as text, which sorts as the moments do
        changed["since"] = timestamp(now)
    if metadata.pinned is not None and metadata.pinned > timestamp(now + _LONGEST_PAUSE):
        changed["pinned"] = None
    if changed:
        workspace.change(**changed)
    workspace.snapshots.expire_by(now + retention)
