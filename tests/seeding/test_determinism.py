"""One scenario and one seed give the same bytes, in any process and for any contract that has the same collection."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from openapi.contract import Contract
from sandbox.state.image import Image
from tests.seeding.conftest import seeder_for

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, orjson
from openapi.reader import load_contract
from sandbox.domain import ALL_RULES
from sandbox.engine import bind, index_plan
from sandbox.seeding.seeder import Seeder
contract = load_contract()
world = Seeder(contract, bind(contract, ALL_RULES, lenient=False), index_plan(contract)).build("demo", 42)
sys.stdout.buffer.write(orjson.dumps([world.tables, world.counters], option=orjson.OPT_NON_STR_KEYS))
"""


def as_bytes(world: Image) -> bytes:
    return orjson.dumps([world.tables, world.counters], option=orjson.OPT_NON_STR_KEYS)


def in_another_process(hash_seed: str, zone: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "TZ": zone}
    return subprocess.run([sys.executable, "-c", PROGRAM], env=environment, cwd=ROOT, check=True, capture_output=True).stdout


def test_two_processes_build_the_same_bytes(demo: Image) -> None:
    assert in_another_process("1", "UTC") == in_another_process("2", "Pacific/Auckland") == as_bytes(demo)


@pytest.mark.parametrize(
    ("scenario", "seed", "digest"),
    [
        ("demo", 42, "cd3560807d65cc7dc66583d6cb91c9d0"),
        ("demo", 7, "b36d011f24d53238da2f4bd48a53730b"),
        ("empty", 42, "4537ac7d3ecbb8312c8b5e63dd81254f"),
    ],
)
def test_a_world_is_what_it_was_when_integrators_began_to_rely_on_it(contract: Contract, scenario: str, seed: int, digest: str) -> None:
    """Whoever changes these bytes on purpose writes their new digest here, and a line in the changelog."""
    assert hashlib.blake2b(as_bytes(seeder_for(contract).build(scenario, seed)), digest_size=16).hexdigest() == digest


def test_a_seeder_builds_the_same_world_twice(contract: Contract) -> None:
    seeder = seeder_for(contract)
    assert as_bytes(seeder.build("demo", 7)) == as_bytes(seeder.build("demo", 7))


def test_another_seed_gives_another_world_of_the_same_size(contract: Contract, demo: Image) -> None:
    other = seeder_for(contract).build("demo", 43)
    sizes = {name: len(table) for name, table in other.tables.items() if name != "transactions"}
    assert sizes == {name: len(table) for name, table in demo.tables.items() if name != "transactions"}
    assert other.tables["customers"][2] != demo.tables["customers"][2]


@pytest.mark.parametrize("seed", range(1, 7))
def test_whatever_the_seed_the_statuses_are_all_there(contract: Contract, seed: int) -> None:
    world = seeder_for(contract).build("demo", seed)
    assert {one["status"] for one in world.tables["invoices"].values()} == {"Paid", "Unpaid", "Partially Paid"}
    assert {one["status"] for one in world.tables["tickets"].values()} == {"Open", "Closed", "Pending"}
    assert len(world.tables["transactions"]) > 60


def test_an_empty_world_is_empty_and_needs_no_faker() -> None:
    program = PROGRAM.replace('"demo"', '"empty"') + "assert not [name for name in sys.modules if name.startswith('faker')]\n"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    assert answer.stdout == b"[{},{}]"
