"""An invoice is paid on the control plane, step by step, and never beyond what is open."""

import json
from typing import Any

import pytest

from tests.asgi import OTHER, STAFF
from tests.control.plane import Plane

BEYOND_MONEY: list[Any] = [0, -1, 0.001, 1.005, 1_000_000_000, 1e999, "500", None, True, [], {}]


def test_a_payment_answers_with_the_invoice_and_records_income(plane: Plane) -> None:
    invoice = plane.invoice(1500)
    reply = plane.post(f"/invoices/{invoice}/payments", {"amount": 500.00}, STAFF)
    assert (reply.status, reply.data["status"], reply.data["id"]) == (201, "Partially Paid", invoice)
    assert reply.data == plane.api("GET", "/invoices").data[0]
    income = plane.api("GET", "/transactions").data
    assert [(one["type"], one["account_id"], one["amount"], one["date"]) for one in income] == [("Income", 1, 500.0, f"{plane.clock.now():%Y-%m-%d}")]
    assert income[0]["description"] == f"Payment of {reply.data['invoice_number']}"


def test_payments_move_the_status_from_unpaid_to_paid(plane: Plane) -> None:
    path = f"/invoices/{plane.invoice(0.3)}/payments"
    assert [plane.post(path, {"amount": amount}).data["status"] for amount in (0.1, 0.1, 0.1)] == ["Partially Paid", "Partially Paid", "Paid"]


def test_account_and_date_may_be_given(plane: Plane) -> None:
    plane.post(f"/invoices/{plane.invoice()}/payments", {"amount": 1, "account_id": 7, "date": "2024-02-29"})
    income = plane.api("GET", "/transactions").data[0]
    assert (income["account_id"], income["date"]) == (7, "2024-02-29")


def test_a_payment_is_dated_the_workspaces_today(plane: Plane) -> None:
    plane.post("/clock/advance", {"by": "P40D"})
    plane.post(f"/invoices/{plane.invoice()}/payments", {"amount": 1})
    assert plane.api("GET", "/transactions").data[0]["date"] == plane.get("/clock").data["now"][:10]


def test_paying_more_than_is_open_is_refused_and_changes_nothing(plane: Plane) -> None:
    invoice = plane.invoice(1500)
    plane.post(f"/invoices/{invoice}/payments", {"amount": 1499.99})
    before = plane.server.workspaces.get("default").image()
    reply = plane.post(f"/invoices/{invoice}/payments", {"amount": 0.02})
    assert (reply.status, [*reply.errors]) == (400, ["amount"])
    assert "0.01" in reply.errors["amount"]
    assert plane.server.workspaces.get("default").image() == before


@pytest.mark.parametrize("amount", BEYOND_MONEY)
def test_an_amount_that_is_no_money_is_refused(plane: Plane, amount: Any) -> None:
    invoice = plane.invoice()
    body = json.dumps({"amount": amount}).replace("Infinity", "1e999").encode()
    reply = plane.post(f"/invoices/{invoice}/payments", body=body, headers={"content-type": "application/json"})
    assert (reply.status, [*reply.errors]) == (400, ["amount"])
    assert plane.api("GET", "/transactions").data == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("account_id", 0), ("account_id", 1.5), ("account_id", 2**53), ("date", "2025-02-29"), ("date", "0000-01-01"), ("date", 5), ("status", "Paid")],
)
def test_another_field_that_is_wrong_is_named(plane: Plane, field: str, value: Any) -> None:
    reply = plane.post(f"/invoices/{plane.invoice()}/payments", {"amount": 1, field: value})
    assert (reply.status, [*reply.errors]) == (400, [field])


@pytest.mark.parametrize("id", ["999", "0", "abc", "9007199254740992"])
def test_an_invoice_that_is_not_there_is_a_404(plane: Plane, id: str) -> None:
    assert plane.post(f"/invoices/{id}/payments", {"amount": 1}).status == 404


def test_an_invoice_of_another_workspace_is_not_there(plane: Plane) -> None:
    invoice = plane.invoice()
    assert plane.post(f"/invoices/{invoice}/payments", {"amount": 1}, OTHER).status == 404
    assert plane.api("GET", "/invoices").data[0]["status"] == "Unpaid"
