"""The operations on the server itself: its health, and its scenarios."""

from __future__ import annotations

import sandbox
from sandbox.control.context import Call, Handler
from sandbox.engine import Result
from sandbox.seeding.fixture_files import scenario_names


def health() -> Result:
    """That this is answered is the news."""
    return Result({"status": "ok", "version": sandbox.version()})


async def scenarios(call: Call) -> Result:
    """The names that a reset takes."""
    return Result(list(scenario_names()))


OPERATIONS: dict[str, Handler] = {"listScenarios": scenarios}
