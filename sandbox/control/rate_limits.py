"""The operations on the rate limit of a workspace: the server's, or its own."""

from __future__ import annotations

from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.edge.rate_limit import rate
from sandbox.engine import Result
from sandbox.errors import Invalid


async def read(call: Call) -> Result:
    """The limit that holds."""
    return Result(_shown(call))


async def replace(call: Call) -> Result:
    """A limit of its own, with new windows for all keys. Raises Invalid for one above the server's ceiling."""
    limiter, limit = call.services.limiter, (call.body["limit"], call.body["window"])
    if limiter.ceiling is not None and not limiter.allows(limit):
        raise Invalid({"limit": f"Limit must not allow more than the highest limit of this server, {rate(limiter.ceiling)}; {rate(limit)} would"})
    call.workspace.change(limit=limit)
    limiter.open_anew(call.workspace.name)
    return Result(_shown(call))


async def remove(call: Call) -> Result:
    """Back to the server's, with new windows for all keys."""
    call.workspace.change(limit=None)
    call.services.limiter.open_anew(call.workspace.name)
    return Result(message=f"The rate limit is the server's again: {rate(call.services.default_limit)}")


def _shown(call: Call) -> dict[str, Any]:
    own = call.workspace.metadata.limit
    requests, seconds = call.services.limiter.in_force(own)
    return {"limit": requests, "window": seconds, "default": own is None}


OPERATIONS: dict[str, Handler] = {"getRateLimit": read, "setRateLimit": replace, "removeRateLimit": remove}
