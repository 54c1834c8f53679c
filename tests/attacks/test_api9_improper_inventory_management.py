"""API9:2023, improper inventory management.

Claimed: the server answers the operations of its two contracts and nothing else; each asks for a key unless the contract says otherwise, and
there is no older version beside it. `tests/edge/test_keyless.py` proves what a contract may open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.asgi import ADMINISTRATOR, Client
from tests.commands import ROOT
from tests.control.plane import Plane

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CONTRACTS = {"/api/v2": "openapi/api-v2.yaml", "/_sandbox": "openapi/control.yaml"}
WITHOUT_A_KEY = {("GET", "/_sandbox/health")}
GUESSED = ["/api", "/api/v1/customers", "/api/v2.0/customers", "/api/v3/customers", "/api/customers", "/v2/customers", "/customers",
           "/api/beta/customers",
           "/api/internal/customers", "/api/v2/admin", "/api/v2/debug", "/api/v2/graphql", "/graphql", "/api/v2/users/1", "/api/v2/webhooks/1",
           "/api/v2/transactions/1", "/_sandbox", "/_sandbox/debug", "/_sandbox/admin", "/_sandbox/config", "/_sandbox/settings",
           "/_sandbox/shutdown",
           "/_sandbox/exec", "/_sandbox/users", "/_sandbox/requests", "/_sandbox/v1/keys", "/_admin/keys"]  # fmt: skip


def declared() -> dict[str, set[str]]:
    """The methods of each path of both contracts, each parameter filled in."""
    found: dict[str, set[str]] = {}
    for base, file in CONTRACTS.items():
        paths: dict[str, Any] = yaml.safe_load(Path(ROOT / file).read_text(encoding="utf-8"))["paths"]
        for path, item in paths.items():
            found[base + re.sub(r"\{[^}]*\}", "1", path)] = {method.upper() for method in item} & set(METHODS)
    return found


PATHS = declared()


@pytest.mark.parametrize("path", PATHS)
def test_every_operation_asks_for_a_key_and_no_other_method_is_answered(plane: Plane, path: str) -> None:
    attacker = Client(plane.server.app)
    for method in METHODS:
        keyless, keyed = attacker.send(method, path), attacker.send(method, path, key="sbx_nobodys")
        if (method, path) in WITHOUT_A_KEY:
            assert keyless.status == 200
        elif method in PATHS[path]:
            assert (keyless.status, keyed.status) == (401, 401)
        else:
            assert {keyless.status, keyed.status} <= {401, 405}
            assert attacker.send(method, path, key=ADMINISTRATOR).status == 405
    attacker.close()


@pytest.mark.parametrize("path", GUESSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_no_contract_names_is_not_there(plane: Plane, method: str, path: str) -> None:
    attacker = Client(plane.server.app)
    reply = attacker.send(method, path, key=ADMINISTRATOR)
    attacker.close()
    allowed = {404, 405} if path == "/api/v2/webhooks/1" else {404}
    assert reply.status in allowed, reply.body


def test_what_the_server_says_of_itself_without_a_key_names_no_workspace_key_or_path(plane: Plane) -> None:
    shown = plane.get("/health", key=None).body.decode()
    for word in ("default", "other", "sbx_", str(ROOT), "/home", "/tmp"):
        assert word not in shown
