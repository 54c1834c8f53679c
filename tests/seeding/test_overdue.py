"""The world `overdue`: customers who pay late, in part, or not at all, and write about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import pytest

from openapi.contract import Contract
from sandbox.seeding.fixture_files import scenario
from sandbox.state.documents import Document
from sandbox.state.image import Image
from tests.seeding.conftest import seeder_for

TODAY = scenario("overdue").date.date().isoformat()


@pytest.fixture(scope="module")
def world(worlds: Mapping[str, Image]) -> Image:
    return worlds["overdue"]


def invoices(world: Image) -> list[Document]:
    return list(world.tables["invoices"].values())


def is_overdue(invoice: Document) -> bool:
    return bool(invoice["status"] != "Paid" and invoice["due_date"] < TODAY)


def test_it_is_about_as_large_as_demo(world: Image, demo: Image) -> None:
    size, usual = (sum(map(len, one.tables.values())) for one in (world, demo))
    assert 0.6 * usual < size < 1.4 * usual


@pytest.mark.parametrize("seed", range(1, 5))
def test_most_invoices_are_overdue_whatever_the_seed(contract: Contract, seed: int) -> None:
    world = seeder_for(contract).build("overdue", seed)
    overdue = [one for one in invoices(world) if is_overdue(one)]
    assert len(overdue) > 0.6 * len(invoices(world))
    assert Counter(one["status"] for one in overdue)["Partially Paid"] >= 10
    assert any(one["status"] != "Paid" and not is_overdue(one) for one in invoices(world)), "some are still in time"


def test_some_are_overdue_for_more_than_half_a_year(world: Image) -> None:
    ages = [(date.fromisoformat(TODAY) - date.fromisoformat(one["due_date"])).days for one in invoices(world) if is_overdue(one)]
    assert sum(age > 182 for age in ages) >= 4


def test_whoever_paid_did_so_after_the_due_date(world: Image) -> None:
    due = {f"Payment of {one['invoice_number']}": one["due_date"] for one in invoices(world)}
    payments = [one for one in world.tables["transactions"].values() if one["type"] == "Income"]
    assert len(payments) > 20
    assert all(one["date"] > due[one["description"]] for one in payments)


def test_there_are_open_tickets_about_it(world: Image) -> None:
    tickets = [one for one in world.tables["tickets"].values() if one["status"] != "Closed" and one["department_id"] == 2]
    assert len(tickets) >= 8
    assert sum("invoice" in one["subject"] + one["message"] for one in tickets) >= 4
