"""How each delivery went is shown attempt by attempt, and any of them can be had once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.asgi import OTHER
from tests.control.deliveries import delivered
from tests.control.plane import Plane
from tests.events.deliveries import Posted, Receiver, answer, silence

HOSTILE = '<script>alert("x")</script>\x00\x1b[31m\u2028\ud7ff'


def receiver(*outcomes: Any) -> Receiver:
    """Answers with these, one after the other, and then with 200."""
    left = list(outcomes)

    def next_answer(posted: Posted) -> Any:
        return left.pop(0) if left else answer(200)

    made = Receiver()
    made.answers = next_answer
    return made


def log(plane: Plane, query: str = "") -> list[Any]:
    reply = plane.get(f"/deliveries{query}")
    assert reply.status == 200, reply.body
    found: list[Any] = reply.data
    return found


def test_a_pending_delivery_says_when_it_is_due(plane: Plane) -> None:
    plane.webhook()
    event = plane.happen()
    [delivery] = log(plane)
    assert delivery == {
        "id": delivery["id"],
        "event_id": event,
        "event_type": "invoice.created",
        "webhook_id": 1,
        "url": "https://your-domain.com/webhook",
        "status": "pending",
        "reason": None,
        "next_attempt_at": plane.get("/clock").data["now"],
        "attempts": [],
    }
    assert plane.get(f"/deliveries/{delivery['id']}").data == delivery


def test_every_attempt_is_told_with_what_the_receiver_said(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    calls = delivered(plane, receiver(answer(503, b"Try again later"), silence()))
    began = plane.get("/clock").data["now"]
    calls += delivered(plane, receiver(silence()), seconds=5)
    [delivery] = log(plane)
    assert delivery["attempts"] == [
        {
            "at": began,
            "timestamp": int(calls[0].headers["webhook-timestamp"]),
            "duration": 0.013,
            "status_code": 503,
            "body": "Try again later",
            "error": None,
        },
        {
            "at": plane.get("/clock").data["now"],
            "timestamp": int(calls[1].headers["webhook-timestamp"]),
            "duration": 0.5,
            "status_code": None,
            "body": None,
            "error": "The connection was refused",
        },
    ]
    due = f"{plane.clock.now() + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    assert (delivery["status"], delivery["next_attempt_at"]) == ("pending", due)
    delivered(plane, minutes=5)
    [delivery] = log(plane)
    assert (delivery["status"], delivery["next_attempt_at"], len(delivery["attempts"])) == ("delivered", None, 3)


def test_the_due_time_moves_back_with_the_clock(plane: Plane) -> None:
    plane.webhook()
    plane.post("/clock/advance", {"by": "P10D"})
    plane.happen()
    delivered(plane, receiver(answer(500)))
    plane.post("/clock/reset")
    assert log(plane)[0]["next_attempt_at"] == f"{plane.clock.now() + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"


def test_what_is_overdue_by_thousands_of_years_is_due_now(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    plane.post("/clock/advance", {"by": "P2000000D"})
    plane.post("/clock/reset")
    assert log(plane)[0]["next_attempt_at"] == plane.get("/clock").data["now"]


def test_what_a_receiver_says_is_text_whatever_it_is(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    delivered(plane, receiver(answer(500, HOSTILE.encode() + b"\xff\xfe\xed\xa0\x80")))
    reply = plane.get("/deliveries")
    assert reply.header("content-type") == "application/json"
    assert reply.data[0]["attempts"][0]["body"].startswith(HOSTILE)
    assert not [byte for byte in reply.body if byte < 0x20]


def test_a_receiver_that_wants_no_more_disables_its_webhook(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    delivered(plane, receiver(answer(410)))
    [delivery] = log(plane)
    assert (delivery["status"], delivery["reason"]) == ("failed", "The receiver answered 410: it wants no more calls")
    assert "410" in plane.get("/webhooks/1").data["disabled_because"]


def test_the_list_is_newest_first_and_picked_by_status_webhook_and_event(plane: Plane) -> None:
    plane.webhook("https://your-domain.com/one")
    plane.webhook("https://your-domain.com/two", "payment.received")
    invoice = plane.happen()
    delivered(plane)
    payment = plane.happen("payment.received")
    assert [(one["event_id"], one["webhook_id"]) for one in log(plane)] == [(payment, 2), (payment, 1), (invoice, 1)]
    assert [one["event_id"] for one in log(plane, "?status=delivered")] == [invoice]
    assert [one["event_id"] for one in log(plane, "?webhook_id=1")] == [payment, invoice]
    assert [one["webhook_id"] for one in log(plane, f"?event_id={payment}")] == [2, 1]
    assert [one["webhook_id"] for one in log(plane, f"?event_id={payment}&status=pending&webhook_id=2")] == [2]
    assert log(plane, "?webhook_id=3") == log(plane, "?status=failed") == []
    assert plane.get("/deliveries?limit=2&page=2").json["meta"] == {"current_page": 2, "total_pages": 2, "total_records": 3}
    [event] = plane.get("/events?limit=1").data
    assert [(one["webhook_id"], one["status"], one["attempts"]) for one in event["deliveries"]] == [(1, "pending", 0), (2, "pending", 0)]


def test_an_event_that_is_none_of_the_log_has_no_deliveries(plane: Plane) -> None:
    plane.webhook()
    number = plane.happen().split("_")[1]
    assert log(plane, f"?event_id=evt_{number}_0123456789abcdef") == log(plane, "?event_id=evt_999999_0000000000000000") == []


@pytest.mark.parametrize("query", ["status=lost", "status=", "webhook_id=0", "webhook_id=x", "event_id=", "event_id=12", "event_id=evt_1"])
def test_a_filter_that_cannot_be_is_refused_by_name(plane: Plane, query: str) -> None:
    reply = plane.get(f"/deliveries?{query}")
    assert (reply.status, [*reply.errors]) == (400, [query.partition("=")[0]])


@pytest.mark.parametrize("id", ["999999", "0", "abc", "-1"])
def test_a_delivery_that_is_not_there_is_a_404(plane: Plane, id: str) -> None:
    assert plane.get(f"/deliveries/{id}").status == plane.post(f"/deliveries/{id}/redeliver").status == 404


def test_a_delivery_of_another_workspace_is_not_there(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    id = log(plane)[0]["id"]
    assert plane.get(f"/deliveries/{id}", OTHER).status == plane.post(f"/deliveries/{id}/redeliver", key=OTHER).status == 404
    assert plane.get("/deliveries", OTHER).data == []


def test_a_redelivery_has_the_same_id_and_body_and_a_signature_of_its_own(plane: Plane) -> None:
    secret = plane.webhook()["secret"]
    event = plane.happen()
    [first] = delivered(plane)
    id = log(plane)[0]["id"]
    secret = plane.post("/webhooks/1/rotate-secret").data["secret"]
    plane.post("/clock/advance", {"by": "P2D"})
    again = plane.post(f"/deliveries/{id}/redeliver")
    assert (again.status, again.data["status"], again.data["next_attempt_at"]) == (200, "pending", plane.get("/clock").data["now"])
    [second] = delivered(plane)
    assert (second.id, second.body, second.url) == (first.id, first.body, first.url)
    assert second.id == event
    assert second.headers["webhook-signature"] != first.headers["webhook-signature"]
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"])
    Webhook(secret).verify(second.body, dict(second.headers))
    [delivery] = log(plane)
    assert (delivery["id"], delivery["status"], len(delivery["attempts"])) == (id, "delivered", 2)


def test_a_failed_delivery_can_be_had_once_more_with_all_its_retries(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    delivered(plane, receiver(answer(410)))
    id = log(plane)[0]["id"]
    plane.post("/webhooks/1/enable")
    assert plane.post(f"/deliveries/{id}/redeliver").data["reason"] is None
    delivered(plane, receiver(answer(500)))
    assert log(plane)[0]["next_attempt_at"] == f"{plane.clock.now() + timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("done", "why"),
    [
        (("POST", "/webhooks/1/disable"), "Webhook 1 is disabled; enable it first"),
        (("DELETE", "/webhooks/1"), "Webhook 1, to which this was delivered, is no longer there; register it anew"),
    ],
)
def test_nothing_is_delivered_once_more_where_nobody_can_be_called(plane: Plane, done: tuple[str, str], why: str) -> None:
    plane.webhook()
    plane.happen()
    delivered(plane)
    method, path = done
    plane.send(method, path, key="sbx_test_administrator")
    before = log(plane)
    reply = plane.post(f"/deliveries/{before[0]['id']}/redeliver")
    assert (reply.status, reply.json["message"]) == (400, why)
    assert log(plane) == before
