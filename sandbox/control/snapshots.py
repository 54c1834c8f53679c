"""The operations on snapshots, but for their way in and out as files, which stands in `snapshot_transfer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.control.snapshot_permissions import refuse_restore
from sandbox.engine import Result
from sandbox.fair_scheduler import Pause
from sandbox.state.image import Image
from sandbox.state.image_writing import ImageWriting
from sandbox.state.indexed_rows import IndexedRows, dismantle
from sandbox.state.snapshots import Snapshot

Outcome = TypeVar("Outcome")


async def list_all(call: Call) -> Result:
    """A page, in the order in which they were taken."""
    page, meta = page_of(call.workspace.snapshots.all(), call.params)
    return Result([shown(one) for one in page], meta)


async def take(call: Call) -> Result:
    """The world as it is now under a new name. Raises Invalid for one that is taken."""
    snapshots, name = call.workspace.snapshots, call.body["name"]
    snapshots.refuse(name)
    writing = snapshots.begin(name=name)
    await write(call, writing)
    return Result(shown(snapshots.finish(name, writing, created_at=call.services.clock.now())))


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
    world, copies = await fetched(call, name)
    snapshot = snapshots.get(name)
    refuse_restore(call, name, world)
    call.workspace.refuse_growth(world)
    call.workspace.restore(world, copies)
    let_go_of(call, copies)
    return Result(shown(snapshot))


async def in_a_thread(call: Call, work: Callable[[Pause], Outcome]) -> Outcome:
    """What takes long, while others go on."""
    return await call.services.scheduler.run(call.workspace.name, work)


async def write(call: Call, writing: ImageWriting) -> None:
    """An image, in a thread; where the call ends meanwhile nothing of it stays."""
    try:
        await in_a_thread(call, writing.run)
    except BaseException:
        writing.drop()
        raise


async def fetched(call: Call, name: str) -> tuple[Image, Mapping[str, IndexedRows]]:
    """A snapshot's world, and copies of its rows for the workspace to become. Raises what `Snapshots.get` raises."""
    snapshots = call.workspace.snapshots
    world, copies = await in_a_thread(call, snapshots.fetcher(name))
    snapshots.hold_in_memory(name, world)
    return world, copies


def let_go_of(call: Call, rows: Mapping[str, IndexedRows]) -> None:
    """What was in the workspace before, some at a time."""
    call.services.scheduler.begin(call.workspace.name, partial(dismantle, rows))


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
