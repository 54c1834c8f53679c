"""The registry of rules, and arithmetic with money."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain import ALL_RULES
from sandbox.domain.rules import LARGEST_AMOUNT, Document, Rules, Transaction, exact, money

CENTS = st.integers(min_value=-99_999_999_999, max_value=99_999_999_999)


@settings(deadline=None)
@given(cents=CENTS)
def test_money_comes_back_as_it_was_written(cents: int) -> None:
    amount = Decimal(cents) / 100
    assert exact(money(amount)) == amount


@settings(deadline=None)
@given(cents=st.lists(CENTS, max_size=50))
def test_sums_of_exact_amounts_are_those_of_whole_cents(cents: list[int]) -> None:
    total = sum((exact(float(Decimal(one) / 100)) for one in cents), Decimal(0))
    assert total * 100 == sum(cents)


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", 0.01), ("0.004", 0.0), ("-0.005", -0.01), ("1.995", 2.0), ("999999999.99", 999_999_999.99)]
)
def test_money_is_rounded_half_up_to_the_cent(amount: str, rounded: float) -> None:
    assert money(Decimal(amount)) == rounded


def test_a_whole_number_is_as_exact_as_one_with_cents() -> None:
    assert (exact(5), exact(0.1) * 3, exact(float(LARGEST_AMOUNT))) == (Decimal(5), Decimal("0.3"), LARGEST_AMOUNT)


def test_rules_for_several_resources_hold_for_each() -> None:
    rules = Rules("invoices", "quotes")

    @rules.must("items", "amount")
    def nothing_is_wrong(document: Document, tx: Transaction) -> str | None:
        return None

    assert [(rule.kind, rule.resource, rule.needs, rule.target) for rule in rules.registered] == [
        ("must", "invoices", ("items", "amount"), "items"),
        ("must", "quotes", ("items", "amount"), "items"),
    ]
    assert nothing_is_wrong({}, None) is None  # type: ignore[arg-type]


def test_every_rule_says_in_its_name_what_it_does() -> None:
    names = [rule.function.__name__ for rules in ALL_RULES for rule in rules.registered]
    assert all("_" in name and name.islower() for name in names)
