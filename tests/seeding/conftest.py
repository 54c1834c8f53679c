"""What the tests of the seeding share: the contract, variants of it, and the worlds of all scenarios with seed 42."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openapi.contract import FILE, Contract
from openapi.document import read_document
from openapi.reader import load_contract
from sandbox.domain import ALL_RULES
from sandbox.engine import bind, index_plan
from sandbox.seeding.fixture_files import Scenario, scenario
from sandbox.seeding.seeder import Seeder
from sandbox.state.image import Image

Edit = Callable[[dict[str, Any]], None]


def seeder_for(contract: Contract) -> Seeder:
    return Seeder(contract, bind(contract, ALL_RULES, lenient=True), index_plan(contract))


def reduced(whole: Scenario, share: float) -> Scenario:
    """The same story with a share of its objects: a large world is like its small one, only larger."""

    def fewer(count: int) -> int:
        return int(count * share)

    groups = {
        name: replace(
            group,
            count=max(fewer(group.count), min(group.count, 2)),
            becomes={field: {value: fewer(times) for value, times in values.items()} for field, values in group.becomes.items()},
        )
        for name, group in whole.collections.items()
    }
    payments = whole.payments and replace(whole.payments, in_full=fewer(whole.payments.in_full), in_part=fewer(whole.payments.in_part))
    return replace(whole, collections=groups, payments=payments)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture(scope="session")
def demo(contract: Contract) -> Image:
    return seeder_for(contract).build("demo", 42)


@pytest.fixture(scope="session")
def told() -> Mapping[str, Scenario]:
    """The scenarios as they are told in the tests: `busy` is cut down to a hundredth."""
    busy = reduced(scenario("busy"), 0.01)
    return {"busy": busy, **{name: scenario(name) for name in ("demo", "overdue", "nasty")}}


@pytest.fixture(scope="session")
def worlds(contract: Contract, told: Mapping[str, Scenario]) -> Mapping[str, Image]:
    return {name: seeder_for(contract).build_scenario(one, 42) for name, one in told.items()}


@pytest.fixture(scope="session")
def written() -> str:
    """The contract's document as JSON, of which each test edits a copy of its own."""
    return json.dumps(read_document(FILE))


@pytest.fixture
def edited(tmp_path: Path, written: str) -> Callable[[Edit], Contract]:
    """The contract after a spec author's edit of its document."""

    def edit_and_load(edit: Edit) -> Contract:
        document = json.loads(written)
        edit(document)
        path = tmp_path / "edited.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return load_contract(path)

    return edit_and_load


@pytest.fixture
def world_of(edited: Callable[[Edit], Contract]) -> Callable[[Edit], Image]:
    """The world `demo` as it is built for an edited contract."""
    return lambda edit: seeder_for(edited(edit)).build("demo", 42)
