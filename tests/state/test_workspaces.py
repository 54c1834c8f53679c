"""A commit is in the journal before it is in memory, and what was committed is there after the next start."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.errors import StartError
from sandbox.state.clock import ManualClock, OffsetClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.journal import Journal
from sandbox.state.values import Image, Stored
from sandbox.state.workspaces import Workspace, Workspaces
from tests.state.conftest import PLAN, START

WORLD = Image({"customers": {1: Stored(id=1, account="Seeded", email="s@example.com")}}, {"id/customers": 4})


def nowhere(name: str) -> Image:
    raise AssertionError(f"the world of {name} is not to be built again")


@pytest.fixture
def opened(tmp_path: Path, clock: ManualClock) -> Callable[[Callable[[str], Image]], Workspaces]:
    return lambda world: Workspaces(clock, PLAN, world, DataDirectory(tmp_path))


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "alpha.journal"


@pytest.fixture
def kept(journal_path: Path, clock: ManualClock) -> Workspace:
    journal, image = Journal.open(journal_path)
    return Workspace("alpha", clock, PLAN, journal, image)


def work_on(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Bob"})
        tx.remove("customers", 1)
        tx.next_number("anything")


def test_a_new_workspace_is_empty_until_something_is_written(workspace: Workspace) -> None:
    assert workspace.empty
    with workspace.transaction() as tx:
        tx.next_number("anything")
    assert not workspace.empty


def test_a_workspace_has_a_clock_of_its_own(workspace: Workspace, clock: ManualClock) -> None:
    workspace.clock.advance(timedelta(days=10))
    assert clock.now() == START
    with workspace.transaction() as tx:
        assert tx.now == START + timedelta(days=10)
    given = OffsetClock(clock)
    assert Workspace("beta", given, PLAN).clock is given


def test_there_is_one_transaction_at_a_time(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
        with pytest.raises(RuntimeError, match="there can be only one"):
            workspace.transaction().__enter__()
        with pytest.raises(RuntimeError, match="there can be only one"):
            workspace.install(Image())
        with pytest.raises(RuntimeError, match="there can be only one"):
            workspace.table("customers").insert({"account": "Bob"})
        assert tx.count("customers") == 1
    assert [document["account"] for document in workspace.table("customers")] == ["Ann"]


def test_a_transaction_without_writes_writes_no_frame(kept: Workspace, journal_path: Path) -> None:
    before = journal_path.read_bytes()
    with kept.transaction() as tx:
        tx.count("customers")
    assert journal_path.read_bytes() == before
    kept.close()


def test_a_failed_append_leaves_the_state_as_before(kept: Workspace, journal_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
    before, on_disk = kept.image(), journal_path.read_bytes()

    def full(_: bytes) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch:
        assert kept._journal is not None
        patch.setattr(kept._journal, "append", full)
        with pytest.raises(OSError, match="no space"):
            work_on(kept)
    assert (kept.image(), journal_path.read_bytes()) == (before, on_disk)
    with kept.transaction() as tx:
        assert tx.insert("customers", {"account": "Bob"})["id"] == 2
    kept.close()


def test_a_value_that_json_lacks_fails_the_commit_and_changes_nothing(kept: Workspace) -> None:
    with pytest.raises(TypeError), kept.transaction() as tx:
        tx.insert("customers", {"account": object()})
    assert kept.empty
    kept.close()


def test_an_image_does_not_change_with_the_workspace(workspace: Workspace) -> None:
    workspace.install(WORLD)
    image = workspace.image()
    before = deepcopy((image.tables, image.counters))
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
        tx.remove("customers", 1)
    workspace.table("customers").truncate()
    assert (image.tables, image.counters) == before
    assert WORLD.tables["customers"][1] is image.tables["customers"][1]


def test_installing_replaces_documents_counters_and_indexes(kept: Workspace, journal_path: Path) -> None:
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann", "email": "ann@example.com"})
        tx.insert("invoices", {"customer_id": 1})
        tx.next_number("invoice_number/2024")
    kept.install(WORLD)
    assert kept.image() == WORLD
    with kept.transaction() as tx:
        assert tx.find("customers", "email", "ann@example.com") == []
        assert tx.find("customers", "email", "S@EXAMPLE.COM") == [WORLD.tables["customers"][1]]
        assert tx.next_number("invoice_number/2024") == 1
        assert tx.insert("customers", {})["id"] == 5
    kept.close()
    journal, image = Journal.open(journal_path)
    journal.close()
    assert image == kept.image()


def test_a_failed_install_changes_nothing(kept: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Image) -> None:
        raise OSError("no space")

    assert kept._journal is not None
    monkeypatch.setattr(kept._journal, "rewrite", full)
    with pytest.raises(OSError, match="no space"):
        kept.install(WORLD)
    assert kept.empty
    kept.close()


def test_workspaces_in_memory_begin_with_their_world_and_are_strangers(clock: ManualClock) -> None:
    workspaces = Workspaces(clock, PLAN, lambda name: WORLD if name == "alpha" else Image())
    alpha, beta = workspaces.get("alpha"), workspaces.get("beta")
    assert workspaces.get("alpha") is alpha
    assert alpha.image() == WORLD
    with beta.transaction() as tx:
        assert tx.insert("customers", {"account": "Ann"})["id"] == 1
    assert alpha.image() == WORLD
    assert alpha.recovered_bytes == 0
    alpha.clock.advance(timedelta(days=1))
    assert beta.clock.now() == START
    workspaces.close()


def test_what_was_committed_is_there_after_the_next_start(
    opened: Callable[[Callable[[str], Image]], Workspaces],
) -> None:
    workspaces = opened(lambda _: WORLD)
    alpha = workspaces.get("alpha")
    with alpha.transaction() as tx:
        tx.insert("customers", {"account": "Ann", "email": "ann@example.com"})
        tx.next_number("invoice_number/2024")
    alpha.table("customers").insert({"account": "Direct"})
    alpha.table("customers").remove(doc_ids=[6])
    workspaces.close()
    workspaces.close()

    again = opened(nowhere)
    assert again.get("alpha").image() == alpha.image()
    with again.get("alpha").transaction() as tx:
        assert [document["id"] for document in tx.find("customers", "email", "ANN@example.com")] == [5]
        assert tx.insert("customers", {})["id"] == 7
        assert tx.next_number("invoice_number/2024") == 2
    again.close()


def test_a_world_emptied_on_purpose_stays_empty_after_the_next_start(
    opened: Callable[[Callable[[str], Image]], Workspaces],
) -> None:
    workspaces = opened(lambda _: WORLD)
    workspaces.get("alpha").install(Image())
    workspaces.close()
    again = opened(nowhere)
    assert again.get("alpha").empty
    again.close()


def test_what_was_cut_off_a_journal_is_told(opened: Callable[[Callable[[str], Image]], Workspaces], journal_path: Path) -> None:
    workspaces = opened(lambda _: WORLD)
    workspaces.get("alpha")
    workspaces.close()
    with journal_path.open("ab") as file:
        file.write(b"half")
    again = opened(nowhere)
    assert again.get("alpha").recovered_bytes == 4
    assert again.get("alpha").image() == WORLD
    again.close()


def test_a_world_that_cannot_be_written_stops_the_start(opened: Callable[[Callable[[str], Image]], Workspaces], journal_path: Path) -> None:
    journal_path.with_name("alpha.journal.new").mkdir()
    workspaces = opened(lambda _: WORLD)
    with pytest.raises(StartError, match="cannot be written: Is a directory"):
        workspaces.get("alpha")
    workspaces.close()


def test_a_world_that_cannot_be_built_leaves_no_journal(opened: Callable[[Callable[[str], Image]], Workspaces], journal_path: Path) -> None:
    workspaces = opened(nowhere)
    with pytest.raises(AssertionError):
        workspaces.get("alpha")
    assert not journal_path.exists()
    workspaces.close()


def test_closed_workspaces_open_no_more(clock: ManualClock) -> None:
    workspaces = Workspaces(clock, PLAN, lambda _: WORLD)
    workspaces.get("alpha")
    workspaces.close()
    with pytest.raises(RuntimeError, match="closed"):
        workspaces.get("alpha")
