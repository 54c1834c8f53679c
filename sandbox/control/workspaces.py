"""The operations on ephemeral workspaces; how they live and end stands in `ephemeral_workspaces`."""

from __future__ import annotations

from sandbox.control.context import Call, Handler
from sandbox.control.ephemeral_workspaces import DEFAULT_LIFETIME
from sandbox.engine import Result


async def create(call: Call) -> Result:
    """Filled, with a key for each role. Raises Invalid for an unknown scenario, LimitExceeded where there are too many."""
    body = call.body
    created = await call.services.ephemeral.create(
        call.key.workspace, body.get("scenario"), body.get("seed"), body.get("expires_in", DEFAULT_LIFETIME)
    )
    entry = created.entry
    shown = {"name": entry.name, "scenario": entry.scenario, "seed": entry.seed, "created_at": entry.created_at, "expires_at": entry.expires_at}
    return Result({**shown, "keys": dict(created.keys)})


async def delete(call: Call) -> Result:
    """With all that is in it. Raises Missing for one that neither is the key's own nor was made by it."""
    name = call.params["name"]
    call.services.ephemeral.delete(name, call.key)
    return Result(message=f"Workspace {name} was deleted")


OPERATIONS: dict[str, Handler] = {"createWorkspace": create, "deleteWorkspace": delete}
