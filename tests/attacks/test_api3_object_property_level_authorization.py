"""API3:2023, broken object property level authorization.

Claimed: no request sets what the server keeps (ids, moments, totals, owners, private fields), and no response shows a password or a digest;
a webhook's secret is shown once, to whom registered it. `tests/edge/test_private_fields.py` proves private fields for any contract,
`tests/control/test_roles.py` which role sees which field.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.asgi import READ_ONLY
from tests.control.plane import FILE, Plane

PLANTED: dict[str, Any] = {
    "id": 7777, "created_at": "1999-01-01T00:00:00Z", "updated_at": "1999-01-01T00:00:00Z", "_paid": 1, "_secret": "x", "__proto__": {"role": "x"},
    "constructor": {"prototype": {}}, "role": "administrator", "workspace": "other", "x-role": ["read-only"],
}  # fmt: skip
SET_BY_THE_SERVER = ("id", "created_at", "updated_at")
LINE = {"description": "Web Development", "amount": 10, "qty": 1}
INVOICE = {"customer_id": 1, "date": "2025-07-01", "due_date": "2025-08-01", "items": [LINE]}
BILLED: dict[str, Any] = {"amount": 0.01, "status": "Paid", "paid": 10, "_paid": 10, "invoice_number": "INV-1", "total": 0}


@pytest.mark.parametrize("field", PLANTED)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_field_that_is_the_servers_is_refused_or_ignored(plane: Plane, field: str, method: str) -> None:
    customer = plane.customer()
    target = "/customers" if method == "POST" else f"/customers/{customer}"
    reply = plane.api(method, target, {"account": "Jane Smith", field: PLANTED[field]})
    assert (field in reply.errors) is (reply.status == 400)
    assert (field in SET_BY_THE_SERVER) is (reply.status != 400), "the contract calls it read-only, and clients send back what they were given"
    stored = plane.get("/documents/customers").data
    assert len(stored) == (2 if (method, reply.status) == ("POST", 201) else 1)
    assert PLANTED[field] not in [one.get(field) for one in stored]


@pytest.mark.parametrize("field", BILLED)
def test_nobody_writes_what_an_invoice_owes(plane: Plane, field: str) -> None:
    plane.customer()
    reply = plane.api("POST", "/invoices", {**INVOICE, field: BILLED[field]})
    assert reply.status in (201, 400), reply.body
    for invoice in plane.api("GET", "/invoices").data:
        assert (invoice["amount"], invoice["status"], invoice["invoice_number"]) == (10, "Unpaid", "INV-2025-001")
        assert plane.post(f"/invoices/{invoice['id']}/payments", {"amount": 10}).status in (200, 201), "all of it is owed still"


@pytest.mark.parametrize("field", ["id", "expires_at", "revoked_at", "workspace", "digest", "key"])
def test_nobody_chooses_a_key_that_is_made_for_him(plane: Plane, field: str) -> None:
    before = plane.get("/keys").data
    refused = plane.post("/keys", {"label": "Ours", "role": "staff", field: "sbx_mine"})
    assert (refused.status, field in refused.errors) == (400, True)
    assert plane.get("/keys").data == before


def test_no_answer_shows_a_password_a_digest_or_an_old_secret(plane: Plane) -> None:
    plane.user()
    secret = plane.webhook()["secret"]
    plane.invoice()
    assert plane.post("/snapshots", {"name": "all"}).status == 201
    paths = ("/documents/users", "/documents/users/1", "/webhooks", "/webhooks/1", "/documents/webhooks", "/events", "/deliveries", "/keys",
             "/snapshots/all/file")  # fmt: skip
    shown = [plane.get(path) for path in paths] + [plane.api("GET", "/users")]
    assert {one.status for one in shown} == {200}
    for word in (b"argon2", b'"_password', b'"_secret', b'"digest', b"whsec_", secret.encode()):
        assert not [one.body for one in shown if word in one.body]


def test_what_a_key_with_fewer_rights_sees_of_a_webhook_opens_no_receiver(plane: Plane) -> None:
    plane.webhook("https://your-domain.com/webhook?token=s3cret")
    assert b"s3cret" not in plane.get("/webhooks", key=READ_ONLY).body


def test_a_file_brings_in_no_private_field(plane: Plane) -> None:
    user = {"id": 1, "name": "Mine", "email": "mine@example.com", "role": "administrator", "_password": "known",
            "created_at": "2025-07-01T09:00:00Z", "updated_at": "2025-07-01T09:00:00Z"}  # fmt: skip
    refused = plane.put("/snapshots/mine/file", {**FILE, "collections": {"users": [user]}})
    assert refused.status == 400
    assert any("_password" in field for field in refused.errors), refused.body
