"""A commit is kept before it is in memory, what was committed is there after the next start, and nothing is ever half there."""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.state.clock import ManualClock, OffsetClock
from sandbox.state.documents import StoredDocument
from sandbox.state.image import Image
from sandbox.state.persistence import Persistence
from sandbox.state.workspace import Workspace
from tests.state.conftest import PLAN, START

NOW = datetime(2025, 7, 1, tzinfo=UTC)
WORLD = Image({"customers": {1: StoredDocument(id=1, account="Seeded", email="s@example.com")}}, {"id/customers": 4})


def work_on(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Bob"})
        tx.remove("customers", 1)
        tx.next_number("anything")


def refuse(*_: object) -> None:
    raise OSError("no space")


def test_a_new_workspace_is_empty_until_something_is_written(kept: Workspace) -> None:
    assert kept.empty
    with kept.transaction() as tx:
        tx.next_number("anything")
    assert not kept.empty


def test_a_workspace_has_a_clock_of_its_own(workspace: Workspace, clock: ManualClock) -> None:
    workspace.clock.advance(timedelta(days=10))
    assert clock.now() == START
    with workspace.transaction() as tx:
        assert tx.now == START + timedelta(days=10)
    given = OffsetClock(clock)
    assert Workspace("beta", given, PLAN).clock is given


def test_there_is_one_transaction_at_a_time(kept: Workspace) -> None:
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
        for attempt in (
            lambda: kept.transaction().__enter__(),
            lambda: kept.restore(Image()),
            lambda: kept.reset(Image()),
            lambda: kept.change(seed=1),
            lambda: kept.snapshots.take("one", created_at=NOW),
            lambda: kept.table("customers").insert({"account": "Bob"}),
        ):
            with pytest.raises(RuntimeError, match="there can be only one"):
                attempt()
        assert tx.count("customers") == 1
    assert [document["account"] for document in kept.table("customers")] == ["Ann"]


def test_a_transaction_without_writes_keeps_nothing(kept: Workspace, place: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "append", refuse)
    with kept.transaction() as tx:
        assert tx.count("customers") == 0


def test_a_failed_append_leaves_the_state_as_before(kept: Workspace, place: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
    before = kept.image()
    with monkeypatch.context() as patch:
        patch.setattr(place, "append", refuse)
        with pytest.raises(OSError, match="no space"):
            work_on(kept)
        with pytest.raises(OSError, match="no space"):
            kept.change(offset=1, seed=9)
        assert (kept.image(), kept.metadata.seed, kept.clock.offset) == (before, 0, timedelta(0))
    with kept.transaction() as tx:
        assert tx.insert("customers", {"account": "Bob"})["id"] == 2


def test_a_value_that_json_lacks_fails_the_commit_and_changes_nothing(reopened: Callable[[], Workspace]) -> None:
    workspace = reopened()
    with pytest.raises(TypeError), workspace.transaction() as tx:
        tx.insert("customers", {"account": object()})
    assert workspace.empty
    assert reopened().empty


def test_an_image_does_not_change_with_the_workspace(kept: Workspace) -> None:
    kept.restore(WORLD)
    image = kept.image()
    before = deepcopy((image.tables, image.counters))
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
        tx.remove("customers", 1)
    kept.table("customers").truncate()
    assert (image.tables, image.counters) == before
    assert WORLD.tables["customers"][1] is image.tables["customers"][1]


@pytest.mark.parametrize("prepared", [False, True])
def test_a_restore_replaces_documents_counters_and_indexes(kept: Workspace, prepared: bool) -> None:
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann", "email": "ann@example.com"})
        tx.insert("invoices", {"customer_id": 1})
        tx.next_number("invoice_number/2024")
    world = Image(WORLD.tables, WORLD.counters)
    kept.restore(world.prepare(PLAN) if prepared else world)
    assert kept.image().world() == WORLD
    with kept.transaction() as tx:
        assert tx.find("customers", "email", "ann@example.com") == []
        assert tx.find("customers", "email", "S@EXAMPLE.COM") == [WORLD.tables["customers"][1]]
        assert list(tx.select("customers", search="seed")) == [1]
        assert tx.next_number("invoice_number/2024") == 1
        assert tx.insert("customers", {"account": "Seeded twice"})["id"] == 5
        assert list(tx.select("customers", search="seed")) == [1, 5]
    # What the workspace became is its own: the image, prepared or not, is as it was.
    assert world == WORLD
    kept.restore(world)
    with kept.transaction() as tx:
        assert list(tx.select("customers", search="seed")) == [1]


def test_a_reset_keeps_the_snapshots_and_the_metadata_that_it_does_not_name(kept: Workspace) -> None:
    kept.change(limit=(3, 60), offset=5_000_000, scenario="demo", seed=1)
    kept.snapshots.take("one", created_at=NOW)
    with kept.transaction() as tx:
        tx.insert("_notes", {"text": "of the workspace's own"})
    kept.reset(WORLD, seed=2, offset=0)
    assert kept.image().world() == WORLD
    assert (kept.metadata.limit, kept.metadata.offset, kept.metadata.scenario, kept.metadata.seed) == ((3, 60), 0, "demo", 2)
    assert kept.clock.offset == timedelta(0)
    assert [one.name for one in kept.snapshots.all()] == ["one"]
    assert kept.table("_notes").ids() == []
    kept.snapshots.take("two", created_at=NOW)


def test_a_failed_rewrite_changes_nothing(kept: Workspace, place: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    work_before = kept.image()
    monkeypatch.setattr(place, "rewrite", refuse)
    for attempt in (lambda: kept.restore(WORLD), lambda: kept.reset(WORLD, seed=9)):
        with pytest.raises(OSError, match="no space"):
            attempt()
    assert (kept.image(), kept.metadata.seed) == (work_before, 0)


def test_the_clock_follows_the_metadata(kept: Workspace, clock: ManualClock) -> None:
    kept.change(offset=3_600_000_000)
    assert kept.clock.now() == clock.now() + timedelta(hours=1)
    kept.change(offset=0)
    assert kept.clock.now() == clock.now()


def test_everything_is_there_after_the_next_start(reopened: Callable[[], Workspace]) -> None:
    first = reopened()
    first.reset(WORLD, scenario="demo", seed=7)
    with first.transaction() as tx:
        tx.insert("customers", {"account": "Ann", "email": "ann@example.com"})
        tx.next_number("invoice_number/2024")
    first.table("customers").insert({"account": "Direct"})
    first.table("customers").remove(doc_ids=[6])
    first.change(limit=(3, 60), offset=90_000_000)
    second = reopened()
    assert second.image() == first.image()
    assert second.metadata == first.metadata
    assert second.clock.offset == timedelta(seconds=90)
    with second.transaction() as tx:
        assert [document["id"] for document in tx.find("customers", "email", "ANN@example.com")] == [5]
        assert tx.insert("customers", {})["id"] == 7
        assert tx.next_number("invoice_number/2024") == 2


def test_a_world_emptied_on_purpose_stays_empty(reopened: Callable[[], Workspace]) -> None:
    first = reopened()
    first.restore(WORLD)
    first.restore(Image())
    assert reopened().empty


def test_metadata_of_an_older_server_have_todays_defaults(reopened: Callable[[], Workspace]) -> None:
    first = reopened()
    first.table("_facts").apply({1: {"id": 1, "scenario": "demo", "seed": 3}})
    second = reopened()
    assert (second.metadata.scenario, second.metadata.seed, second.metadata.offset, second.metadata.pinned) == ("demo", 3, 0, None)


def test_held_is_counted(workspace: Workspace) -> None:
    with workspace.hold(), workspace.hold():
        assert workspace.held == 2
    assert workspace.held == 0


def test_in_memory_nothing_ever_waits_for_a_disk(workspace: Workspace) -> None:
    assert not workspace.unsynced
    fsync = workspace.begin_fsync()
    fsync.run()
    fsync.finish()
    with pytest.raises(RuntimeError):
        workspace.fall_back()


def test_a_destroyed_workspace_leaves_nothing(kept: Workspace, place: Persistence) -> None:
    kept.restore(WORLD)
    kept.destroy()
    assert place.load() is None


def test_a_rewritten_place_tells_what_the_workspace_tells(kept: Workspace, place: Persistence) -> None:
    kept.reset(WORLD, seed=4)
    loaded = place.load()
    assert loaded is None or loaded == kept.image()


def test_time_that_elapses_jumps_ahead_with_the_clock_and_never_goes_back(kept: Workspace) -> None:
    begun = kept.elapsed()
    kept.change(offset=3_000_000)
    assert kept.elapsed() == begun + 3_000_000
    kept.change(offset=1_000_000)
    kept.change(offset=0)
    assert kept.elapsed() == begun + 3_000_000
    with kept.transaction() as tx:
        assert tx.elapsed == kept.elapsed()
        assert tx.now == kept.clock.now()


def test_a_reset_counts_the_time_that_elapses_anew_and_a_restore_goes_on(kept: Workspace) -> None:
    begun = kept.elapsed()
    kept.change(offset=3_000_000)
    kept.restore(Image(), offset=0)
    assert kept.elapsed() == begun + 3_000_000
    kept.change(offset=500_000)
    kept.reset(Image(), offset=0)
    assert kept.elapsed() == begun


def test_observers_are_told_of_each_commit_and_of_whatever_replaces_everything(kept: Workspace) -> None:
    told: list[object] = []
    kept.observers.append(lambda changes: told.append((sorted(changes.tables), kept.metadata.seed)))
    kept.change(seed=9)
    with kept.transaction() as tx:
        tx.insert("customers", {"account": "Ann"})
    with kept.transaction() as tx:
        tx.select("customers")
    with suppress(ZeroDivisionError), kept.transaction() as tx:
        tx.insert("customers", {"account": "Bob"})
        raise ZeroDivisionError
    kept.restore(Image())
    kept.reset(Image(), seed=1)
    assert told == [(["_facts"], 9), (["customers"], 9), ([], 9), ([], 1)]
