"""A contract of an author's own whose restricted collections have names that nobody else gives, and something of each in a workspace."""

from __future__ import annotations

from typing import Any

from tests.asgi import ADMINISTRATOR, READ_ONLY, STAFF
from tests.control.plane import Plane

KEYS = {"administrator": ADMINISTRATOR, "staff": STAFF, "read-only": READ_ONLY}
ALL, STAFF_TOO, ALONE = ["administrator", "staff", "read-only"], ["administrator", "staff"], ["administrator"]
READERS: dict[str, list[str]] = {
    "payslips": ALONE,  # listed and created by administrators
    "bids": STAFF_TOO,  # created, and never read
    "notices": ALL,  # listed without a key, whatever `x-role` says
    "people": ALL,  # listed by all, but not each field
    "leads": STAFF_TOO,
    "customers": ALL,
    "users": ALONE,
}
WRITERS = {"payslips": ALONE, "bids": STAFF_TOO, "notices": ALONE, "people": STAFF_TOO, "leads": STAFF_TOO, "customers": STAFF_TOO, "users": ALONE}
EMITTED = {"payslips": "payslip.made", "bids": "bid.made", "notices": "notice.made", "people": "person.made"}
PAY = "the pay of somebody"
"""Stands in a field of people that their list does not show."""
_TEXT: dict[str, Any] = {"type": "string", "maxLength": 100}
_SENT = {"type": "object", "required": ["name"], "properties": {"name": _TEXT, "pay": _TEXT}, "additionalProperties": False}
_SET = {"id": {"type": "integer"}, "created_at": {"type": "string"}, "updated_at": {"type": "string"}}
_WHOLE = {"type": "object", "properties": {**_SET, "name": _TEXT, "pay": _TEXT}}
_PART = {"type": "object", "properties": {"id": {"type": "integer"}, "name": _TEXT}}


def mark(collection: str) -> str:
    """A text that stands in each document of a collection, and nowhere else."""
    return f"one of the {collection}"


def with_restricted_collections(document: dict[str, Any]) -> None:
    """The edit."""
    paths = document["paths"]
    paths["/payslips"] = {"x-resource": "payslips", "get": _list("Payslips", ALONE), "post": _create("payslips", ALONE)}
    paths["/bids"] = {"x-resource": "bids", "post": _create("bids", STAFF_TOO)}
    paths["/notices"] = {"x-resource": "notices", "get": {**_list("Notices", ALONE), "security": []}, "post": _create("notices", ALONE)}
    paths["/people"] = {"x-resource": "people", "get": _list("People", ALL, _PART), "post": _create("people", STAFF_TOO)}
    paths["/people/{id}"] = {
        "x-resource": "people",
        "parameters": [{"$ref": "#/components/parameters/Id"}],
        "get": {"operationId": "readPerson", "x-action": "read", "x-role": STAFF_TOO, "responses": _answers("200", _WHOLE)},
    }
    events = document["components"]["schemas"]["WebhookInput"]["properties"]["events"]
    events["items"]["enum"] += EMITTED.values()
    events["maxItems"] = len(events["items"]["enum"])


def furnish(plane: Plane) -> None:
    """One of each, with a webhook of staff and one of an administrator, which want every event of the author's own."""
    for key, url in ((STAFF, "https://staff.example/hook"), (ADMINISTRATOR, "https://administrator.example/hook")):
        assert plane.api("POST", "/webhooks", {"url": url, "events": [*EMITTED.values()]}, key).status == 201
    for collection in EMITTED:
        reply = plane.api("POST", f"/{collection}", {"name": mark(collection), "pay": PAY if collection == "people" else "nothing"})
        assert reply.status == 201, reply.body
    plane.customer(account=mark("customers"))
    lead = {"first_name": mark("leads"), "last_name": "Smith", "email": "jane@example.com"}
    assert plane.api("POST", "/leads", lead).status == 201
    plane.user(name=mark("users"))


def _list(name: str, roles: list[str], item: dict[str, Any] = _WHOLE) -> dict[str, Any]:
    data = {"type": "array", "items": item}
    return {"operationId": f"list{name}", "x-action": "list", "x-role": roles, "responses": _answers("200", data)}


def _create(collection: str, roles: list[str]) -> dict[str, Any]:
    return {
        "operationId": f"create{collection}",
        "x-action": "create",
        "x-role": roles,
        "x-emits": [{"event": EMITTED[collection]}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _SENT}}},
        "responses": _answers("201", _WHOLE),
    }


def _answers(status: str, data: dict[str, Any]) -> dict[str, Any]:
    envelope = {"success": {"type": "boolean"}, "data": data, "message": {"type": "string"}, "meta": {"type": "object"}}
    schema = {"type": "object", "required": ["success"], "properties": envelope}
    return {status: {"description": "What is stored.", "content": {"application/json": {"schema": schema}}}}
