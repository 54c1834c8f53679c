"""API1:2023, broken object level authorization.

Claimed: a key reaches the objects of its own workspace alone. A foreign id is answered exactly as one that nobody has, so it also tells nothing.
Within a workspace `tests/control/test_roles.py` proves who may see which object.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.asgi import ADMINISTRATOR, OTHER, Client, Reply
from tests.control.deliveries import delivered
from tests.control.plane import Plane

LINE = {"description": "Web Development", "amount": 10, "qty": 1}
INVOICE = {"date": "2025-07-01", "due_date": "2025-08-01", "items": [LINE]}
BY_ID: dict[str, tuple[str, str, Any]] = {
    "read a customer": ("GET", "/api/v2/customers/{customer}", None),
    "replace a customer": ("PUT", "/api/v2/customers/{customer}", {"account": "Mine now"}),
    "delete a customer": ("DELETE", "/api/v2/customers/{customer}", None),
    "bill a customer": ("POST", "/api/v2/invoices", {"customer_id": "{customer}", **INVOICE}),
    "read a document": ("GET", "/_sandbox/documents/invoices/{invoice}", None),
    "pay an invoice": ("POST", "/_sandbox/invoices/{invoice}/payments", {"amount": 1}),
    "read a webhook": ("GET", "/_sandbox/webhooks/{webhook}", None),
    "delete a webhook": ("DELETE", "/_sandbox/webhooks/{webhook}", None),
    "disable a webhook": ("POST", "/_sandbox/webhooks/{webhook}/disable", None),
    "enable a webhook": ("POST", "/_sandbox/webhooks/{webhook}/enable", None),
    "take a webhook's secret": ("POST", "/_sandbox/webhooks/{webhook}/rotate-secret", None),
    "read an event": ("GET", "/_sandbox/events/{event}", None),
    "read a delivery": ("GET", "/_sandbox/deliveries/{delivery}", None),
    "send a delivery again": ("POST", "/_sandbox/deliveries/{delivery}/redeliver", None),
    "look at a snapshot": ("GET", "/_sandbox/snapshots/{snapshot}", None),
    "download a snapshot": ("GET", "/_sandbox/snapshots/{snapshot}/file", None),
    "restore a snapshot": ("POST", "/_sandbox/snapshots/{snapshot}/restore", None),
    "delete a snapshot": ("DELETE", "/_sandbox/snapshots/{snapshot}", None),
    "revoke a key": ("DELETE", "/_sandbox/keys/{key}", None),
    "delete a workspace": ("DELETE", "/_sandbox/workspaces/{workspace}", None),
}
NOBODYS = {"event": "evt_nobodys", "snapshot": "nobodys", "workspace": "nobodys"}
"""Ids that no object has; any other is a number."""


@pytest.fixture
def ids(plane: Plane) -> Iterator[dict[str, str]]:
    """One object of each kind, in the workspace `default`."""
    webhook = plane.webhook()["id"]
    invoice = plane.invoice()
    delivered(plane)
    delivery = plane.get("/deliveries").data[0]
    assert plane.post("/snapshots", {"name": "mine"}).status == 201
    key = plane.post("/keys", {"label": "Ours", "role": "staff"}).data
    workspace = plane.post("/workspaces", {"scenario": "empty"}).data["name"]
    found = {"customer": 1, "invoice": invoice, "webhook": webhook, "event": delivery["event_id"], "delivery": delivery["id"]}
    kept = {"snapshot": "mine", "key": key["id"], "opens": key["key"], "workspace": workspace}
    yield {name: str(id) for name, id in {**found, **kept}.items()}
    for path in (f"/keys/{key['id']}", f"/workspaces/{workspace}"):
        plane.delete(path)


@pytest.mark.parametrize("attack", BY_ID)
def test_a_foreign_id_is_answered_as_one_that_nobody_has(plane: Plane, ids: dict[str, str], attack: str) -> None:
    attacker = Client(plane.server.app)
    before = plane.server.workspaces.get("default").image().world()
    none = {name: NOBODYS.get(name, "999999999") for name in ids}
    foreign, nobodys = (_sent(attacker, attack, which) for which in (ids, none))
    attacker.close()
    assert (foreign.status, _without(foreign, ids)) == (nobodys.status, _without(nobodys, none))
    assert foreign.status in (400, 404), foreign.body
    assert plane.server.workspaces.get("default").image().world() == before
    assert plane.get("/snapshots/mine").status == 200
    assert plane.get("/clock", key=ids["opens"]).status == 200, "it was not revoked"


@pytest.mark.parametrize("attack", BY_ID)
def test_its_owner_may(plane: Plane, ids: dict[str, str], attack: str) -> None:
    """Else the attacks above might be refused for another reason."""
    owner = Client(plane.server.app)
    plane.clock.advance(timedelta(minutes=1))
    reply = _sent(owner, attack, ids, ADMINISTRATOR)
    owner.close()
    refused_as_referenced = attack == "delete a customer" and reply.status in (400, 409)
    assert reply.status < 300 or refused_as_referenced, reply.body


@pytest.mark.parametrize("path", ["/api/v2/customers", "/api/v2/invoices", "/_sandbox/events", "/_sandbox/webhooks", "/_sandbox/deliveries",
                                  "/_sandbox/snapshots", "/_sandbox/documents/invoices"])  # fmt: skip
def test_no_list_shows_what_is_another_workspaces(plane: Plane, ids: dict[str, str], path: str) -> None:
    attacker = Client(plane.server.app)
    mine, foreign = (attacker.send("GET", path, key=key) for key in (ADMINISTRATOR, OTHER))
    attacker.close()
    assert mine.data
    assert (foreign.status, foreign.data) == (200, [])


def _sent(client: Client, attack: str, ids: dict[str, str], key: str = OTHER) -> Reply:
    method, path, body = BY_ID[attack]
    if body is not None and "customer_id" in body:
        body = {**body, "customer_id": int(ids["customer"])}
    return client.send(method, path.format_map(ids), json=body, key=key)


def _without(reply: Reply, ids: dict[str, str]) -> str:
    """What it says, but for the ids that were asked for, which it may name."""
    said = reply.body.decode()
    for id in sorted(ids.values(), key=len, reverse=True):
        said = said.replace(id, "…")
    return said
