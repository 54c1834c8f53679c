"""Invoices: numbers by year, dates in order, and what stays of a refused one."""

import re
from collections.abc import Sequence

import pytest

from sandbox.errors import Invalid
from tests.engine.world import BODIES, LINE, World


@pytest.fixture(autouse=True)
def _customer(world: World) -> None:
    world.make("createCustomer")


def _numbers(world: World, days: Sequence[str]) -> list[str]:
    return [world.make("createInvoice", date=day, due_date="9999-12-31")["invoice_number"] for day in days]


def test_a_new_invoice_is_unpaid_and_has_a_number_and_an_amount(world: World) -> None:
    invoice = world.make("createInvoice", notes="Thank you")
    assert (invoice["invoice_number"], invoice["status"], invoice["amount"]) == ("INV-2024-001", "Unpaid", 1500.0)
    assert (invoice["notes"], invoice["items"]) == ("Thank you", [LINE])


def test_each_year_counts_by_itself_whatever_the_workspace_s_clock_says(world: World) -> None:
    days = ("2024-01-15", "2023-12-31", "2024-12-31", "2023-01-01", "9999-12-31", "0001-01-01")
    assert _numbers(world, days) == ["INV-2024-001", "INV-2023-001", "INV-2024-002", "INV-2023-002", "INV-9999-001", "INV-0001-001"]


def test_a_number_has_three_digits_at_least_and_more_where_it_takes_them(world: World) -> None:
    with world.workspace.transaction() as tx:
        numbers = [world.engine.create(tx, "invoices", BODIES["createInvoice"])["invoice_number"] for _ in range(1001)]
    assert [numbers[place] for place in (0, 8, 9, 98, 99, 998, 999, 1000)] == [
        "INV-2024-001", "INV-2024-009", "INV-2024-010", "INV-2024-099", "INV-2024-100", "INV-2024-999", "INV-2024-1000", "INV-2024-1001",
    ]  # fmt: skip
    assert len(set(numbers)) == 1001
    assert world.make("createInvoice")["invoice_number"] == "INV-2024-1002"


def test_a_refused_invoice_leaves_no_number_used_up(world: World) -> None:
    _numbers(world, ["2024-01-01"])
    world.refusal("createInvoice", BODIES["createInvoice"] | {"customer_id": 99})
    assert _numbers(world, ["2024-01-01"]) == ["INV-2024-002"]


def test_an_invoice_whose_transaction_fails_later_leaves_no_number_used_up(world: World) -> None:
    def two_of_which_one_is_bad() -> None:
        with world.workspace.transaction() as tx:
            world.engine.create(tx, "invoices", BODIES["createInvoice"])
            world.engine.create(tx, "invoices", BODIES["createInvoice"] | {"due_date": "2000-01-01"})

    before = world.image
    with pytest.raises(Invalid):
        two_of_which_one_is_bad()
    assert world.image == before
    assert _numbers(world, ["2024-01-01"]) == ["INV-2024-001"]


def test_the_number_of_an_invoice_that_is_gone_is_not_given_again(world: World) -> None:
    _numbers(world, ["2024-01-01", "2024-01-01"])
    with world.workspace.transaction() as tx:
        tx.remove("invoices", 2)
    invoice = world.make("createInvoice")
    assert (invoice["id"], invoice["invoice_number"]) == (3, "INV-2024-003")


def test_counters_outlive_a_restart(world: World) -> None:
    _numbers(world, ["2024-01-01"])
    later = World()
    later.workspace.restore(world.image)
    assert _numbers(later, ["2024-01-01", "2023-01-01"]) == ["INV-2024-002", "INV-2023-001"]


def test_an_invoice_keeps_its_number_when_it_changes(world: World) -> None:
    world.make("createInvoice")
    assert world.amend("invoices", 1, notes="changed")["invoice_number"] == "INV-2024-001"
    assert world.make("createInvoice")["invoice_number"] == "INV-2024-002"


def test_an_invoice_may_be_due_on_its_own_day(world: World) -> None:
    assert world.make("createInvoice", due_date="2024-01-15")["due_date"] == "2024-01-15"


@pytest.mark.parametrize("due", ["2024-01-14", "2023-12-31", "0001-01-01"])
def test_an_invoice_may_not_be_due_before_its_day(world: World, due: str) -> None:
    refusal = world.refusal("createInvoice", BODIES["createInvoice"] | {"due_date": due})
    assert refusal == {"due_date": f"Due_date {due} is before date 2024-01-15; it must be that day or later"}


def test_numbers_have_the_decided_form(world: World) -> None:
    assert all(re.fullmatch(r"INV-\d{4}-\d{3,}", number) for number in _numbers(world, ["2024-02-29", "1999-01-01"]))
