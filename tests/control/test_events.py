"""The log of events is read in pages, newest first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asgi import OTHER
from tests.control.plane import Plane

NEVER_GIVEN = "evt_999999_0123456789abcdef"


def income(plane: Plane, amount: float = 5.0) -> dict[str, Any]:
    """A recorded Income."""
    reply = plane.api("POST", "/transactions", {"type": "Income", "account_id": 1, "amount": amount, "date": "2025-07-01"})
    assert reply.status == 201, reply.body
    recorded: dict[str, Any] = reply.data
    return recorded


def test_an_event_shows_the_object_as_the_api_answered_it(plane: Plane) -> None:
    plane.webhook()
    recorded = income(plane)
    [event] = plane.get("/events").data
    assert event == {
        "id": event["id"],
        "type": "payment.received",
        "created_at": recorded["created_at"],
        "data": recorded,
        "deliveries": [{"id": event["deliveries"][0]["id"], "webhook_id": 1, "status": "pending", "attempts": 0}],
    }
    assert plane.get(f"/events/{event['id']}").data == event


def test_no_event_shows_what_answers_hide(plane: Plane) -> None:
    plane.invoice()
    [event] = plane.get("/events").data
    assert [name for name in event["data"] if name.startswith("_")] == []


def test_the_log_is_paged_newest_first(plane: Plane) -> None:
    written = [plane.happen() for _ in range(5)]
    first = plane.get("/events?limit=2")
    assert [one["id"] for one in first.data] == written[:2:-1]
    assert first.json["meta"] == {"current_page": 1, "total_pages": 3, "total_records": 5}
    assert [one["id"] for one in plane.get("/events?limit=2&page=3").data] == written[:1]
    assert plane.get("/events?limit=2&page=4").data == []


def test_one_type_is_picked_out(plane: Plane) -> None:
    plane.invoice()
    income(plane)
    assert [one["type"] for one in plane.get("/events?type=payment.received").data] == ["payment.received"]
    assert plane.get("/events?type=invoice.created").json["meta"]["total_records"] == 1


@pytest.mark.parametrize(
    ("type", "hint"),
    [
        ("", ""),
        ("customer", ""),
        ("%00", ""),
        ("invoice", "; did you mean 'invoice.created'?"),
        ("INVOICE.CREATED", "; did you mean 'invoice.created'?"),
        ("payment_received", "; did you mean 'payment.received'?"),
    ],
)
def test_a_type_that_there_is_not_is_refused_with_those_that_there_are(plane: Plane, type: str, hint: str) -> None:
    reply = plane.get(f"/events?type={type}")
    assert (reply.status, reply.errors) == (400, {"type": f"Type must be invoice.created or payment.received{hint}"})


@pytest.mark.parametrize(
    "id", ["1", "evt_1", NEVER_GIVEN, "evt_1_zzz", "trigger", "%00", "a%2Fb", "evt_9999999999999999999_0123456789abcdef", "x" * 999]
)
def test_an_event_that_is_not_there_is_a_404(plane: Plane, id: str) -> None:
    plane.happen()
    assert plane.get(f"/events/{id}").status in ((405,) if id == "trigger" else (404,))


def test_an_event_of_another_workspace_is_not_there(plane: Plane) -> None:
    event = plane.happen()
    assert plane.get(f"/events/{event}", OTHER).status == 404
    assert plane.get("/events", OTHER).data == []
