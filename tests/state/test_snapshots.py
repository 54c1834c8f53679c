"""Snapshots: worlds put aside under a name, the same for every store, and back exactly as they were."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.errors import Invalid, Missing
from sandbox.state.documents import StoredDocument
from sandbox.state.image import Image
from sandbox.state.persistence import Persistence
from sandbox.state.snapshots import MOST
from sandbox.state.workspace import Workspace

NOW = datetime(2025, 7, 1, 9, tzinfo=UTC)
WORLD = Image({"customers": {1: StoredDocument(id=1, account="Seeded", email="s@example.com")}}, {"id/customers": 4, "invoice_number/2024": 9})


def add(workspace: Workspace, account: str) -> int:
    with workspace.transaction() as tx:
        id: int = tx.insert("customers", {"account": account})["id"]
    return id


def test_a_restored_world_is_exactly_as_it_was_and_gives_the_same_ids_again(kept: Workspace) -> None:
    kept.reset(WORLD, scenario="demo", seed=7)
    taken = kept.snapshots.take("before", created_at=NOW)
    assert (taken.name, taken.created_at, taken.documents, taken.expires_at) == ("before", "2025-07-01T09:00:00Z", 1, None)
    assert add(kept, "Ann") == 5
    kept.change(offset=60_000_000)
    kept.restore(kept.snapshots.world("before"))
    assert kept.image().world() == WORLD
    assert add(kept, "Bob") == 5
    assert (kept.metadata.seed, kept.metadata.offset) == (7, 60_000_000)
    assert [one.name for one in kept.snapshots.all()] == ["before"]


def test_a_snapshot_does_not_change_with_the_workspace(kept: Workspace) -> None:
    add(kept, "Ann")
    kept.snapshots.take("one", created_at=NOW)
    kept.table("customers").update({"account": "Changed"})
    add(kept, "Bob")
    kept.restore(kept.snapshots.world("one"))
    assert [one["account"] for one in kept.table("customers")] == ["Ann"]


def test_what_is_the_workspaces_own_is_in_no_snapshot(kept: Workspace) -> None:
    kept.change(limit=(3, 60))
    kept.snapshots.take("one", created_at=NOW)
    kept.snapshots.take("two", created_at=NOW)
    assert kept.snapshots.world("two") == Image()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a b", "ä", "-a", "a\n", "a\0", "x" * 65])
def test_a_name_that_could_be_a_path_is_refused(kept: Workspace, name: str) -> None:
    for attempt in (lambda: kept.snapshots.take(name, created_at=NOW), lambda: kept.snapshots.get(name), lambda: kept.snapshots.delete(name)):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert "64 letters, digits" in refusal.value.errors["name"]
    assert kept.snapshots.all() == []


def test_a_name_that_is_taken_is_not_overwritten(kept: Workspace) -> None:
    kept.snapshots.take("one", created_at=NOW)
    add(kept, "Ann")
    with pytest.raises(Invalid, match="Validation failed") as refusal:
        kept.snapshots.take("one", created_at=NOW)
    assert refusal.value.errors == {"name": "Name one is taken; choose another name, or delete that snapshot first"}
    assert kept.snapshots.world("one") == Image()


def test_an_unknown_name_is_missing(kept: Workspace) -> None:
    for attempt in (kept.snapshots.get, kept.snapshots.world, kept.snapshots.delete):
        with pytest.raises(Missing, match="There is no snapshot gone"):
            attempt("gone")


def test_a_deleted_snapshot_is_gone_and_its_name_is_free(kept: Workspace) -> None:
    kept.snapshots.take("one", created_at=NOW)
    add(kept, "Ann")
    kept.snapshots.take("two", created_at=NOW)
    kept.snapshots.delete("one")
    assert [one.name for one in kept.snapshots.all()] == ["two"]
    kept.snapshots.take("one", created_at=NOW)
    assert len(kept.snapshots.world("one").tables["customers"]) == 1


def test_expired_snapshots_go_and_others_stay(kept: Workspace) -> None:
    kept.snapshots.take("mine", created_at=NOW)
    kept.snapshots.take("old", created_at=NOW, expires_at=NOW + timedelta(days=7))
    kept.snapshots.take("young", created_at=NOW, expires_at=NOW + timedelta(days=8))
    kept.snapshots.forget_expired(NOW + timedelta(days=7, seconds=-1))
    assert len(kept.snapshots.all()) == 3
    kept.snapshots.forget_expired(NOW + timedelta(days=7))
    assert [one.name for one in kept.snapshots.all()] == ["mine", "young"]


def test_there_are_at_most_a_hundred_and_the_automatic_ones_do_not_count(kept: Workspace) -> None:
    kept.snapshots.take("automatic", created_at=NOW, expires_at=NOW + timedelta(days=7))
    for number in range(MOST):
        kept.snapshots.add(f"s{number}", WORLD, created_at=NOW)
    with pytest.raises(Invalid) as refusal:
        kept.snapshots.take("more", created_at=NOW)
    assert "at most 100 snapshots" in refusal.value.errors["name"]
    kept.snapshots.take("automatic-2", created_at=NOW, expires_at=NOW + timedelta(days=7))


def test_snapshots_are_there_after_a_restart(reopened: Callable[[], Workspace]) -> None:
    first = reopened()
    add(first, "Ann")
    first.snapshots.take("one", created_at=NOW)
    add(first, "Bob")
    second = reopened()
    assert [one.name for one in second.snapshots.all()] == ["one"]
    second.restore(second.snapshots.world("one"))
    assert add(second, "Carl") == 2


def test_what_was_fetched_is_at_hand_until_the_snapshot_goes(reopened: Callable[[], Workspace]) -> None:
    add(reopened(), "Ann")
    first = reopened()
    first.snapshots.take("one", created_at=NOW)
    assert first.snapshots.is_in_memory("one")
    again = reopened()
    assert not again.snapshots.is_in_memory("one")
    world = again.snapshots.fetch("one")
    again.snapshots.hold_in_memory("one", world)
    assert again.snapshots.is_in_memory("one")
    assert again.snapshots.world("one") is world
    again.restore(world)
    again.snapshots.delete("one")
    for attempt in (lambda: again.snapshots.is_in_memory("one"), lambda: again.snapshots.hold_in_memory("one", world)):
        with pytest.raises(Missing):
            attempt()


def test_a_put_that_fails_leaves_no_snapshot(kept: Workspace, place: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Image) -> str:
        raise OSError("no space")

    monkeypatch.setattr(place, "put", full)
    with pytest.raises(OSError, match="no space"):
        kept.snapshots.take("one", created_at=NOW)
    assert kept.snapshots.all() == []
