"""The financial summary counts what is dated in a period (decision `report`)."""

from typing import Any

import pytest

from sandbox.domain.rules import Document
from tests.engine.world import LINE, World

BOOKINGS = (
    ("Income", 1000.1, "2023-12-31"),
    ("Income", 200.2, "2024-01-01"),
    ("Expense", 50.05, "2024-01-31"),
    ("Income", 30.0, "2024-02-01"),
    ("Expense", 400.0, "2024-12-31"),
    ("Expense", 7.0, "2025-01-01"),
)


@pytest.fixture
def books(world: World) -> World:
    """Bookings of three years, and invoices of two, one of them paid in part and one in full."""
    world.make("createCustomer")
    for kind, amount, day in BOOKINGS:
        world.make("recordTransaction", type=kind, amount=amount, date=day)
    for day, amount, paid in (("2023-06-01", 10.0, 0.0), ("2024-01-10", 100.0, 30.3), ("2024-01-11", 1000.0, 1000.0), ("2024-03-01", 5.55, 0.0)):
        invoice = world.make("createInvoice", date=day, due_date="2099-12-31", items=[LINE | {"amount": amount}])
        if paid:
            # Dated outside of all that is asked about, so that only the invoices' own days matter.
            world.pay(invoice["id"], paid, date="2019-05-05")
    return world


def _report(world: World, **period: Any) -> Document:
    report: Document = world.do("getFinancialReport", **period).data
    return report


@pytest.mark.parametrize(
    ("period", "income", "expenses", "profit", "outstanding"),
    [
        ({}, 2260.6, 457.05, 1803.55, 85.25),
        ({"year": 2023}, 1000.1, 0.0, 1000.1, 10.0),
        ({"year": 2024}, 230.2, 450.05, -219.85, 75.25),
        ({"year": 2024, "month": 1}, 200.2, 50.05, 150.15, 69.7),
        ({"year": 2024, "month": 2}, 30.0, 0.0, 30.0, 0.0),
        ({"year": 2024, "month": 3}, 0.0, 0.0, 0.0, 5.55),
        ({"year": 2024, "month": 12}, 0.0, 400.0, -400.0, 0.0),
        ({"year": 2025}, 0.0, 7.0, -7.0, 0.0),
        ({"year": 2019, "month": 5}, 1030.3, 0.0, 1030.3, 0.0),
        ({"year": 1970}, 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_a_report_counts_what_is_dated_in_its_period(
    books: World, period: dict[str, int], income: float, expenses: float, profit: float, outstanding: float
) -> None:
    assert _report(books, **period) == {"income": income, "expenses": expenses, "profit": profit, "outstanding_invoices": outstanding}


def test_a_month_without_its_year_is_refused(books: World) -> None:
    assert books.refusal("getFinancialReport", month=1) == {"month": "Month needs the year that it belongs to; send year too"}


def test_the_report_of_an_empty_world_is_all_zeros(world: World) -> None:
    assert set(_report(world).values()) == {0.0}


def test_a_payment_moves_money_from_what_is_outstanding_to_the_income(world: World) -> None:
    world.make("createCustomer")
    world.make("createInvoice")
    world.pay(1, 0.1)
    assert _report(world) == {"income": 0.1, "expenses": 0.0, "profit": 0.1, "outstanding_invoices": 1499.9}


def test_a_report_may_exceed_the_largest_amount(world: World) -> None:
    for _ in range(3):
        world.make("recordTransaction", amount=999_999_999.99)
    assert repr(_report(world)["income"]) == "2999999999.97"


def test_a_report_has_no_noise_of_binary_fractions(world: World) -> None:
    for _ in range(10):
        world.make("recordTransaction", amount=0.1)
    assert repr(_report(world)["income"]) == "1.0"


def test_a_booking_without_a_date_or_an_amount_counts_in_no_year_and_for_nothing(world: World) -> None:
    # A spec author may make both optional.
    with world.workspace.transaction() as tx:
        tx.insert("transactions", {"type": "Income", "amount": 5.0, "date": None})
        tx.insert("transactions", {"type": "Income", "date": "2024-01-01"})
    assert (_report(world)["income"], _report(world, year=2024)["income"]) == (5.0, 0.0)
