"""What begins with `_` is the server's: it comes in by no body, and goes out in no answer, however loose the contract is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.asgi import BASE, Sandbox, sandbox_of
from tests.edge.permissive_contract import loose_document, written
from tests.engine.spec_edits import Spec

NAMES = ("_paid", "_secret", "_disabled", "_password", "_old_secret", "_old_until", "_anything", "_", "__class__")
CUSTOMER = {"account": "Jane Smith"}
LINE = {"description": "Work", "amount": 1500, "qty": 1}
INVOICE = {"customer_id": 1, "date": "2024-01-15", "due_date": "2024-02-15", "items": [LINE]}
WEBHOOK = {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]}
USER = {"name": "Ada", "email": "ada@example.com", "password": "securepassword", "role": "staff"}
OPEN: dict[str, tuple[str, str, Callable[[str], Any], str]] = {
    "an invoice": ("POST", "/invoices", lambda name: {**INVOICE, name: 1500}, "%s"),
    "a line of an invoice": ("POST", "/invoices", lambda name: {**INVOICE, "items": [LINE, {**LINE, name: 1}]}, "items.1.%s"),
    "a webhook": ("POST", "/webhooks", lambda name: {**WEBHOOK, name: {"at": 1}}, "%s"),
    "a user": ("POST", "/users", lambda name: {**USER, name: "x"}, "%s"),
    "a replacement": ("PUT", "/customers/1", lambda name: {**CUSTOMER, name: None}, "%s"),
    "a batch": ("POST", "/batch/customers", lambda name: {"customers": [CUSTOMER, {**CUSTOMER, name: 1}]}, "customers.1.%s"),
    "a batch itself": ("POST", "/batch/customers", lambda name: {"customers": [CUSTOMER], name: 1}, "%s"),
    "an unknown field": ("POST", "/customers", lambda name: {**CUSTOMER, "more": [[{"in": {name: 1}}]]}, "more.0.0.in.%s"),
    "a field that is named": ("POST", "/readings", lambda name: {"extra": {"in": {name: 1}}}, "extra.in.%s"),
    "a field of any kind": ("POST", "/readings", lambda name: {"free": [{name: 1}]}, "free.0.%s"),
    "a composite": ("POST", "/readings", lambda name: {"no_text": {name: 1}}, "no_text.%s"),
}
CLOSED: dict[str, tuple[str, str, Any]] = {
    "a payment": ("POST", "/invoices/1/payments", {"amount": 1}),
    "a snapshot": ("POST", "/snapshots", {"name": "one"}),
    "a reset": ("POST", "/reset", {"scenario": "empty"}),
    "the clock": ("POST", "/clock/advance", {"by": "PT1H"}),
    "the limit": ("PUT", "/rate-limit", {"limit": 5, "window": 60}),
    "a key": ("POST", "/keys", {"label": "Ours", "role": "staff"}),
    "a trigger": ("POST", "/events/trigger", {"type": "invoice.created"}),
}


@pytest.fixture(scope="session")
def shared_loose(stack: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    server = sandbox_of(stack=stack, spec=written(loose_document(), tmp_path_factory.mktemp("loose")))
    yield server
    server.close()


@pytest.fixture
def loose(shared_loose: Sandbox) -> Sandbox:
    """A server of the contract that lets everything in, with one customer."""
    shared_loose.begin_again()
    assert shared_loose.customer() == 1
    return shared_loose


@pytest.mark.parametrize("what", OPEN)
def test_no_body_of_the_api_brings_a_private_field_in(loose: Sandbox, what: str) -> None:
    method, target, body, place = OPEN[what]
    before = loose.server.workspaces.get("default").image()
    for name in NAMES:
        reply = loose.send(method, target, key="sbx_test_administrator", json=body(name))
        assert (reply.status, list(reply.errors)) == (400, [place % name])
        assert reply.errors[place % name].startswith(f"{name} is private: ")
    assert loose.server.workspaces.get("default").image() == before


@pytest.mark.parametrize("what", CLOSED)
def test_no_body_of_the_control_plane_does_either(loose: Sandbox, what: str) -> None:
    method, target, body = CLOSED[what]
    loose.post("/invoices", INVOICE)
    loose.base = "/_sandbox"
    try:
        replies = {name: loose.send(method, target, key="sbx_test_administrator", json={**body, name: 1}) for name in NAMES}
    finally:
        loose.base = BASE
    assert {name: (reply.status, list(reply.errors)) for name, reply in replies.items()} == {name: (400, [name]) for name in NAMES}


def test_an_unknown_field_beside_it_still_comes_in(loose: Sandbox) -> None:
    assert loose.post("/customers", {**CUSTOMER, "more": {"own_": 1, "a_b": [2]}}).status == 201
    assert loose.server.workspaces.get("default").image().tables["customers"][2]["more"] == {"own_": 1, "a_b": [2]}


def test_in_a_field_that_is_ignored_it_is_ignored(loose: Sandbox) -> None:
    assert loose.post("/customers", {**CUSTOMER, "created_at": {"_paid": 1}}).status == 201


def test_what_the_server_keeps_itself_stays_through_a_replacement(loose: Sandbox) -> None:
    made = loose.post("/invoices", INVOICE).data
    stored = loose.server.workspaces.get("default").image().tables["invoices"][1]
    assert (made["status"], stored["_paid"]) == ("Unpaid", 0)


ANY_OBJECT: Spec = {"type": "object", "additionalProperties": True}
SAY_LITTLE: dict[str, Spec] = {
    "anything": {},
    "any-object": ANY_OBJECT,
    "without-a-type": {"properties": {"id": {"type": "integer"}}},
    "one-of": {"oneOf": [{"type": "object"}, {"type": "string"}]},
    "any-of": {"anyOf": [{"required": ["id"]}, {"required": ["nothing"]}]},
    "not": {"not": {"type": "string"}},
    "a-name-and-more": {"type": "object", "properties": {"id": {"type": "integer"}}, "additionalProperties": True},
    "null-or-anything": {"nullable": True},
}
"""Schemas of an answer's object by the name under which it is read."""
SECRETIVE = ("webhooks", "users", "invoices")


def telling() -> Spec:
    """The loose contract, in which each kind of object can be read by answers whose schemas say little."""
    document = loose_document()
    paths, id = document["paths"], {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    for resource in SECRETIVE:
        for name, data in SAY_LITTLE.items():
            path = {"x-resource": resource, "parameters": [id], "get": _answering(f"read {resource} {name}", "read", deepcopy(data))}
            paths[f"/{name}/{resource}/{{id}}"] = path
            many: Spec = {"type": "array", "items": deepcopy(data)}
            paths[f"/{name}/{resource}"] = {"x-resource": resource, "get": _answering(f"list {resource} {name}", "list", many)}
        apart: Spec = {"type": "array", "uniqueItems": True, "items": ANY_OBJECT}
        paths[f"/apart/{resource}"] = {"x-resource": resource, "get": _answering(f"list {resource} apart", "list", apart)}
    return document


def _answering(id: str, action: str, data: Spec) -> Spec:
    schema: Spec = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": data}}
    return {"operationId": id, "x-action": action, "responses": {"200": {"description": "It.", "content": {"application/json": {"schema": schema}}}}}


def test_no_answer_shows_what_is_private(make_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    server = make_sandbox(spec=written(telling(), tmp_path))
    server.customer()
    secret = server.post("/webhooks", WEBHOOK).data["secret"]
    assert server.post("/users", USER).status == server.post("/invoices", INVOICE).status == 201
    kept = server.server.workspaces.get("default").image().tables
    assert kept["webhooks"][1]["_secret"] == secret
    targets = [f"/{name}/{resource}{one}" for name in SAY_LITTLE for resource in SECRETIVE for one in ("", "/1")]
    for target in (*targets, *(f"/apart/{resource}" for resource in SECRETIVE)):
        reply = server.get(target)
        assert reply.status == 200, (target, reply.body)
        assert b'"id":1' in reply.body
        assert not any(hidden in reply.body for hidden in (b'"_', secret.encode(), b"argon2")), (target, reply.body)


@pytest.mark.parametrize("query", ["_paid=0", "_secret=x", "search=whsec_", "search=argon2", "sort=_paid", "status=Unpaid&_paid=0"])
def test_no_query_asks_for_what_is_private(loose: Sandbox, query: str) -> None:
    loose.post("/users", USER)
    loose.post("/invoices", INVOICE)
    for target in ("/invoices", "/users", "/customers"):
        reply = loose.get(f"{target}?{query}")
        assert reply.status == 400 or reply.json["meta"]["total_records"] == 0
