"""Webhooks are read back, disabled, enabled, deleted and given new secrets, and none of that ever shows a secret twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.events import webhook_endpoints
from sandbox.events.outbox import DELIVERIES, Outbox
from tests.asgi import OTHER, STAFF
from tests.control.deliveries import delivered
from tests.control.plane import Plane, PlaneOf
from tests.events.deliveries import Posted

URL = "https://your-domain.com/webhook"


def signs(secret: str, call: Posted) -> bool:
    """Whether a receiver that knows this secret takes the call."""
    try:
        Webhook(secret).verify(call.body, dict(call.headers))
    except WebhookVerificationError:
        return False
    return True


def rotated(plane: Plane) -> str:
    """The new secret of webhook 1."""
    reply = plane.post("/webhooks/1/rotate-secret")
    assert reply.status == 200, reply.body
    secret: str = reply.data["secret"]
    return secret


def hook(plane: Plane) -> Any:
    return plane.get("/webhooks/1").data


def test_a_webhook_is_shown_without_its_secret(plane: Plane) -> None:
    registered = plane.webhook()
    shown = plane.get("/webhooks/1")
    assert registered["secret"].encode() not in shown.body
    assert shown.data == {
        **{name: value for name, value in registered.items() if name != "secret"},
        "disabled_at": None,
        "disabled_because": None,
        "old_secret_until": None,
    }
    listed = plane.get("/webhooks")
    assert listed.data == [shown.data]
    assert registered["secret"].encode() not in listed.body


def test_the_list_is_paged_oldest_first(plane: Plane) -> None:
    for number in range(3):
        plane.webhook(f"https://your-domain.com/{number}")
    page = plane.get("/webhooks?limit=2&page=2")
    assert [one["url"] for one in page.data] == ["https://your-domain.com/2"]
    assert page.json["meta"] == {"current_page": 2, "total_pages": 2, "total_records": 3}
    assert plane.get("/webhooks", OTHER).data == []


@pytest.mark.parametrize("id", ["2", "0", "abc", "-1", "9007199254740992"])
@pytest.mark.parametrize("method_and_rest", ["GET ", "DELETE ", "POST /disable", "POST /enable", "POST /rotate-secret"])
def test_a_webhook_that_is_not_there_is_a_404(plane: Plane, id: str, method_and_rest: str) -> None:
    plane.webhook()
    method, _, rest = method_and_rest.partition(" ")
    assert plane.send(method, f"/webhooks/{id}{rest}", key=STAFF).status == 404


def test_a_deleted_webhook_gets_no_more_calls_and_what_was_pending_says_why(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    reply = plane.delete("/webhooks/1")
    assert (reply.status, reply.json) == (200, {"success": True, "message": "Webhook 1 was deleted"})
    assert plane.get("/webhooks/1").status == plane.delete("/webhooks/1").status == 404
    [delivery] = plane.get("/deliveries").data
    assert (delivery["status"], delivery["reason"], delivery["next_attempt_at"]) == ("disabled", "The webhook is not there any more", None)
    plane.happen()
    assert delivered(plane) == []
    assert plane.get("/deliveries").json["meta"]["total_records"] == 1


def test_a_disabled_webhook_gets_no_calls_until_it_is_enabled(plane: Plane) -> None:
    plane.webhook()
    plane.happen()
    disabled = plane.post("/webhooks/1/disable", key=STAFF)
    assert (disabled.status, disabled.data["disabled_because"]) == (200, "It was disabled by hand")
    assert disabled.data["disabled_at"] == disabled.data["updated_at"] == plane.get("/clock").data["now"]
    plane.happen()
    assert delivered(plane) == []
    assert [one["status"] for one in plane.get("/deliveries").data] == ["disabled", "disabled"]
    enabled = plane.post("/webhooks/1/enable", key=STAFF)
    assert (enabled.data["disabled_at"], enabled.data["disabled_because"]) == (None, None)
    event = plane.happen()
    assert [call.id for call in delivered(plane)] == [event]


def test_disabling_and_enabling_twice_changes_nothing(plane: Plane) -> None:
    plane.webhook()
    for what in ("disable", "enable"):
        first = plane.post(f"/webhooks/1/{what}").data
        plane.post("/clock/advance", {"by": "PT1H"})
        assert plane.post(f"/webhooks/1/{what}").data == first == hook(plane)


def test_the_new_secret_is_shown_once(plane: Plane) -> None:
    old, new = plane.webhook()["secret"], rotated(plane)
    assert new != old
    for path in ("/webhooks", "/webhooks/1", "/documents/webhooks", "/documents/webhooks/1"):
        body = plane.get(path).body
        assert old.encode() not in body
        assert new.encode() not in body


def test_both_secrets_sign_for_a_day_of_the_workspaces_time_and_then_the_new_one_alone(plane: Plane) -> None:
    old = plane.webhook()["secret"]
    new = rotated(plane)
    assert hook(plane)["old_secret_until"] == f"{plane.clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    plane.post("/clock/advance", {"by": "PT23H59M59S"})
    plane.happen()
    [call] = delivered(plane)
    assert (signs(old, call), signs(new, call)) == (True, True)
    assert len(call.headers["webhook-signature"].split(" ")) == 2
    plane.post("/clock/advance", {"by": "PT1S"})
    plane.happen()
    [call] = delivered(plane)
    assert (signs(old, call), signs(new, call)) == (False, True)
    assert hook(plane)["old_secret_until"] is None


def test_a_second_rotation_leaves_the_first_secret_behind(plane: Plane) -> None:
    first = plane.webhook()["secret"]
    second, third = rotated(plane), rotated(plane)
    plane.happen()
    [call] = delivered(plane)
    assert [signs(secret, call) for secret in (first, second, third)] == [False, True, True]


def test_a_clock_that_is_put_back_moves_the_end_of_the_old_secret_back_with_it(plane: Plane) -> None:
    old = plane.webhook()["secret"]
    plane.post("/clock/advance", {"by": "P10D"})
    rotated(plane)
    plane.post("/clock/reset")
    tomorrow = plane.clock.now() + timedelta(days=1)
    assert hook(plane)["old_secret_until"] == f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}"
    plane.happen()
    [call] = delivered(plane)
    assert signs(old, call)


def test_the_secrets_of_a_rotation_leave_in_no_file(plane: Plane) -> None:
    old, new = plane.webhook()["secret"], rotated(plane)
    plane.post("/webhooks/1/disable")
    plane.post("/snapshots", {"name": "kept"})
    body = plane.get("/snapshots/kept/file").body
    assert b"your-domain.com" in body
    assert not [secret for secret in (old, new) if secret.encode() in body]


@pytest.mark.parametrize("request_of_it", [("POST", "/webhooks/1/disable"), ("DELETE", "/webhooks/1")])
def test_of_thousands_of_pending_deliveries_none_stays_so_and_others_come_in_between(plane: Plane, request_of_it: tuple[str, str]) -> None:
    plane.webhook()
    workspace = plane.server.workspaces.get("default")
    outbox = Outbox(bytes)
    with workspace.transaction() as tx:
        for number in range(1000):
            outbox.record(tx, "invoice.created", {"id": number})
    commits: list[int] = []
    workspace.observers.append(lambda changes: commits.append(len(changes.tables.get(DELIVERIES, ()))))
    try:
        assert plane.send(*request_of_it, key=STAFF).status == 200
    finally:
        workspace.observers.pop()
    assert (sum(commits), max(commits)) == (1000, webhook_endpoints.AT_A_TIME)
    assert plane.get("/deliveries?status=pending").data == []
    reasons = {one["reason"] for one in workspace.table(DELIVERIES).live.values()}
    assert reasons == {webhook_endpoints.GONE if request_of_it[0] == "DELETE" else webhook_endpoints.BY_HAND}


@pytest.mark.parametrize(
    ("url", "events"),
    [
        ({"type": "string", "nullable": True}, {"type": "array", "items": {"type": "string", "nullable": True, "enum": ["lead.lost", None]}}),
        ({"type": "integer"}, {"type": "string"}),
        (None, None),
    ],
)
def test_webhooks_of_an_authors_own_form_are_shown_and_disturb_no_request(plane_of: PlaneOf, url: Any, events: Any) -> None:
    def edit(document: dict[str, Any]) -> None:
        webhook = document["components"]["schemas"]["WebhookInput"]
        del webhook["required"]
        document["components"]["schemas"]["Webhook"]["required"] = ["id"]
        for name, schema in (("url", url), ("events", events)):
            del webhook["properties"][name]
            if schema is not None:
                webhook["properties"][name] = {**schema, "description": "As its author wants it."}
        post = document["paths"]["/webhooks"]["post"]
        del post["callbacks"], post["requestBody"]["content"]["application/json"]["example"]
        del post["responses"]["201"]["content"]["application/json"]["example"]

    plane = plane_of(edit)
    for body in (
        {},
        {"url": None},
        {"url": 5},
        {"events": "invoice.created"},
        {"events": [None]},
        {"url": "https://your-domain.com/", "events": [None]},
    ):
        assert plane.api("POST", "/webhooks", body).status in (201, 400)
    assert plane.invoice() == 1
    for one in plane.get("/webhooks").data:
        assert isinstance(one["url"], str)
        assert plane.post(f"/webhooks/{one['id']}/disable").status == 200
    assert [one["type"] for one in plane.get("/events?type=invoice.created").data] == ["invoice.created"]
    assert plane.get("/deliveries").status == 200


def test_under_a_contract_without_secrets_there_is_none_to_rotate(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        del schemas["WebhookInput"]["properties"]["secret"]
        schemas["Webhook"]["required"].remove("secret")
        del document["paths"]["/webhooks"]["post"]["responses"]["201"]["content"]["application/json"]["example"]

    plane = plane_of(edit)
    plane.webhook()
    before = hook(plane)
    reply = plane.post("/webhooks/1/rotate-secret")
    assert (reply.status, reply.json["message"]) == (400, "Webhook 1 has no secret to rotate: the contract that is served knows none")
    assert hook(plane) == before


def test_a_webhook_that_another_object_refers_to_is_not_deleted(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        field = {"type": "integer", "minimum": 1, "x-ref": "webhooks", "description": "Where its changes are told.", "x-source": "inferred"}
        document["components"]["schemas"]["LeadInput"]["properties"]["webhook_id"] = field

    plane = plane_of(edit)
    plane.webhook()
    lead = {"first_name": "Jane", "last_name": "Smith", "email": "jane@example.com", "webhook_id": 1}
    assert plane.api("POST", "/leads", lead).status == 201
    reply = plane.delete("/webhooks/1")
    assert (reply.status, reply.errors) == (400, {"id": "Webhook 1 cannot be deleted: one lead refers to it"})
    assert plane.get("/webhooks/1").status == 200
