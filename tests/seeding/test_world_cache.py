"""The cache of worlds: found under what they are made of, never damaged, never in the way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from openapi.contract import Contract
from sandbox.seeding import fixture_files, world_cache
from sandbox.seeding.world_cache import WorldCache, key_of
from sandbox.state.image import Image
from sandbox.state.image_file import write_image
from tests.seeding.conftest import Edit

WORLD = Image({"customers": {1: {"id": 1, "account": "Acme"}}}, {"id/customers": 1})
OTHER = Image({"customers": {1: {"id": 1, "account": "Other"}}}, {"id/customers": 1})


def kept(cache: WorldCache, key: str, world: Image = WORLD) -> None:
    with cache.room() as room:
        digest = write_image(room / "world.image", world)
        cache.keep(key, room / "world.image", digest)


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_what_is_kept_is_found_under_its_key_alone(tmp_path: Path) -> None:
    cache = WorldCache(tmp_path / "deep" / "cache")
    assert cache.find("one") is None
    kept(cache, "one")
    assert cache.find("one") == WORLD
    assert cache.find("on") is None
    assert cache.find("two") is None


def test_nobody_else_can_look_into_the_directory(tmp_path: Path) -> None:
    directory = tmp_path / "cache"
    directory.mkdir(mode=0o777)
    kept(WorldCache(directory), "one")
    assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: data.replace(b"Acme", b"Emca"), lambda data: b"", lambda data: data + b"more", lambda data: b"foreign"],
)
def test_a_damaged_file_is_as_good_as_none_and_goes(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    cache = WorldCache(tmp_path)
    kept(cache, "one")
    (path,) = tmp_path.glob("*.image")
    path.write_bytes(damage(path.read_bytes()))
    assert cache.find("one") is None
    assert not path.exists()


def test_another_world_under_the_name_of_one_is_as_good_as_none(tmp_path: Path) -> None:
    cache = WorldCache(tmp_path)
    kept(cache, "one")
    (path,) = tmp_path.glob("*.image")
    write_image(path, OTHER)
    assert cache.find("one") is None
    kept(cache, "one")
    assert cache.find("one") == WORLD


def test_what_was_not_asked_for_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_cache, "_MOST", 2)
    cache = WorldCache(tmp_path)
    for age, key in ((300, "one"), (200, "two")):
        kept(cache, key)
        (path,) = tmp_path.glob(f"{key}-*.image")
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert cache.find("one") is not None
    kept(cache, "three")
    assert {name.split("-")[0] for name in names(tmp_path)} == {"one", "three", "lock"}


def test_a_room_is_gone_afterwards_whatever_happened_in_it(tmp_path: Path) -> None:
    cache = WorldCache(tmp_path)

    def fail_halfway() -> None:
        with cache.room() as room:
            assert room.parent == tmp_path
            (room / "world.image").write_bytes(b"half a world")
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert names(tmp_path) == {"lock"}


def test_what_a_killed_server_left_is_swept_and_what_is_being_built_is_not(tmp_path: Path) -> None:
    (tmp_path / "building-left").mkdir()
    (tmp_path / "building-left" / "world.image").write_bytes(b"half a world")
    cache = WorldCache(tmp_path)
    with cache.room() as first:
        assert not (tmp_path / "building-left").exists()
        with WorldCache(tmp_path).room() as second:
            assert first != second
            assert first.exists()


def test_where_nothing_can_be_written_worlds_are_built_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file in the place of the directory")
    cache = WorldCache(tmp_path / "cache")
    kept(cache, "one")
    with cache.room() as room:
        assert room.is_dir()
        assert room.parent != tmp_path
    assert cache.find("one") is None
    assert names(tmp_path) == {"cache"}


@pytest.fixture
def own_fixtures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "fixtures"
    shutil.copytree(fixture_files.folder(), place)
    monkeypatch.setattr(fixture_files, "folder", lambda: place)
    return place


def test_the_key_is_the_same_for_the_same(contract: Contract) -> None:
    assert key_of(contract, "demo", 42) == key_of(contract, "demo", 42)


def test_whatever_a_world_is_made_of_is_in_its_key(
    contract: Contract, edited: Callable[[Edit], Contract], own_fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [key_of(contract, "demo", 42), key_of(contract, "demo", 43), key_of(contract, "empty", 42)]
    keys.append(key_of(edited(lambda document: document["paths"].pop("/tickets")), "demo", 42))
    for name in ("recipes.yaml", "scenarios/demo.yaml"):
        with (own_fixtures / name).open("a", encoding="utf-8") as file:
            file.write("\n# changed\n")
        keys.append(key_of(contract, "demo", 42))
    monkeypatch.setattr(world_cache, "_faker", lambda: b"99.0")
    keys.append(key_of(contract, "demo", 42))
    monkeypatch.setattr("sandbox.__version__", "99.0")
    keys.append(key_of(contract, "demo", 42))
    monkeypatch.setattr(world_cache, "_MADE_BY", ("domain",))
    keys.append(key_of(contract, "demo", 42))
    assert len(set(keys)) == len(keys)


def test_another_scenario_s_file_is_not_in_it(contract: Contract, own_fixtures: Path) -> None:
    before = key_of(contract, "demo", 42)
    (own_fixtures / "scenarios" / "busy.yaml").unlink()
    assert key_of(contract, "demo", 42) == before
