"""Every scenario that has anything in it gives a possible world, which fits the contract in every respect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
import pytest
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.schemas import Direction, json_schema
from sandbox.seeding.fixture_files import Scenario, scenario_names
from sandbox.state.clock import timestamp
from sandbox.state.documents import Document
from sandbox.state.image import Image

ALL = [name for name in scenario_names() if name != "empty"]


def every(world: Image, collection: str) -> list[Document]:
    return list(world.tables[collection].values())


def exact(amount: Any) -> Decimal:
    return Decimal(str(amount))


@pytest.fixture(params=ALL)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(worlds: Mapping[str, Image], name: str) -> Image:
    return worlds[name]


def test_every_object_fits_the_schema_of_its_answer(world: Image, contract: Contract) -> None:
    for collection, documents in world.tables.items():
        validator = Draft4Validator(json_schema(contract.resources[collection].schema, Direction.ANSWER), validate_formats=True)
        for document in documents.values():
            shown = {field: value for field, value in document.items() if not field.startswith("_")}
            assert [f"{collection} {fault.instance_path}: {fault.message}" for fault in validator.iter_errors(shown)] == []


def test_there_are_as_many_objects_as_the_scenario_says(world: Image, told: Mapping[str, Scenario], name: str) -> None:
    counts = {collection: group.count for collection, group in told[name].collections.items() if group.count}
    found = {collection: len(documents) for collection, documents in world.tables.items()}
    payments = sum(one.get("description", "").startswith("Payment of INV-") for one in every(world, "transactions"))
    assert {**found, "transactions": found["transactions"] - payments} == counts
    for collection, group in told[name].collections.items():
        for field, values in group.becomes.items():
            statuses = Counter(one[field] for one in every(world, collection))
            assert {value: statuses[value] for value in values} == values


def test_every_reference_names_an_object_that_is_not_younger(world: Image, contract: Contract) -> None:
    looked_at = 0
    for collection, documents in world.tables.items():
        for reference in contract.resources[collection].references:
            for document in documents.values():
                assert world.tables[reference.collection][document[reference.path[0]]]["created_at"] <= document["created_at"]
                looked_at += 1
    assert looked_at > 30


def test_ids_are_counted_from_one_in_the_order_of_time(world: Image) -> None:
    for collection, documents in world.tables.items():
        assert [one["id"] for one in documents.values()] == list(documents) == list(range(1, len(documents) + 1))
        assert world.counters[f"id/{collection}"] == len(documents)
        moments = [one["created_at"] for one in documents.values()]
        assert moments == sorted(moments)


def test_nothing_happens_after_the_scenario_s_date(world: Image, told: Mapping[str, Scenario], name: str) -> None:
    for documents in world.tables.values():
        assert all(one["created_at"] <= one["updated_at"] <= timestamp(told[name].date) for one in documents.values())


def test_invoice_numbers_have_no_gap_in_any_year(world: Image) -> None:
    numbers: dict[str, list[str]] = {}
    for invoice in every(world, "invoices"):
        numbers.setdefault(invoice["date"][:4], []).append(invoice["invoice_number"])
    for year, given in numbers.items():
        assert given == [f"INV-{year}-{number:03d}" for number in range(1, len(given) + 1)]
        assert world.counters[f"invoice_number/{year}"] == len(given)


def test_an_amount_is_the_sum_of_its_lines(world: Image) -> None:
    for document in (*every(world, "invoices"), *every(world, "quotes")):
        assert exact(document["amount"]) == sum(exact(line["amount"]) * line["qty"] for line in document["items"])


def test_an_invoice_is_not_due_before_its_date(world: Image) -> None:
    assert all(one["date"] <= one["due_date"] for one in every(world, "invoices"))


def test_what_an_invoice_has_been_paid_is_the_sum_of_its_payments(world: Image, told: Mapping[str, Scenario], name: str) -> None:
    paid: dict[str, Decimal] = {}
    for payment in every(world, "transactions"):
        if payment.get("description", "").startswith("Payment of INV-"):
            number = payment["description"].removeprefix("Payment of ")
            paid[number] = paid.get(number, Decimal(0)) + exact(payment["amount"])
    for invoice in every(world, "invoices"):
        part, amount = paid.pop(invoice["invoice_number"], Decimal(0)), exact(invoice["amount"])
        assert exact(invoice["_paid"]) == part <= amount
        assert invoice["status"] == ("Paid" if part == amount else "Partially Paid" if part else "Unpaid")
    assert paid == {}
    payments, statuses = told[name].payments, Counter(one["status"] for one in every(world, "invoices"))
    assert payments is not None
    assert (statuses["Paid"], statuses["Partially Paid"]) == (payments.in_full, payments.in_part)


def test_no_two_users_share_an_address(world: Image) -> None:
    addresses = [one["email"].casefold() for one in every(world, "users")]
    assert len(set(addresses)) == len(addresses)


def test_every_address_is_one_that_reaches_nobody(world: Image) -> None:
    addresses = [one["email"] for documents in world.tables.values() for one in documents.values() if "email" in one]
    assert len(addresses) > 30
    assert all(address.casefold().endswith(("@example.org", "@example.net", ".example.org", ".example.net")) for address in addresses)


def test_a_world_survives_being_written_and_read(world: Image) -> None:
    for documents in world.tables.values():
        for document in documents.values():
            assert orjson.loads(orjson.dumps(document)) == document
