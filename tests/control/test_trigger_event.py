"""An event is triggered by the operation that emits it, so that its object can be looked at; what cannot be leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.asgi import READ_ONLY, STAFF, Reply
from tests.control.deliveries import delivered
from tests.control.plane import Edit, Plane, PlaneOf

REFERENCE = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9007199254740991}
STAMP = {"type": "string", "format": "date-time", "readOnly": True}


def trigger(plane: Plane, type: str, key: str = STAFF) -> Reply:
    return plane.post("/events/trigger", {"type": type}, key)


def triggered(plane: Plane, type: str, key: str = STAFF) -> Any:
    """The data of the event, once it is seen to be in the log."""
    reply = trigger(plane, type, key)
    assert reply.status == 201, reply.body
    assert reply.data["type"] == type
    assert reply.header("location") == f"/_sandbox/events/{reply.data['id']}"
    assert plane.get(f"/events/{reply.data['id']}").data == reply.data
    return reply.data["data"]


def emits(path: str, method: str, event: str, **when: Any) -> Edit:
    """The edit that makes one more operation emit an event."""

    def edit(document: dict[str, Any]) -> None:
        document["paths"][path][method]["x-emits"] = [{"event": event, **({"when": when} if when else {})}]

    return edit


def test_a_triggered_invoice_is_one_that_the_api_shows(plane: Plane) -> None:
    data = triggered(plane, "invoice.created")
    assert plane.api("GET", "/invoices").data == [data]
    assert (data["status"], data["date"]) == ("Unpaid", plane.get("/clock").data["now"][:10])


def test_a_triggered_payment_is_a_recorded_income(plane: Plane) -> None:
    data = triggered(plane, "payment.received")
    assert (data["type"], data["description"]) == ("Income", "Payment received")
    assert plane.api("GET", "/transactions").data == [data]
    assert plane.api("GET", "/reports/financial").data["income"] == data["amount"]


def test_what_an_object_refers_to_is_made_where_there_is_none_and_used_where_there_is(plane: Plane) -> None:
    first = triggered(plane, "invoice.created")
    [made] = plane.api("GET", "/customers").data
    assert first["customer_id"] == made["id"]
    assert triggered(plane, "invoice.created")["customer_id"] == made["id"]
    assert plane.api("GET", "/customers").data == [made]


def test_every_triggered_object_is_another(plane: Plane) -> None:
    seen = [triggered(plane, "invoice.created") for _ in range(6)]
    assert len({str(one["items"]) for one in seen}) > 3
    assert len({one["invoice_number"] for one in seen}) == 6


def test_a_trigger_goes_by_the_workspaces_clock(plane: Plane) -> None:
    plane.post("/clock/advance", {"by": "P400D"})
    now = plane.get("/clock").data["now"]
    event = trigger(plane, "payment.received").data
    assert (event["created_at"], event["data"]["date"], event["data"]["created_at"]) == (now, now[:10], now)


def test_a_triggered_event_is_delivered_to_who_wants_it(plane: Plane) -> None:
    plane.webhook("https://your-domain.com/webhook", "payment.received")
    assert trigger(plane, "invoice.created").data["deliveries"] == []
    event = trigger(plane, "payment.received").data
    assert [(one["webhook_id"], one["status"]) for one in event["deliveries"]] == [(1, "pending")]
    assert [call.id for call in delivered(plane)] == [event["id"]]


@pytest.mark.parametrize("type", ["invoice", "invoice.paid", "INVOICE.CREATED", "invoice.created\x00", " ", "x" * 255, "ünïcode"])
def test_a_type_that_there_is_not_is_refused_with_those_that_there_are(plane: Plane, type: str) -> None:
    reply = trigger(plane, type)
    assert reply.status == 400
    assert reply.errors["type"].split("; did you mean")[0] == "Type must be invoice.created or payment.received"
    assert plane.get("/events").data == []


@pytest.mark.parametrize("body", [{}, {"type": None}, {"type": 1}, {"type": ""}, {"type": "x" * 256}, {"type": "invoice.created", "data": {}}])
def test_a_body_that_names_no_type_is_refused(plane: Plane, body: Any) -> None:
    assert plane.post("/events/trigger", body).status == 400


def test_an_event_that_webhooks_can_ask_for_and_nothing_emits_is_refused(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["WebhookInput"]["properties"]["events"]["items"]["enum"].append("refund.made")

    plane = plane_of(edit)
    reply = trigger(plane, "refund.made")
    assert (reply.status, [*reply.errors]) == (400, ["type"])
    assert "no operation of the contract emits it" in reply.errors["type"]
    assert plane.get("/events?type=refund.made").data == []


def test_a_contract_without_events_says_so(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        del document["paths"]["/webhooks"]
        for path in ("/invoices", "/transactions"):
            del document["paths"][path]["post"]["x-emits"]

    plane = plane_of(edit)
    assert trigger(plane, "invoice.created").errors == {"type": "Type must be that of an event, and the contract that is served speaks of none"}
    assert plane.get("/webhooks").data == plane.get("/events").data == plane.get("/deliveries").data == []


def test_a_replacement_is_triggered_on_an_object_of_its_own(plane_of: PlaneOf) -> None:
    plane = plane_of(emits("/customers/{id}", "put", "customer.updated"))
    plane.customer()
    [before] = plane.api("GET", "/customers").data
    data = triggered(plane, "customer.updated")
    assert plane.api("GET", "/customers").data == [before, data]


def test_a_deletion_is_triggered_on_an_object_of_its_own(plane_of: PlaneOf) -> None:
    plane = plane_of(emits("/customers/{id}", "delete", "customer.deleted"))
    plane.customer()
    before = plane.api("GET", "/customers").data
    data = triggered(plane, "customer.deleted")
    assert data["account"]
    assert plane.api("GET", "/customers").data == before


def test_a_batch_is_triggered_with_one_object(plane_of: PlaneOf) -> None:
    plane = plane_of(emits("/batch/customers", "post", "customer.imported"))
    data = triggered(plane, "customer.imported")
    assert plane.api("GET", "/customers").data == [data]


def test_nobody_triggers_what_his_key_may_not_do(plane_of: PlaneOf) -> None:
    plane = plane_of(emits("/users", "post", "user.created"))
    reply = trigger(plane, "user.created")
    assert (reply.status, "createUser" in reply.json["message"]) == (403, True)
    assert trigger(plane, "user.created", READ_ONLY).status == 403
    data = triggered(plane, "user.created", "sbx_test_administrator")
    assert plane.api("GET", "/users").data == [data]
    assert "password" not in str(data)


def test_a_users_address_that_is_taken_is_tried_anew(plane_of: PlaneOf) -> None:
    plane = plane_of(emits("/users", "post", "user.created"))
    made = [triggered(plane, "user.created", "sbx_test_administrator") for _ in range(12)]
    assert len({one["email"].lower() for one in made}) == 12


def with_projects(document: dict[str, Any]) -> None:
    """A resource that only its author knows, which emits on a condition and points at another that nobody has made."""
    sent = {
        "customer_id": {**REFERENCE, "x-ref": "customers"},
        "ticket_id": {**REFERENCE, "x-ref": "tickets"},
        "state": {"type": "string", "enum": ["planned", "running", "done"]},
        "budget": {"type": "number", "minimum": 100, "maximum": 200, "multipleOf": 0.01},
    }
    own = {"id": {**REFERENCE, "readOnly": True}, "created_at": STAMP, "updated_at": STAMP}
    schema = {"type": "object", "additionalProperties": False, "properties": {**sent, **own}, "required": ["customer_id", "ticket_id", "state"]}
    envelope = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": schema}}
    document["paths"]["/projects"] = {
        "x-resource": "projects",
        "post": {
            "operationId": "createProject",
            "x-action": "create",
            "x-emits": [{"event": "project.finished", "when": {"state": "done"}}],
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": {"201": {"description": "It.", "content": {"application/json": {"schema": envelope}}}},
        },
    }


def test_a_resource_of_an_authors_own_is_triggered_by_its_condition(plane_of: PlaneOf) -> None:
    plane = plane_of(with_projects)
    for _ in range(5):
        data = triggered(plane, "project.finished")
        assert data["state"] == "done"
        assert 100 <= data.get("budget", 100) <= 200
    [ticket] = plane.api("GET", "/tickets").data
    assert data["ticket_id"] == ticket["id"]
    assert [one["id"] for one in plane.api("GET", "/customers").data] == [ticket["customer_id"]]


def test_what_cannot_be_caused_says_why_and_leaves_nothing_behind(plane_of: PlaneOf) -> None:
    plane = plane_of(emits("/invoices", "post", "invoice.paid", status="Paid"))
    before = plane.server.workspaces.get("default").image()
    reply = trigger(plane, "invoice.paid")
    assert (reply.status, reply.errors) == (
        400,
        {"type": "Type invoice.paid could not be triggered: createInvoice was performed, and did not emit it"},
    )
    assert plane.server.workspaces.get("default").image() == before


def test_where_nothing_that_is_referred_to_can_be_made_it_says_so(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        for path, method in (("/customers", "post"), ("/customers/{id}", "put"), ("/batch/customers", "post")):
            del document["paths"][path][method]

    plane = plane_of(edit)
    before = plane.server.workspaces.get("default").image()
    reply = trigger(plane, "invoice.created")
    assert (reply.status, "customers" in reply.errors["type"]) == (400, True)
    assert plane.server.workspaces.get("default").image() == before


def test_a_body_that_nothing_fits_says_so(plane_of: PlaneOf) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["TransactionInput"]["properties"]["description"] = {"type": "string", "pattern": "^(?=a)b$"}
        document["components"]["schemas"]["TransactionInput"]["required"].append("description")

    reply = trigger(plane_of(edit), "payment.received")
    assert (reply.status, "description" in reply.errors["type"]) == (400, True)


def with_payments(least: float, most: float) -> Edit:
    """A named action as an operation, which wants more than a body."""

    def edit(document: dict[str, Any]) -> None:
        amount = {"type": "number", "minimum": least, "maximum": most, "multipleOf": 0.01}
        answer = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": {"$ref": "#/components/schemas/Invoice"}}}
        document["paths"]["/invoices/{id}/payments"] = {
            "x-resource": "invoices",
            "post": {
                "operationId": "payInvoice",
                "x-action": "record-payment",
                "x-emits": [{"event": "invoice.settled", "when": {"status": "Partially Paid"}}],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": REFERENCE},
                    {"name": "channel", "in": "query", "required": True, "schema": {"type": "string", "enum": ["card", "cash"]}},
                    {"name": "receipts", "in": "query", "schema": {"type": "integer", "default": 1}},
                    {"name": "remark", "in": "query", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"type": "object", "required": ["amount"], "properties": {"amount": amount}}}}
                },
                "responses": {"200": {"description": "It.", "content": {"application/json": {"schema": answer}}}},
            },
        }

    return edit


def test_a_named_action_is_triggered_with_all_that_it_wants(plane_of: PlaneOf) -> None:
    plane = plane_of(with_payments(0.01, 1))
    data = triggered(plane, "invoice.settled")
    assert data["status"] == "Partially Paid"
    assert plane.api("GET", "/invoices").data == [data]
    assert [one["type"] for one in plane.get("/events").data] == ["invoice.settled", "payment.received", "invoice.created"]


def test_what_a_rule_of_the_business_refuses_says_why_and_leaves_nothing_behind(plane_of: PlaneOf) -> None:
    plane = plane_of(with_payments(900_000_000, 999_999_999))
    before = plane.server.workspaces.get("default").image()
    reply = trigger(plane, "invoice.settled")
    assert reply.status == 400
    assert reply.errors["type"].startswith("Type invoice.settled could not be triggered: payInvoice was refused: Amount 9")
    assert plane.server.workspaces.get("default").image() == before
