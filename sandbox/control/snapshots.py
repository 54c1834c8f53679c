"""The operations on snapshots, but for their way in and out as files, which stands in `snapshot_transfer`."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.control.snapshot_permissions import refuse_restore
from sandbox.engine import Result
from sandbox.state.snapshots import Snapshot
from sandbox.state.workspace import Workspace


async def list_all(call: Call) -> Result:
    """A page, in the order in which they were taken."""
    page, meta = page_of(call.workspace.snapshots.all(), call.params)
    return Result([shown(one) for one in page], meta)


async def take(call: Call) -> Result:
    """The present world under a new name. Raises Invalid for one that is taken."""
    return Result(shown(call.workspace.snapshots.take(call.body["name"], created_at=call.services.clock.now())))


async def read(call: Call) -> Result:
    """One by its name. Raises Missing, as all that follow do, and Invalid for a name that can be none."""
    return Result(shown(call.workspace.snapshots.get(call.params["name"])))


async def delete(call: Call) -> Result:
    """For good."""
    name = call.params["name"]
    call.workspace.snapshots.delete(name)
    return Result(message=f"Snapshot {name} was deleted")


async def restore(call: Call) -> Result:
    """Documents and counters as they were; what is the workspace's own stays. Raises Forbidden as `refuse_restore` says."""
    snapshots, name = call.workspace.snapshots, call.params["name"]
    await bring(call.workspace, name)
    refuse_restore(call, name)
    world = snapshots.world(name)
    call.workspace.refuse_growth(world)
    call.workspace.restore(world)
    return Result(shown(snapshots.get(name)))


async def bring(workspace: Workspace, name: str) -> None:
    """Reads a snapshot's file in a thread, where it is not at hand already, so that its restore holds up nobody."""
    if not workspace.snapshots.is_in_memory(name):
        world = await asyncio.to_thread(workspace.snapshots.fetch, name)
        workspace.snapshots.hold_in_memory(name, world)


def shown(snapshot: Snapshot) -> dict[str, Any]:
    """All but the digest, which names a file of the server's."""
    return {name: getattr(snapshot, name) for name in ("name", "created_at", "documents", "expires_at")}


OPERATIONS: dict[str, Handler] = {
    "listSnapshots": list_all,
    "takeSnapshot": take,
    "getSnapshot": read,
    "deleteSnapshot": delete,
    "restoreSnapshot": restore,
}
