"""Worlds are built once, shared, remembered, and kept on disk; large ones by a process of their own, whose end is a clear error."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from openapi.contract import Contract
from sandbox.errors import StartError
from sandbox.progress import Progress
from sandbox.seeding import world_loader as module
from sandbox.seeding.fixture_files import Scenario
from sandbox.seeding.seeder import Seeder
from sandbox.seeding.world_loader import WorldLoader
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from tests.seeding.conftest import seeder_for
from tests.seeding.test_determinism import as_bytes

PATIENCE = 60  # seconds, after which a test that waits for another thread has failed


class CountingSeeder:
    """Builds worlds of nothing, and counts them; `work` is done in each."""

    plan: Mapping[str, IndexPlan] = {}

    def __init__(self, contract: Contract, work: Callable[[Progress], None] = lambda progress: None) -> None:
        self.contract = contract
        self.built: list[tuple[str, int]] = []
        self._work = work

    def build_scenario(self, scenario: Scenario, seed: int, progress: Progress) -> Image:
        self.built.append((scenario.name, seed))
        self._work(progress)
        return Image()


@pytest.fixture
def seeder(contract: Contract) -> Seeder:
    return seeder_for(contract)


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small scenario takes the road of a large one."""
    monkeypatch.setattr(module, "_LARGE", -1)


def worlds_of(seeder: Any, cache: Path | None = None, spec: Path | None = None) -> WorldLoader:
    return WorldLoader(spec and spec.read_bytes(), seeder, cache)


def images_in(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.image"))


def test_a_world_is_built_once_and_shared(contract: Contract) -> None:
    counting = CountingSeeder(contract)
    worlds = worlds_of(counting)
    assert worlds.get("demo", 1) is worlds.get("demo", 1)
    assert worlds.get("demo", 2) is not worlds.get("demo", 1)
    assert worlds.get("empty", 1) is not worlds.get("demo", 1)
    assert counting.built == [("demo", 1), ("demo", 2), ("empty", 1)]


def test_it_is_handed_out_with_its_indexes(seeder: Seeder, demo: Image) -> None:
    image = worlds_of(seeder).get("demo", 42)
    assert as_bytes(image) == as_bytes(demo)
    assert image.rows is not None
    assert list(image.rows["invoices"].index("customer_id").ids(1)) == [
        one["id"] for one in image.tables["invoices"].values() if one["customer_id"] == 1
    ]


def test_what_was_not_asked_for_longest_is_forgotten_first(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SMALL", 2)
    counting = CountingSeeder(contract)
    worlds = worlds_of(counting)
    for seed in (1, 2, 1, 3, 1, 2):
        worlds.get("empty", seed)
    assert [seed for _, seed in counting.built] == [1, 2, 3, 2]


def test_two_who_ask_at_once_get_one_world(contract: Contract) -> None:
    begun, go_on = Event(), Event()

    def work(progress: Progress) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    counting = CountingSeeder(contract, work)
    worlds = worlds_of(counting)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(worlds.get, "empty", 1)
        assert begun.wait(PATIENCE)
        others = [pool.submit(worlds.get, "empty", 1) for _ in range(3)]
        go_on.set()
        assert {id(one.result(PATIENCE)) for one in (first, *others)} == {id(first.result())}
    assert len(counting.built) == 1


def test_whoever_asks_later_is_told_of_the_progress_too(contract: Contract) -> None:
    told = Event()
    with ThreadPoolExecutor(2) as pool:

        def work(progress: Progress) -> None:
            pool.submit(worlds.get, "empty", 1, lambda made, altogether: told.set())
            for _ in range(PATIENCE * 100):
                progress(1, 2)
                if told.wait(0.01):
                    return

        worlds = worlds_of(CountingSeeder(contract, work))
        worlds.get("empty", 1)
    assert told.is_set()


def test_a_failure_reaches_everyone_who_waits_and_the_next_one_tries_again(contract: Contract) -> None:
    begun, go_on = Event(), Event()

    def work(progress: Progress) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        if len(counting.built) == 1:
            raise StartError("this world cannot be")

    counting = CountingSeeder(contract, work)
    worlds = worlds_of(counting)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(worlds.get, "empty", 1)
        assert begun.wait(PATIENCE)
        go_on.set()
        with pytest.raises(StartError, match="this world cannot be"):
            waiting.result(PATIENCE)
    assert worlds.get("empty", 1) == Image()
    assert len(counting.built) == 2


@pytest.mark.parametrize("name", ["dmeo", "../recipes", ""])
def test_an_unknown_scenario_is_refused_before_anything_is_built(contract: Contract, name: str) -> None:
    counting = CountingSeeder(contract)
    worlds = worlds_of(counting)
    for ask in (lambda: worlds.known(name), lambda: worlds.get(name, 1)):
        with pytest.raises(StartError, match="There is no scenario"):
            ask()
    worlds.known("busy")
    assert counting.built == []


@pytest.mark.usefixtures("everything_is_large")
def test_a_process_of_its_own_builds_the_same_bytes_and_they_are_kept(seeder: Seeder, demo: Image, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    told: list[tuple[int, int]] = []
    built = worlds_of(seeder, cache).get("demo", 42, lambda made, altogether: told.append((made, altogether)))
    assert as_bytes(built) == as_bytes(demo)
    assert built.rows is not None
    assert told == [(223, 223)]
    assert len(images_in(cache)) == 1
    assert cache.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in cache.iterdir()} == {"lock", images_in(cache)[0].name}


@pytest.mark.usefixtures("everything_is_large")
def test_what_is_on_disk_is_not_built_again_unless_it_is_damaged(seeder: Seeder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = worlds_of(seeder, tmp_path).get("empty", 1)
    (path,) = images_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(module, "BuildProcess", None)
        again = worlds_of(seeder, tmp_path).get("empty", 1)
        assert again == first
        assert again is not first
    sound = path.read_bytes()
    path.write_bytes(sound[:-5] + b"xxxxx")
    assert worlds_of(seeder, tmp_path).get("empty", 1) == first
    assert path.read_bytes() == sound


def test_a_small_world_is_kept_too_and_built_again_where_it_is_damaged(seeder: Seeder, contract: Contract, demo: Image, tmp_path: Path) -> None:
    assert as_bytes(worlds_of(seeder, tmp_path).get("demo", 42)) == as_bytes(demo)
    counting = CountingSeeder(contract)
    again = worlds_of(counting, tmp_path).get("demo", 42)
    assert as_bytes(again) == as_bytes(demo)
    assert again.rows is not None
    assert counting.built == []
    (path,) = images_in(tmp_path / "small")
    path.write_bytes(path.read_bytes()[:-5] + b"xxxxx")
    worlds_of(counting, tmp_path).get("demo", 42)
    assert counting.built == [("demo", 42)]


@pytest.mark.usefixtures("everything_is_large")
def test_without_a_cache_nothing_is_kept(seeder: Seeder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worlds = worlds_of(seeder)
    assert worlds.get("empty", 1) is worlds.get("empty", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("everything_is_large")
def test_the_process_reads_the_contract_that_was_given(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(written)
    del document["paths"]["/tickets"]
    (tmp_path / "mine.json").write_text(json.dumps(document), encoding="utf-8")
    from openapi.reader import load_contract

    monkeypatch.chdir(tmp_path)
    spec = Path("mine.json")
    seeder = seeder_for(load_contract(spec))
    assert as_bytes(worlds_of(seeder, tmp_path / "cache", spec).get("demo", 42)) == as_bytes(seeder.build("demo", 42))


@pytest.mark.usefixtures("everything_is_large")
def test_what_the_process_says_at_its_end_is_the_error(written: str, contract: Contract, tmp_path: Path) -> None:
    document = json.loads(written)
    document["components"]["schemas"]["InvoiceInput"]["properties"]["amount"]["maximum"] = 1
    spec = tmp_path / "narrow.json"
    spec.write_text(json.dumps(document), encoding="utf-8")
    worlds = worlds_of(seeder_for(contract), tmp_path / "cache", spec)
    with pytest.raises(StartError, match=r"^The world demo could not be built: the scenario demo makes an object of invoices whose amount"):
        worlds.get("demo", 42)
    assert images_in(tmp_path / "cache") == []


def test_a_world_whose_server_ends_is_given_up_and_leaves_nothing(seeder: Seeder, tmp_path: Path) -> None:
    worlds = worlds_of(seeder, tmp_path)
    with pytest.raises(StartError, match=r"^The world busy could not be built: its process was ended by SIGKILL$"):
        worlds.get("busy", 1, lambda made, altogether: worlds.close())
    assert os.listdir(tmp_path) == ["lock"]
    with pytest.raises(StartError, match="the server ends"):
        worlds.get("busy", 1)


def test_a_listener_that_fails_ends_the_process(seeder: Seeder, tmp_path: Path) -> None:
    def interrupted(made: int, altogether: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worlds_of(seeder, tmp_path).get("busy", 1, interrupted)
    assert os.listdir(tmp_path) == ["lock"]
