"""The world `demo` with seed 42: as large as it is promised, and possible in every respect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from argon2 import PasswordHasher
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.schemas import Direction, json_schema
from sandbox.seeding.fixture_files import scenario
from sandbox.state.clock import timestamp
from sandbox.state.documents import Document
from sandbox.state.image import Image

END = timestamp(scenario("demo").date)
RESERVED = {"john@example.com", "jane@example.com", "admin@example.com", "customer1@example.com", "customer2@example.com"}
SEEDED = ("customers", "invoices", "transactions", "products", "quotes", "tickets", "leads", "users")


def every(world: Image, collection: str) -> list[Document]:
    return list(world.tables[collection].values())


def whole(world: Image) -> Iterator[tuple[str, Document]]:
    for collection, documents in world.tables.items():
        for document in documents.values():
            yield collection, document


def paid_for(world: Image, invoice: Document) -> list[Document]:
    return [one for one in every(world, "transactions") if one["description"] == f"Payment of {invoice['invoice_number']}"]


def exact(amounts: Iterator[Any]) -> Decimal:
    return sum((Decimal(str(amount)) for amount in amounts), Decimal(0))


@pytest.mark.parametrize(
    ("collection", "least"),
    [("customers", 25), ("invoices", 40), ("transactions", 60), ("products", 12), ("quotes", 12), ("tickets", 20), ("leads", 15), ("users", 5)],
)
def test_there_is_enough_of_everything(demo: Image, collection: str, least: int) -> None:
    assert len(demo.tables[collection]) >= least


def test_nobody_is_called_by_a_seeded_webhook(demo: Image) -> None:
    assert "webhooks" not in demo.tables


@pytest.mark.parametrize(
    ("collection", "field", "values"),
    [
        ("invoices", "status", {"Paid", "Unpaid", "Partially Paid"}),
        ("tickets", "status", {"Open", "Closed", "Pending"}),
        ("tickets", "priority", {"Low", "Medium", "High"}),
        ("transactions", "type", {"Income", "Expense"}),
        ("products", "type", {"product", "service"}),
        ("users", "role", {"administrator", "staff"}),
    ],
)
def test_every_value_of_a_field_occurs(demo: Image, collection: str, field: str, values: set[str]) -> None:
    assert {one[field] for one in every(demo, collection)} == values


@pytest.mark.parametrize("field", ["account_id", "category_id"])
def test_transactions_are_spread_over_accounts_and_categories(demo: Image, field: str) -> None:
    assert len({one[field] for one in every(demo, "transactions") if field in one}) >= 3


def test_the_parts_of_the_scenario_are_as_large_as_it_says(demo: Image) -> None:
    told = scenario("demo")
    assert told.payments is not None
    statuses = Counter(one["status"] for one in every(demo, "invoices"))
    assert statuses["Paid"] == told.payments.in_full
    assert statuses["Partially Paid"] == told.payments.in_part
    assert Counter(one["status"] for one in every(demo, "tickets")) == {"Closed": 13, "Pending": 5, "Open": 8}
    expenses = [one for one in every(demo, "transactions") if one["type"] == "Expense"]
    assert len(expenses) == told.collections["transactions"].count


@pytest.mark.parametrize("collection", SEEDED)
def test_every_object_fits_the_schema_of_its_answer(demo: Image, contract: Contract, collection: str) -> None:
    validator = Draft4Validator(json_schema(contract.resources[collection].schema, Direction.ANSWER), validate_formats=True)
    for document in every(demo, collection):
        shown = {name: value for name, value in document.items() if not name.startswith("_")}
        assert [f"{fault.instance_path}: {fault.message}" for fault in validator.iter_errors(shown)] == []


@pytest.mark.parametrize("collection", SEEDED)
def test_every_optional_field_is_used(demo: Image, contract: Contract, collection: str) -> None:
    sent = contract.resources[collection].input
    for field in set(sent["properties"]) - set(contract.resources[collection].schema["required"]):
        if sent["properties"][field].get("writeOnly"):
            continue
        assert any(field in one for one in every(demo, collection)), field


def test_every_reference_names_an_object_that_is_not_younger(demo: Image, contract: Contract) -> None:
    looked_at = 0
    for collection, document in whole(demo):
        for reference in contract.resources[collection].references:
            named = demo.tables[reference.collection][document[reference.path[0]]]
            assert named["created_at"] <= document["created_at"]
            looked_at += 1
    assert looked_at > 80


def test_nothing_happens_after_the_scenario_s_date(demo: Image) -> None:
    for _, document in whole(demo):
        assert document["created_at"] <= document["updated_at"] <= END
        assert document.get("date", END) <= END


def test_the_ids_of_a_collection_follow_its_times(demo: Image) -> None:
    for collection in demo.tables:
        documents = every(demo, collection)
        assert [one["id"] for one in documents] == list(range(1, len(documents) + 1))
        assert [one["created_at"] for one in documents] == sorted(one["created_at"] for one in documents)


def test_an_object_is_dated_the_day_on_which_it_came_into_being(demo: Image) -> None:
    for collection in ("invoices", "transactions"):
        for document in every(demo, collection):
            assert document["date"] == document["created_at"][:10]


def test_invoice_numbers_have_no_gap_in_any_year(demo: Image) -> None:
    years = {one["date"][:4] for one in every(demo, "invoices")}
    assert years == {"2024", "2025"}
    for year in years:
        numbers = [one["invoice_number"] for one in every(demo, "invoices") if one["date"].startswith(year)]
        assert numbers == [f"INV-{year}-{number:03d}" for number in range(1, len(numbers) + 1)]
        assert demo.counters[f"invoice_number/{year}"] == len(numbers)


def test_an_amount_is_the_sum_of_its_lines(demo: Image) -> None:
    for collection in ("invoices", "quotes"):
        for document in every(demo, collection):
            total = sum((Decimal(str(line["amount"])) * line["qty"] for line in document["items"]), Decimal(0))
            assert Decimal(str(document["amount"])) == total


def test_what_an_invoice_has_been_paid_is_the_sum_of_its_payments(demo: Image) -> None:
    for invoice in every(demo, "invoices"):
        payments = paid_for(demo, invoice)
        paid, amount = exact(one["amount"] for one in payments), Decimal(str(invoice["amount"]))
        assert Decimal(str(invoice["_paid"])) == paid <= amount
        assert invoice["status"] == ("Paid" if paid == amount else "Partially Paid" if paid else "Unpaid")
        assert all(one["date"] > invoice["date"] for one in payments)
        assert invoice["updated_at"] == (payments[-1] if payments else invoice)["created_at"]


def test_all_income_comes_from_invoices(demo: Image) -> None:
    income = exact(one["amount"] for one in every(demo, "transactions") if one["type"] == "Income")
    assert income == exact(one["_paid"] for one in every(demo, "invoices"))


def test_some_invoices_are_paid_in_two_parts_and_some_are_overdue(demo: Image) -> None:
    assert any(one["status"] == "Paid" and len(paid_for(demo, one)) == 2 for one in every(demo, "invoices"))
    overdue = [one for one in every(demo, "invoices") if one["status"] != "Paid" and one["due_date"] < END]
    assert {one["status"] for one in overdue} == {"Unpaid", "Partially Paid"}


def test_transactions_span_more_than_a_year(demo: Image) -> None:
    dates = sorted(date.fromisoformat(one["date"]) for one in every(demo, "transactions"))
    assert (dates[-1] - dates[0]).days > 365


def test_the_agency_earns_more_than_it_spends(demo: Image) -> None:
    totals: Counter[str] = Counter()
    for one in every(demo, "transactions"):
        totals[one["type"]] += one["amount"]
    assert totals["Income"] > totals["Expense"]


def test_nobody_has_an_address_of_the_reference_s_examples(demo: Image) -> None:
    addresses = [document["email"] for _, document in whole(demo) if "email" in document]
    assert len(addresses) > 50
    assert RESERVED.isdisjoint(addresses)
    assert {address.rpartition("@")[2] for address in addresses} == {"example.org", "example.net"}


def test_no_two_users_share_an_address(demo: Image) -> None:
    addresses = [one["email"].casefold() for one in every(demo, "users")]
    assert len(set(addresses)) == len(addresses)


def test_every_user_has_the_documented_password_and_it_stands_nowhere(demo: Image) -> None:
    users = every(demo, "users")
    assert all("password" not in one for one in users)
    (digest,) = {one["_password"] for one in users}
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    assert hasher.verify(digest, "sandbox-password")
    assert not hasher.check_needs_rehash(digest)


def test_customer_1_and_invoice_1_look_like_the_reference_s(demo: Image) -> None:
    customer, invoice = demo.tables["customers"][1], demo.tables["invoices"][1]
    assert (customer["account"], customer["phone"], customer["created_at"]) == ("John Doe", "1234567890", "2024-01-15T10:00:00Z")
    assert {name: invoice[name] for name in ("invoice_number", "customer_id", "amount", "status", "due_date", "items")} == {
        "invoice_number": "INV-2024-001",
        "customer_id": 1,
        "amount": 1500.0,
        "status": "Unpaid",
        "due_date": "2024-02-15",
        "items": [{"description": "Web Development", "amount": 1500.0, "qty": 1}],
    }


def test_only_the_server_s_own_fields_are_private(demo: Image) -> None:
    assert {(collection, name) for collection, document in whole(demo) for name in document if name.startswith("_")} == {
        ("invoices", "_paid"),
        ("users", "_password"),
    }
