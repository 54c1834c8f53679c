"""What the contract says that a success emits is emitted once, with the change and never without it (`x-emits`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from openapi.contract import Contract
from sandbox.errors import Invalid
from sandbox.events.outbox import DELIVERIES, EVENTS
from sandbox.state.documents import Document
from tests.engine.spec_edits import contract_of, own_document
from tests.engine.world import BODIES, LINE, World


def events(world: World) -> list[Document]:
    return list(world.workspace.table(EVENTS).live.values())


@pytest.fixture
def world() -> World:
    world = World()
    world.make("createCustomer")
    return world


def test_a_new_invoice_is_an_event_with_the_invoice_as_answers_show_it(world: World) -> None:
    invoice = world.make("createInvoice")
    (event,) = events(world)
    assert event["type"] == "invoice.created"
    assert event["created_at"] == "2024-01-15T10:00:00Z" == invoice["created_at"]
    assert event["data"] == {name: value for name, value in invoice.items() if not name.startswith("_")}
    assert "_paid" in invoice


def test_income_is_a_payment_and_an_expense_is_none(world: World) -> None:
    world.make("recordTransaction", type="Expense")
    assert events(world) == []
    income = world.make("recordTransaction", type="Income")
    (event,) = events(world)
    assert (event["type"], event["data"]) == ("payment.received", income)


def test_paying_an_invoice_is_a_payment_whose_data_are_the_transaction(world: World) -> None:
    invoice = world.make("createInvoice")
    world.pay(invoice["id"], 400.0)
    created, received = events(world)
    assert (created["type"], received["type"]) == ("invoice.created", "payment.received")
    assert received["data"]["type"] == "Income"
    assert received["data"]["amount"] == 400.0
    assert received["data"]["description"] == "Payment of INV-2024-001"


def test_what_the_contract_names_no_event_for_emits_none(world: World) -> None:
    world.do("updateCustomer", {"account": "Jane Jones"}, id=1)
    world.do("listCustomers")
    world.make("createQuote")
    world.do("batchCreateCustomers", {"customers": [{"account": "A"}, {"account": "B"}]})
    world.do("deleteCustomer", id=3)
    assert events(world) == []


def test_a_refused_request_emits_nothing_and_uses_up_no_number(world: World) -> None:
    world.refusal("createInvoice", BODIES["createInvoice"] | {"customer_id": 99})
    with pytest.raises(Invalid):
        world.pay(world.make("createInvoice")["id"], 1_000_000.0)
    world.make("createInvoice")
    assert [(one["id"], one["type"]) for one in events(world)] == [(1, "invoice.created"), (2, "invoice.created")]


def test_ids_of_events_are_theirs_alone(world: World) -> None:
    for _ in range(3):
        world.make("createInvoice")
    ids = [one["event_id"] for one in events(world)]
    assert len({one.rsplit("_", 1)[1] for one in ids}) == 3
    assert [one.split("_")[1] for one in ids] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("operation", "action", "seen"),
    [("updateCustomer", "replace", "New"), ("deleteCustomer", "delete", "Jane Smith"), ("batchCreateCustomers", "batch-create", "New")],
)
def test_every_verb_can_emit(tmp_path: Path, operation: str, action: str, seen: str) -> None:
    contract = emitting(operation, tmp_path)
    assert contract.operations[operation].action == action
    world = World(contract)
    world.make("createCustomer")
    if action == "delete":
        world.do(operation, id=1)
    elif action == "replace":
        world.do(operation, {"account": "New"}, id=1)
    else:
        world.do(operation, {"customers": [{"account": "New"}, {"account": "New"}]})
    assert [(one["type"], one["data"]["account"]) for one in events(world)] == [("customer.touched", seen)] * (2 if action == "batch-create" else 1)


def test_what_is_shown_once_is_in_no_event(tmp_path: Path) -> None:
    world = World(emitting("registerWebhook", tmp_path))
    shown = world.make("registerWebhook")
    (event,) = events(world)
    assert shown["secret"].startswith("whsec_")
    assert "secret" not in event["data"]
    assert shown["secret"] not in str(event)


def test_each_webhook_that_wants_the_event_gets_a_delivery_in_the_same_transaction(world: World) -> None:
    world.make("registerWebhook", url="https://one.example/hook", events=["invoice.created"])
    world.make("registerWebhook", url="https://two.example/hook", events=["payment.received"])
    world.make("registerWebhook", url="https://three.example/hook", events=["payment.received", "invoice.created"])
    world.make("createInvoice", items=[LINE])
    (event,) = events(world)
    found = list(world.workspace.table(DELIVERIES).live.values())
    assert [(one["webhook_id"], one["url"]) for one in found] == [(1, "https://one.example/hook"), (3, "https://three.example/hook")]
    assert {(one["event_id"], one["status"], one["due"]) for one in found} == {(event["event_id"], "pending", world.workspace.elapsed())}


def emitting(operation_id: str, folder: Path) -> Contract:
    """Our contract, in which one more operation emits `customer.touched`."""
    document = own_document()
    for path in document["paths"].values():
        for node in path.values():
            if isinstance(node, dict) and node.get("operationId") == operation_id:
                node["x-emits"] = [{"event": "customer.touched"}]
    return contract_of(document, folder)
