"""API5:2023, broken function level authorization.

Claimed: a role is refused every operation that is not its own, however the request is spelt. `tests/edge/test_roles.py` proves it for each
operation of the API and `tests/control/test_roles.py` for what the control plane shows; here the roles knock at every control operation.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.asgi import READ_ONLY, STAFF
from tests.control.plane import KEYS, WRITES, Plane

RAW = [
    ("POST", "/api/v2/customers/"), ("POST", "/api/v2//customers"), ("POST", "//api/v2/customers"), ("POST", "/API/V2/customers"),
    ("POST", "/api/v2/Customers"), ("POST", "/api/v2/customers;role=administrator"), ("POST", "/api/v2/customers%2f"),
    ("POST", "/api/v2/customers/."),
    ("POST", "/api/v2/x/../customers"), ("POST", "/api/v2/%63ustomers"), ("POST", "/api/v2/customers?role=administrator"),
    ("post", "/api/v2/customers"), ("PATCH", "/api/v2/customers"), ("TRACE", "/api/v2/customers"), ("CONNECT", "/api/v2/customers"),
    ("POST", "/_sandbox/../api/v2/customers"), ("GET", "/_sandbox/keys/"), ("GET", "/_sandbox//keys"), ("GET", "/_sandbox/KEYS"),
    ("GET", "/_sandbox/%6beys"), ("HEAD", "/_sandbox/keys"), ("GET", "/api/v2/users/"), ("GET", "/api/v2/%75sers"), ("HEAD", "/api/v2/users"),
    ("GET", "/api/v2/customers/../users"), ("GET", "/_sandbox/documents/%75sers"), ("GET", "/_sandbox/documents/users/1/"),
]  # fmt: skip
OVERRIDES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method"]


@pytest.mark.parametrize("operation", [*WRITES, *KEYS])
def test_a_read_only_key_changes_nothing_on_the_control_plane(plane: Plane, operation: str) -> None:
    method, path, body = (WRITES | KEYS)[operation]
    assert _status(plane, READ_ONLY, method, path, body) == 403


@pytest.mark.parametrize("operation", KEYS)
def test_staff_makes_no_key_and_no_workspace(plane: Plane, operation: str) -> None:
    assert _status(plane, STAFF, *KEYS[operation]) == 403


@pytest.mark.parametrize(
    "operation", ["uploadSnapshot", "restoreSnapshot", "resetWorkspace", "undoReset", "pinReset", "setRateLimit", "removeRateLimit"]
)
def test_off_loopback_what_replaces_everything_is_not_the_staffs(hosted: tuple[Plane, dict[str, str]], operation: str) -> None:
    plane, keys = hosted
    assert _status(plane, keys["staff"], *WRITES[operation]) == 403


@pytest.mark.parametrize(("method", "target"), RAW)
def test_no_spelling_of_a_request_goes_round_the_role(plane: Plane, method: str, target: str) -> None:
    before = plane.server.workspaces.get("default").image().world()
    plane.base = ""
    try:
        reply = plane.send(method, target, key=READ_ONLY, body=b'{"account": "Mine"}' if method.upper() == "POST" else b"")
    finally:
        plane.base = "/_sandbox"
    assert reply.status in (400, 403, 404, 405, 501), reply.body
    assert plane.server.workspaces.get("default").image().world() == before


@pytest.mark.parametrize("header", OVERRIDES)
def test_a_method_that_a_header_names_is_not_done(plane: Plane, header: str) -> None:
    customer = plane.customer()
    plane.base = "/api/v2"
    try:
        replies = [plane.send("GET", f"/customers/{customer}{query}", key=READ_ONLY, headers={header: "DELETE"}) for query in ("", "?_method=DELETE")]
    finally:
        plane.base = "/_sandbox"
    assert {one.status for one in replies} <= {200, 400, 401}, "read, or refused"
    assert plane.api("GET", f"/customers/{customer}").status == 200


def _status(plane: Plane, key: str, method: str, path: str, body: Any) -> int:
    before = plane.server.workspaces.get("default").image().world()
    reply = plane.send(method, path.format(delivery=1, new=1), json=body, key=key)
    assert plane.server.workspaces.get("default").image().world() == before
    return reply.status
