"""The operations on the keys of a workspace. A key is shown when it is created, and never stored."""

from __future__ import annotations

from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.engine import Result
from sandbox.state.api_keys import Key


async def list_all(call: Call) -> Result:
    """A page, revoked ones too."""
    page, meta = page_of(call.services.registry.keys(call.key.workspace), call.params)
    return Result([_shown(one) for one in page], meta)


async def create(call: Call) -> Result:
    """A key for the workspace of the one that makes it."""
    key, text = call.services.registry.create_key(call.key.workspace, call.body["label"], call.body["role"])
    return Result({**_shown(key), "key": text})


async def revoke(call: Call) -> Result:
    """Once more does nothing. Raises Missing."""
    key = call.services.registry.revoke_key(call.key.workspace, call.params["id"])
    return Result(message=f"Key {key.id} was revoked")


def _shown(key: Key) -> dict[str, Any]:
    """All but the digest."""
    return {name: getattr(key, name) for name in ("id", "label", "role", "workspace", "created_at", "revoked_at")}


OPERATIONS: dict[str, Handler] = {"listKeys": list_all, "createKey": create, "revokeKey": revoke}
