"""Commits that share one write: in force at once, told once they are kept, and taken back together where they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.state.changes import Changes
from sandbox.state.clock import ManualClock
from sandbox.state.persistence import MemoryPersistence
from sandbox.state.workspace import Workspace
from tests.state.conftest import PLAN, START, begun, place_of


class Failing(MemoryPersistence):
    """Counts the writes, and fails when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[int] = []
        self.fails = False

    def append(self, frames: bytes) -> None:
        if self.fails:
            raise OSError(28, "No space left on device")
        self.writes.append(1)


@pytest.fixture
def persistence() -> Failing:
    return Failing()


@pytest.fixture
def one(persistence: Failing) -> Workspace:
    workspace = Workspace("alpha", ManualClock(START), PLAN, persistence)
    with workspace.transaction() as tx:
        for account in ("Ada", "Bert", "Cleo"):
            tx.insert("customers", {"account": account, "email": f"{account}@example.com"})
        tx.next_number("invoices")
    persistence.writes.clear()
    return workspace


def create(workspace: Workspace, *accounts: str) -> list[int]:
    with workspace.transaction(grouped=True) as tx:
        return [tx.insert("customers", {"account": account, "email": f"{account}@example.com"})["id"] for account in accounts]


def replace(workspace: Workspace, id: int, account: str) -> None:
    with workspace.transaction(grouped=True) as tx:
        tx.replace("customers", {"id": id, "account": account, "email": f"{account}@example.com"})


def remove(workspace: Workspace, id: int) -> None:
    with workspace.transaction(grouped=True) as tx:
        tx.remove("customers", id)


def count(workspace: Workspace) -> None:
    with workspace.transaction(grouped=True) as tx:
        tx.next_number("quotes")
        tx.next_number("invoices")


def found(workspace: Workspace) -> list[object]:
    """What the indexes say, which must follow the documents."""
    table = workspace.table("customers")
    return [list(table.ids()), [list(table.containing(term)) for term in ("a", "ada", "zoe", "dora")], list(table.lookup("email", "ada@example.com"))]


CHANGES = {
    "a create": lambda one: create(one, "Dora"),
    "a replacement": lambda one: replace(one, 1, "Zoe"),
    "a delete": lambda one: remove(one, 2),
    "a batch": lambda one: create(one, "Dora", "Emil", "Fritz"),
    "counters": count,
    "a create that is replaced and deleted": lambda one: (replace(one, create(one, "Dora")[0], "Zoe"), remove(one, 4)),
    "a document that is replaced twice": lambda one: (replace(one, 1, "Zoe"), replace(one, 1, "Dora")),
    "a document that is deleted after a replacement": lambda one: (replace(one, 1, "Zoe"), remove(one, 1), create(one, "Ada")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_cannot_be_written_was_never_there(one: Workspace, persistence: Failing, name: str) -> None:
    before, indexed = one.image(), found(one)
    CHANGES[name](one)
    assert one.unsynced
    group = one.commits.group
    assert group is not None
    persistence.fails = True
    with pytest.raises(OSError, match="No space"):
        one.commits.write()
    assert (group.is_over, type(group.error)) == (True, OSError)
    persistence.fails = False
    assert (one.image(), found(one), one.unsynced) == (before, indexed, False)
    assert create(one, "Next") == [4]


@pytest.mark.parametrize("name", CHANGES)
def test_what_joined_is_in_force_and_kept_by_one_write(one: Workspace, persistence: Failing, name: str) -> None:
    before = one.image()
    CHANGES[name](one)
    assert persistence.writes == []
    now = one.commits.database.storage.image()
    assert now != before
    one.commits.write()
    one.commits.write()
    assert persistence.writes == [1]
    assert one.image() == now


def test_observers_are_told_in_order_once_it_is_kept_and_of_a_failure_nothing(one: Workspace, persistence: Failing) -> None:
    told: list[Changes] = []
    one.observers.append(told.append)
    create(one, "Dora")
    remove(one, 1)
    assert told == []
    one.commits.write()
    assert [list(changes.tables["customers"]) for changes in told] == [[4], [1]]
    create(one, "Lost")
    persistence.fails = True
    with pytest.raises(OSError, match="No space"):
        one.commits.write()
    assert len(told) == 2


@pytest.mark.parametrize("asked", [lambda one: one.image(), lambda one: one.world(), lambda one: one.empty])
def test_whoever_looks_at_the_whole_state_has_it_written_first(one: Workspace, persistence: Failing, asked: object) -> None:
    create(one, "Dora")
    persistence.fails = True
    with pytest.raises(OSError, match="No space"):
        asked(one)  # type: ignore[operator]
    persistence.fails = False
    assert len(one.image().tables["customers"]) == 3


def test_a_wait_for_the_synced_fails_nobody_whose_commits_were_written_before(one: Workspace, persistence: Failing) -> None:
    create(one, "Dora")
    group = one.commits.group
    persistence.fails = True
    one.begin_fsync()
    persistence.fails = False
    assert group is not None
    assert (group.is_over, group.error is None) == (True, False), "those whose commits could not be written are told"
    assert len(one.image().tables["customers"]) == 3


def test_a_commit_of_its_own_writes_first_what_joined_and_does_not_build_on_what_fails(one: Workspace, persistence: Failing) -> None:
    create(one, "Dora")
    with one.transaction() as tx:
        assert persistence.writes == [1]
        tx.insert("customers", {"account": "Emil"})
    assert persistence.writes == [1, 1]
    create(one, "Lost")
    persistence.fails = True
    with pytest.raises(OSError, match="No space"), one.transaction() as tx:
        raise AssertionError("it must not begin")
    persistence.fails = False
    assert list(one.image().tables["customers"]) == [1, 2, 3, 4, 5]


def test_a_value_that_json_does_not_have_leaves_those_that_joined_before(tmp_path: Path) -> None:
    kept = begun(place_of("os", tmp_path), ManualClock(START))
    create(kept, "Ada")
    with pytest.raises(TypeError), kept.transaction(grouped=True) as tx:
        tx.insert("customers", {"account": object()})
    kept.commits.write()
    assert list(kept.image().tables["customers"]) == [1]
    kept.close()


def test_what_joined_is_found_after_the_next_start_also_where_it_was_closed_first(tmp_path: Path) -> None:
    kept = begun(place_of("os", tmp_path), ManualClock(START))
    create(kept, "Ada")
    replace(kept, 1, "Zoe")
    kept.close()
    again = begun(place_of("os", tmp_path), ManualClock(START))
    assert [one["account"] for one in again.image().tables["customers"].values()] == ["Zoe"]
    again.close()
