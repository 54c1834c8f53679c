"""The amount of an invoice or a quote is the exact sum of its lines (decisions `item-amount`, `money`)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.rules import LARGEST_AMOUNT
from tests.engine.world import BODIES, World

CREATIONS = ("createInvoice", "createQuote")
CENTS = st.integers(min_value=1, max_value=99_999_999_999)
LINES = st.lists(st.tuples(CENTS, st.integers(min_value=1, max_value=1_000_000)), min_size=1, max_size=100)
SMALL_LINES = st.lists(st.tuples(st.integers(min_value=1, max_value=999_999), st.integers(min_value=1, max_value=100)), min_size=1, max_size=100)


def _lines(*lines: tuple[float, int]) -> list[dict[str, Any]]:
    return [{"description": "A line", "amount": amount, "qty": qty} for amount, qty in lines]


def _amount(world: World, operation_id: str, *lines: tuple[float, int]) -> float:
    amount: float = world.make(operation_id, items=_lines(*lines))["amount"]
    return amount


@pytest.fixture(autouse=True)
def _customer(world: World) -> None:
    world.make("createCustomer")


@pytest.mark.parametrize("operation_id", CREATIONS)
@pytest.mark.parametrize(
    ("lines", "amount"),
    [
        ([(0.1, 3)], 0.3),
        ([(0.1, 1), (0.2, 1)], 0.3),
        ([(1.15, 100)], 115.0),
        ([(0.01, 1)], 0.01),
        ([(5, 2)], 10.0),
        ([(19.99, 3), (0.05, 7), (1500, 1)], 1560.32),
        ([(9_999_999.99, 1)] * 100, 999_999_999.0),
        ([(9.99, 1_000_000)] * 100, 999_000_000.0),
        ([(999_999_999.99, 1)], 999_999_999.99),
        ([(999_999_999.98, 1), (0.01, 1)], 999_999_999.99),
    ],
)
def test_amounts_are_exact(world: World, operation_id: str, lines: list[tuple[float, int]], amount: float) -> None:
    assert repr(_amount(world, operation_id, *lines)) == repr(amount)


@pytest.mark.parametrize("operation_id", CREATIONS)
@pytest.mark.parametrize(
    "lines", [[(999_999_999.99, 1), (0.01, 1)], [(500_000_000, 2)], [(999_999_999.99, 1_000_000)] * 100, [(10, 1_000_000)] * 100]
)
def test_a_sum_over_the_limit_is_refused_on_the_items(world: World, operation_id: str, lines: list[tuple[float, int]]) -> None:
    refusal = world.refusal(operation_id, BODIES[operation_id] | {"items": _lines(*lines)})
    assert refusal.keys() == {"items"}
    assert refusal["items"].endswith("which is more than the largest amount, 999,999,999.99")


def test_the_refusal_says_what_the_sum_would_be(world: World) -> None:
    refusal = world.refusal("createQuote", BODIES["createQuote"] | {"items": _lines((500_000_000, 2))})
    assert refusal["items"].startswith("Items add up to 1,000,000,000.00, ")


@pytest.mark.parametrize("operation_id", CREATIONS)
def test_an_amount_that_was_sent_is_ignored(world: World, operation_id: str) -> None:
    assert world.make(operation_id, amount=1)["amount"] == 1500.0


@settings(deadline=None)
@given(lines=SMALL_LINES)
def test_any_sum_is_that_of_whole_cents(lines: list[tuple[int, int]]) -> None:
    world = World()
    world.make("createCustomer")
    sent = [(float(Decimal(cents) / 100), qty) for cents, qty in lines]
    expected = sum(cents * qty for cents, qty in lines)
    assert _amount(world, "createInvoice", *sent) == expected / 100
    assert round(_amount(world, "createQuote", *sent) * 100) == expected


@settings(deadline=None)
@given(lines=LINES)
def test_a_sum_is_kept_exactly_where_it_can_be_written(lines: list[tuple[int, int]]) -> None:
    world = World()
    world.make("createCustomer")
    items = _lines(*((float(Decimal(cents) / 100), qty) for cents, qty in lines))
    expected = Decimal(sum(cents * qty for cents, qty in lines)) / 100
    if expected > LARGEST_AMOUNT:
        assert world.refusal("createQuote", BODIES["createQuote"] | {"items": items}).keys() == {"items"}
    else:
        assert Decimal(repr(world.make("createQuote", items=items)["amount"])) == expected
