"""API6:2023, unrestricted access to sensitive business flows.

Claimed: what may be done once or seldom cannot be done again and again: an invoice is paid once, workspaces and redeliveries have a limit, and
nothing calls itself. `tests/domain/test_payments.py`, `tests/control/test_redelivery_limit.py`, `tests/control/test_ephemeral_workspaces.py`
and `tests/test_webhook_loops.py` prove each flow in full.
"""

from __future__ import annotations

import pytest

from tests.asgi import ADMINISTRATOR, READ_ONLY, STAFF
from tests.control.deliveries import delivered
from tests.control.plane import Plane


@pytest.mark.parametrize("amounts", [[10, 10], [5, 5, 0.01], [10.01], [-10], [0], [1e-9], [9.99, 0.02]], ids=str)
def test_no_more_is_paid_than_an_invoice_is_about(plane: Plane, amounts: list[float]) -> None:
    invoice = plane.invoice(amount=10)
    statuses = [plane.post(f"/invoices/{invoice}/payments", {"amount": amount}).status for amount in amounts]
    assert statuses[-1] in (400, 409, 422), statuses
    income = sum(one["amount"] for one in plane.api("GET", "/transactions").data)
    assert income == sum(amount for amount, status in zip(amounts, statuses, strict=True) if status < 300)
    assert 0 <= income <= 10


def test_a_delivery_is_sent_again_once_in_a_while(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    delivered(plane)
    delivery = plane.get("/deliveries").data[0]["id"]
    statuses = [plane.post(f"/deliveries/{delivery}/redeliver", key=STAFF).status for _ in range(20)]
    assert statuses[1:] == [429] * 19
    assert len(delivered(plane)) <= 1


def test_a_delivery_that_comes_back_to_a_sandbox_does_nothing(plane: Plane) -> None:
    """As the sandbox's own call would: by its headers, with a key that may do all."""
    plane.webhook()
    plane.happen()
    [call] = delivered(plane)
    before = plane.server.workspaces.get("default").image().world()
    for target in ("/events/trigger", "/reset", "/snapshots"):
        reply = plane.send("POST", target, key=ADMINISTRATOR, body=call.body, headers=dict(call.headers))
        assert reply.status == 403, reply.body
    plane.base = "/api/v2"
    reply = plane.send("POST", "/customers", key=ADMINISTRATOR, body=b'{"account": "Again"}', headers=dict(call.headers))
    plane.base = "/_sandbox"
    assert reply.status == 403, reply.body
    assert plane.server.workspaces.get("default").image().world() == before


def test_workspaces_are_not_made_without_end(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.control.ephemeral_workspaces.MOST_EPHEMERAL", 3)
    made = [plane.post("/workspaces", {"scenario": "empty"}) for _ in range(5)]
    assert [one.status for one in made[3:]] == [429, 429]
    for one in made:
        if one.status == 201:
            assert plane.delete(f"/workspaces/{one.data['name']}").status == 200


@pytest.mark.parametrize("key", [STAFF, READ_ONLY])
def test_a_workspace_opens_no_second_one_for_whom_may_not(plane: Plane, key: str) -> None:
    assert plane.post("/workspaces", {"scenario": "empty"}, key=key).status == 403
