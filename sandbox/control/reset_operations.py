"""The operations on resets; `resets` implements them."""

from __future__ import annotations

from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.snapshot_permissions import refuse_restore
from sandbox.control.snapshots import fetched, let_go_of, shown
from sandbox.engine import Result
from sandbox.state.clock import timestamp


async def read(call: Call) -> Result:
    """What the workspace was reset to, and when it is reset next."""
    return Result(_shown(call))


async def reset(call: Call) -> Result:
    """Now; what the body does not name is as it was the last time. Raises Invalid for an unknown scenario, and what a quota refuses."""
    await call.services.resets.reset(call.workspace, call.body.get("scenario"), call.body.get("seed"), for_client=True)
    return Result(_shown(call))


async def undo(call: Call) -> Result:
    """What was there before the last reset; Invalid where there is nothing to undo.

    A key that may reset may undo the reset, whatever it replaced. Another snapshot that has its name by now is restored like
    any snapshot, and raises Forbidden like any.
    """
    resets, workspace = call.services.resets, call.workspace
    name = None
    while name != (wanted := resets.undoing(workspace).name):  # also where it was reset once more in the meantime
        name = wanted
        world, copies = await fetched(call, name)
    if workspace.snapshots.get(name).expires_at is None:  # no reset took it
        refuse_restore(call, name, world)
    snapshot = resets.undo(workspace, world, copies)
    let_go_of(call, copies)
    return Result(shown(snapshot))


async def pin(call: Call) -> Result:
    """Leaves the next one out; Invalid a second time."""
    call.services.resets.pin(call.workspace)
    return Result(_shown(call))


def _shown(call: Call) -> dict[str, Any]:
    metadata, due = call.workspace.metadata, call.services.resets.next_reset(call.workspace)
    return {
        "scenario": metadata.scenario,
        "seed": metadata.seed,
        "since": metadata.since,
        "next_reset": None if due is None else timestamp(due),
        "pinned": metadata.pinned,
        "undo": metadata.undo,
    }


OPERATIONS: dict[str, Handler] = {"getReset": read, "resetWorkspace": reset, "undoReset": undo, "pinReset": pin}
