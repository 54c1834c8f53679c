"""What belonged to nobody any more is in nobody's way: deleted workspaces, also those that were just being opened, and images."""

from pathlib import Path

import pytest

from sandbox.state.clock import ManualClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.documents import StoredDocument
from sandbox.state.image import Image
from sandbox.state.registry import Registry
from sandbox.state.workspace_loader import World
from sandbox.state.workspaces import Workspaces
from tests.state.conftest import PLAN, START

SEEDED = Image({"customers": {1: StoredDocument(id=1, account="Seeded")}}, {"id/customers": 1})


def begun(directory: Path, world: World = lambda scenario, seed: SEEDED if scenario == "demo" else Image()) -> tuple[Workspaces, Registry]:
    place, clock = DataDirectory(directory), ManualClock(START)
    registry = Registry(clock, bytes, DiskPersistence(place.server_journal, place.pool))
    return Workspaces(clock, PLAN, world, registry, place), registry


def test_a_workspace_deleted_while_it_is_opened_is_not_taken_for_its_namesake(tmp_path: Path) -> None:
    def deleted_meanwhile(scenario: str, seed: int) -> Image:
        if scenario == "demo":
            workspaces.delete("beta")
            workspaces.create("beta", "empty", 0)
        return SEEDED if scenario == "demo" else Image()

    workspaces, _ = begun(tmp_path, deleted_meanwhile)
    workspaces.create("beta", "demo", 0)
    found = workspaces.get("beta")
    assert (found.metadata.scenario, found.image().world()) == ("empty", Image())
    found.table("customers").insert({"account": "Ann"})
    workspaces.close()
    again, _ = begun(tmp_path)
    assert [one["account"] for one in again.get("beta").table("customers")] == ["Ann"]
    again.close()


def test_files_that_a_deletion_could_not_remove_are_not_the_next_namesakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    workspaces, registry = begun(tmp_path)
    workspaces.create("beta", "demo", 0)
    workspaces.get("beta")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refuse)
        patch.setattr("sandbox.state.workspace.Workspace.destroy", refuse)
        with pytest.raises(PermissionError):
            workspaces.delete("beta")
        with pytest.raises(PermissionError):
            workspaces.create("beta", "empty", 0)
        assert not registry.has("beta")
    workspaces.create("beta", "empty", 0)
    assert workspaces.get("beta").empty
    workspaces.get("beta").table("customers").insert({"account": "Ann"})
    workspaces.close()
    again, _ = begun(tmp_path)
    assert [one["account"] for one in again.get("beta").table("customers")] == ["Ann"]
    again.close()


def test_images_that_nobody_needs_any_more_leave_the_pool_while_the_server_runs(tmp_path: Path) -> None:
    workspaces, _ = begun(tmp_path)
    workspace = workspaces.get("default")
    for name in ("one", "two"):
        workspace.table("customers").insert({"account": name})
        workspace.snapshots.take(name, created_at=START)
    workspace.snapshots.delete("one")
    unfinished = tmp_path / "images" / "4711-1.new"
    unfinished.write_bytes(b"a world that is being written")
    workspaces.close_idle()
    assert {path.stem for path in (tmp_path / "images").glob("*.image")} == workspace.snapshots.digests()
    assert unfinished.exists()
    workspaces.close()
    begun(tmp_path)[0].close()
    assert not unfinished.exists()
