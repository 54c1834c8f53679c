"""The operations on the server itself: its health, and its scenarios."""

from __future__ import annotations

import sandbox
from sandbox.control.context import Call, Handler
from sandbox.engine import Result
from sandbox.errors import Unavailable
from sandbox.seeding.fixture_files import scenario_names
from sandbox.state.workspaces import Workspaces

_NOT_STORED = (
    "The data directory, or a file in it that the server needs, was removed, moved or replaced: "
    "nothing is stored until it is back; then look at it with sandbox doctor, or start the server again"
)


def health(workspaces: Workspaces) -> Result:
    """That this is answered is the news. Raises Unavailable where nothing can be stored any more."""
    try:
        workspaces.verify()
    except OSError:
        raise Unavailable(_NOT_STORED) from None
    return Result({"status": "ok", "version": sandbox.version()})


async def scenarios(call: Call) -> Result:
    """The names that a reset takes."""
    return Result(list(scenario_names()))


OPERATIONS: dict[str, Handler] = {"listScenarios": scenarios}
