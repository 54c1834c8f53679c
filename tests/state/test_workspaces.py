"""All workspaces of a server: strangers to each other, opened when they are needed, closed when they are not."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import Invalid, Missing, StartError
from sandbox.state.clock import ManualClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.documents import StoredDocument
from sandbox.state.image import Image
from sandbox.state.journal import Journal, encoded
from sandbox.state.registry import Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import MOST_OPEN, Workspaces
from tests.state.conftest import PLAN, START

WORLD = Image({"customers": {1: StoredDocument(id=1, account="Seeded", email="s@example.com")}}, {"id/customers": 4})
Begin = Callable[..., Workspaces]


def nowhere(scenario: str, seed: int) -> Image:
    raise AssertionError(f"the world {scenario}/{seed} is not to be built again")


def world_of(scenario: str, seed: int) -> Image:
    return WORLD if scenario == "demo" else Image()


@pytest.fixture
def in_memory(clock: ManualClock) -> Workspaces:
    return Workspaces(clock, PLAN, world_of, Registry(clock, bytes), begins_with=("demo", 42))


@pytest.fixture
def on_disk(tmp_path: Path, clock: ManualClock) -> Begin:
    def begin(world: Callable[[str, int], Image] = world_of, **more: object) -> Workspaces:
        directory = DataDirectory(tmp_path)
        registry = Registry(clock, bytes, DiskPersistence(directory.server_journal, directory.pool))
        return Workspaces(clock, PLAN, world, registry, directory, begins_with=("demo", 42), **more)  # type: ignore[arg-type]

    return begin


def registry_of(workspaces: Workspaces) -> Registry:
    return workspaces._registry


def test_each_begins_with_its_world_and_they_are_strangers(in_memory: Workspaces) -> None:
    registry_of(in_memory).create_workspace("beta", "empty", 1)
    alpha, beta = in_memory.get("default"), in_memory.get("beta")
    assert in_memory.get("default") is alpha
    assert alpha.image().world() == WORLD
    assert (alpha.metadata.scenario, alpha.metadata.seed, beta.metadata.scenario, beta.metadata.seed) == ("demo", 42, "empty", 1)
    with beta.transaction() as tx:
        assert tx.insert("customers", {"account": "Ann"})["id"] == 1
    assert alpha.image().world() == WORLD
    assert alpha.recovered_bytes == 0
    alpha.change(offset=86_400_000_000)
    assert beta.clock.now() == START == alpha.clock.now() - timedelta(days=1)
    in_memory.close()


def test_one_that_is_not_registered_is_missing(in_memory: Workspaces) -> None:
    with pytest.raises(Missing, match="There is no workspace 'beta'"):
        in_memory.get("beta")
    with pytest.raises(Missing):
        in_memory.delete("beta")
    assert in_memory.opened("default") is None


def test_what_was_committed_is_there_after_the_next_start(on_disk: Begin) -> None:
    first = on_disk()
    workspace = first.get("default")
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Ann", "email": "ann@example.com"})
    first.close()
    first.close()
    second = on_disk(nowhere)
    assert second.get("default").image() == workspace.image()
    second.close()


def test_what_was_cut_off_a_journal_is_told(on_disk: Begin, tmp_path: Path) -> None:
    first = on_disk()
    first.get("default")
    first.close()
    with (tmp_path / "workspaces" / "default" / "journal").open("ab") as file:
        file.write(b"half")
    second = on_disk(nowhere)
    assert second.get("default").recovered_bytes == 4
    assert second.get("default").image().world() == WORLD
    second.close()


def test_a_workspace_of_an_older_server_begins_its_time_now(on_disk: Begin, tmp_path: Path) -> None:
    Journal.create(tmp_path / "default.journal", encoded(WORLD)).close()
    workspaces = on_disk(nowhere)
    workspace = workspaces.get("default")
    assert workspace.image().world() == WORLD
    assert (workspace.metadata.scenario, workspace.metadata.seed, workspace.metadata.since) == ("demo", 42, "2024-01-15T10:00:00Z")
    workspaces.close()


def test_damage_stops_the_one_workspace_and_no_other(on_disk: Begin, tmp_path: Path) -> None:
    first = on_disk()
    registry_of(first).create_workspace("beta")
    first.get("default")
    first.get("beta")
    first.close()
    (tmp_path / "workspaces" / "beta" / "journal").write_bytes(b"scribble")
    second = on_disk(nowhere)
    with pytest.raises(StartError, match=r"beta.journal is damaged at offset 0"):
        second.get("beta")
    assert second.get("default").image().world() == WORLD
    second.close()


def test_a_world_that_cannot_be_built_leaves_nothing(on_disk: Begin, tmp_path: Path) -> None:
    workspaces = on_disk(nowhere)
    with pytest.raises(AssertionError):
        workspaces.get("default")
    assert workspaces.all_opened() == []
    assert not (tmp_path / "workspaces" / "default").exists()
    workspaces.close()


def test_a_world_that_cannot_be_written_is_a_start_error(on_disk: Begin, tmp_path: Path) -> None:
    workspaces = on_disk()
    (tmp_path / "workspaces").write_text("in the way")
    with pytest.raises(StartError, match="The workspace default cannot be written"):
        workspaces.get("default")
    workspaces.close()


def test_what_fails_at_opening_closes_it_again(in_memory: Workspaces) -> None:
    def fail(workspace: Workspace) -> None:
        raise StartError("something")

    in_memory.on_open = fail
    with pytest.raises(StartError, match="something"):
        in_memory.get("default")
    assert in_memory.opened("default") is None


def test_many_threads_open_one_workspace_once(on_disk: Begin) -> None:
    built: list[str] = []
    gate = threading.Barrier(8)

    def slowly(scenario: str, seed: int) -> Image:
        built.append(scenario)
        return WORLD

    workspaces = on_disk(slowly)
    found: list[Workspace] = []

    def ask() -> None:
        gate.wait()
        found.append(workspaces.get("default"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == ["demo"]
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    workspaces.close()


def test_idle_ones_are_closed_and_open_again_as_they_were(on_disk: Begin) -> None:
    workspaces = on_disk()
    workspace = workspaces.get("default")
    workspace.table("customers").insert({"account": "Ann"})
    workspaces.close_idle()
    assert workspaces.opened("default") is workspace  # it was used since the last look, and is again
    workspaces.close_idle()
    with workspace.hold():
        workspaces.close_idle()
        assert workspaces.all_opened() == [workspace]
    workspaces.close_idle()
    assert workspaces.all_opened() == []
    again = workspaces.get("default")
    assert again is not workspace
    assert again.image() == workspace.image()
    workspaces.close()


def test_in_memory_none_is_closed_for_being_idle(in_memory: Workspaces) -> None:
    workspace = in_memory.get("default")
    for _ in range(3):
        in_memory.close_idle()
        in_memory.make_room()
    assert in_memory.all_opened() == [workspace]


def test_not_more_are_open_than_there_is_room_for(on_disk: Begin) -> None:
    workspaces = on_disk()
    for number in range(MOST_OPEN + 20):
        registry_of(workspaces).create_workspace(f"w{number}", "empty", 0)
        workspaces.get(f"w{number}").table("customers").insert({"account": str(number)})
        workspaces.make_room()
        assert len(workspaces.all_opened()) <= MOST_OPEN
    assert workspaces.opened("w0") is None
    assert [one["account"] for one in workspaces.get("w0").table("customers")] == ["0"]
    workspaces.close()


def test_a_deleted_workspace_leaves_nothing_for_its_next_namesake(on_disk: Begin, tmp_path: Path) -> None:
    workspaces = on_disk()
    registry_of(workspaces).create_workspace("beta", "empty", 0)
    workspaces.get("beta").table("customers").insert({"account": "Ann"})
    workspaces.get("beta").snapshots.take("one", created_at=START)
    workspaces.delete("beta")
    assert not (tmp_path / "workspaces" / "beta").exists()
    registry_of(workspaces).create_workspace("beta", "empty", 0)
    assert workspaces.get("beta").empty
    assert workspaces.get("beta").snapshots.all() == []
    # Also where the server ended between the two steps, or the workspace was not open.
    workspaces.close_idle()
    workspaces.close_idle()
    workspaces.delete("beta")
    assert not (tmp_path / "workspaces" / "beta").exists()
    with pytest.raises(Invalid):
        workspaces.delete("default")
    workspaces.close()


def test_what_a_killed_deletion_left_is_not_the_next_namesakes(on_disk: Begin) -> None:
    first = on_disk()
    registry_of(first).create_workspace("beta", "empty", 0)
    first.get("beta").table("customers").insert({"account": "Ann"})
    registry_of(first).delete_workspace("beta")  # and here it was killed
    first.close()
    second = on_disk()
    registry_of(second).create_workspace("beta", "empty", 0)
    assert second.get("beta").empty
    second.close()


def test_closed_workspaces_open_no_more(in_memory: Workspaces) -> None:
    in_memory.get("default")
    in_memory.close()
    with pytest.raises(RuntimeError, match="closed"):
        in_memory.get("default")
