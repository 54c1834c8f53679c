"""Many at once: workspaces that are written to by many clients together, and many workspaces on one server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from benchmarks.workspaces import Population, populated
from sandbox.state.workspaces import MOST_OPEN
from tests.asgi import ADMINISTRATOR, OTHER
from tests.crash.client import Wire
from tests.crash.writers import Found, Numbers, Writer, compare
from tests.servers import Running, running

CLIENTS = 16
REQUESTS = 50
WORKSPACES = 200
MOST_MB = 250
FILES_OF_THE_SERVER = 10
KEYS = {"default": ADMINISTRATOR, "other": OTHER}


@pytest.fixture(params=["memory", "disk"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A server of two empty workspaces, in which nothing is ever too much."""
    options = ["--data-dir", str(tmp_path / "data")] if request.param == "disk" else []
    with running(tmp_path, "--scenario", "empty", "--rate-limit", "100000000/3600", *options) as one:
        yield one


def test_each_of_two_workspaces_sees_exactly_its_own_writes_under_sixteen_clients(empty: Running) -> None:
    numbers = {name: Numbers() for name in KEYS}
    writers = {name: [Writer(f"{name} {place}", place, numbers[name]) for place in range(CLIENTS // 2)] for name in KEYS}
    never = Event()
    with ThreadPoolExecutor(CLIENTS) as pool:
        work = [pool.submit(writer.write, empty.address, KEYS[name], never, REQUESTS) for name in KEYS for writer in writers[name]]
    for one in work:
        one.result()
    for name, key in KEYS.items():
        assert {writer.acknowledged for writer in writers[name]} == {REQUESTS}
        wire = Wire(empty.address, key)
        try:
            found = Found.by(wire)
        finally:
            wire.close()
        compare(writers[name], found)
        assert len(found.customers) > CLIENTS
        for kind, table in (("customers", found.customers), ("invoices", found.invoices)):
            given = numbers[name].given(kind)
            assert given == set(range(1, len(given) + 1)), f"{kind} of {name} have gaps, so another's writes were counted here"
            assert given >= table.keys()


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    return populated(tmp_path_factory.mktemp("many"), WORKSPACES, lambda what: None)


def test_a_workspace_that_is_not_used_costs_next_to_nothing(population: Population) -> None:
    """Of the 250 MB for a thousand, of which twenty are in use, this is a fifth: what is not idle already must be a fifth too."""
    room = (MOST_MB - population.idle_mb) * WORKSPACES / 1000
    assert population.idle_mb < MOST_MB / 2
    assert population.created_mb - population.idle_mb < 0.01 * WORKSPACES
    assert population.in_use_mb - population.idle_mb < room / 2
    assert population.touched_mb - population.idle_mb < room


def test_workspaces_are_closed_again_where_many_are_opened(population: Population) -> None:
    assert WORKSPACES > MOST_OPEN
    assert population.open_files <= MOST_OPEN + FILES_OF_THE_SERVER
