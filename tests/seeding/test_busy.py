"""The world `busy`: as large as it is promised, and of one kind with its reduced form, which the other tests look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from openapi.contract import Contract
from sandbox.seeding.fixture_files import scenario
from sandbox.state.image import Image
from tests.seeding.conftest import reduced, seeder_for


def test_it_is_as_large_as_it_is_promised() -> None:
    busy = scenario("busy")
    assert {name: group.count for name, group in busy.collections.items()} == {
        "users": 60,
        "customers": 10_000,
        "products": 140,
        "invoices": 50_000,
        "quotes": 3_000,
        "transactions": 4_000,
        "tickets": 2_000,
        "leads": 2_000,
        "webhooks": 0,
    }
    assert busy.payments is not None
    assert (busy.payments.in_full, busy.payments.in_part) == (15_000, 1_500)
    assert busy.size == 71_200 + 16_500


def test_a_quarter_of_what_is_paid_in_full_is_paid_in_two_parts(worlds: Mapping[str, Image]) -> None:
    payments = Counter(one["description"] for one in worlds["busy"].tables["transactions"].values() if one["type"] == "Income")
    assert len(payments) == 165
    assert 20 < sum(times == 2 for times in payments.values()) < 60


@pytest.mark.parametrize("share", [0.002, 0.005])
def test_progress_is_told_and_ends_with_the_whole(contract: Contract, share: float) -> None:
    told: list[tuple[int, int]] = []
    seeder_for(contract).build_scenario(reduced(scenario("busy"), share), 1, lambda made, altogether: told.append((made, altogether)))
    (altogether,) = {whole for _, whole in told}
    assert altogether == sum(group.count for group in reduced(scenario("busy"), share).collections.values())
    assert [made for made, _ in told] == [*range(250, altogether, 250), altogether]


def test_large_worlds_have_as_many_of_a_collection_as_their_parts_say(contract: Contract) -> None:
    small, larger = (seeder_for(contract).build_scenario(reduced(scenario("busy"), share), 3) for share in (0.002, 0.004))
    assert {name: 2 * len(table) for name, table in small.tables.items() if name in ("customers", "invoices", "tickets", "leads")} == {
        name: len(table) for name, table in larger.tables.items() if name in ("customers", "invoices", "tickets", "leads")
    }
