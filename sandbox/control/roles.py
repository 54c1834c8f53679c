"""The operations of the control plane that only administrators may call if others than the owner of the machine can reach the server."""

from __future__ import annotations

from dataclasses import replace

from openapi.contract import Contract
from sandbox.engine.permissions import ADMINISTRATOR

OF_ADMINISTRATORS = frozenset(
    {
        "resetWorkspace",
        "undoReset",
        "pinReset",
        "restoreSnapshot",
        "uploadSnapshot",
        "setRateLimit",
        "removeRateLimit",
        "listKeys",
        "createKey",
        "revokeKey",
    }
)
"""Off loopback, or behind a proxy. On the user's own machine staff may control time and data, as `x-role` says."""


def hosted(contract: Contract) -> Contract:
    """The contract of the control plane with the roles that apply off loopback."""
    roles = frozenset({ADMINISTRATOR})
    operations = {name: replace(one, roles=roles) if name in OF_ADMINISTRATORS else one for name, one in contract.operations.items()}
    paths = {path: {method: operations[one.id] for method, one in methods.items()} for path, methods in contract.paths.items()}
    return replace(contract, operations=operations, paths=paths)
