"""An image is written in a thread while its workspace goes on: whatever comes in between, what is kept is what was there."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.control.reset_snapshots import BeforeReset
from sandbox.errors import Missing
from sandbox.fair_scheduler import Abandoned, no_pause
from sandbox.state import image_writing
from sandbox.state.documents import StoredDocument
from sandbox.state.image import Image
from sandbox.state.indexed_rows import dismantle
from sandbox.state.persistence import Persistence
from sandbox.state.workspace import Workspace
from tests.state.conftest import START

WORLD = Image({"customers": {id: StoredDocument(id=id, account=f"Seeded {id}") for id in range(1, 31)}}, {"id/customers": 30})


def add(workspace: Workspace, account: str) -> None:
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": account})


def accounts(world: Image) -> set[str]:
    return {one["account"] for one in world.tables.get("customers", {}).values()}


def test_a_snapshot_is_of_the_moment_when_it_was_begun(kept: Workspace) -> None:
    add(kept, "before")
    writing = kept.snapshots.begin()
    add(kept, "meanwhile")
    writing.run(no_pause)
    add(kept, "later")
    kept.snapshots.finish("one", writing, created_at=START)
    assert accounts(kept.snapshots.world("one")) == {"before"}


@pytest.mark.parametrize("between", ["restore", "reset", "delete", "tidy"])
def test_what_replaces_everything_meanwhile_leaves_it_alone(kept: Workspace, between: str) -> None:
    add(kept, "before")
    kept.snapshots.take("old", created_at=START)
    add(kept, "more")
    writing = kept.snapshots.begin()
    _do(kept, between)
    writing.run(no_pause)
    _do(kept, "restore" if between != "delete" else "tidy")
    kept.snapshots.finish("new", writing, created_at=START)
    add(kept, "after")
    assert accounts(kept.snapshots.world("new")) == {"before", "more"}


def _do(workspace: Workspace, what: str) -> None:
    if what == "restore":
        workspace.restore(workspace.snapshots.world("old"))
    elif what == "reset":
        workspace.reset(WORLD)
    elif what == "delete":
        workspace.snapshots.delete("old")
    else:
        workspace.snapshots.forget_expired(START + timedelta(days=9))


@pytest.mark.parametrize("goes", ["before it runs", "before it ends"])
def test_a_layer_whose_base_is_let_go_of_is_written_whole(reopened: Callable[[], Workspace], monkeypatch: pytest.MonkeyPatch, goes: str) -> None:
    monkeypatch.setattr(image_writing, "LEAST_BELOW", 10)
    workspace = reopened()
    workspace.reset(WORLD)
    add(workspace, "one more")
    writing = workspace.snapshots.begin()
    if goes == "before it ends":
        writing.run(no_pause)
    workspace.reset(Image())  # whose journal builds on nothing
    if goes == "before it runs":
        writing.run(no_pause)
    workspace.snapshots.finish("one", writing, created_at=START)
    again = reopened()
    assert accounts(again.snapshots.world("one")) == {*accounts(WORLD), "one more"}


def test_what_is_given_up_leaves_no_file_and_no_snapshot(reopened: Callable[[], Workspace], tmp_path: Path) -> None:
    def leave() -> None:
        raise Abandoned

    workspace = reopened()
    workspace.reset(WORLD)
    add(workspace, "one")
    writing = workspace.snapshots.begin()
    with pytest.raises(Abandoned):
        writing.run(leave)
    assert workspace.snapshots.all() == []
    assert list(tmp_path.rglob("*.new")) == []


@pytest.mark.parametrize("changes", ["nothing", "a document", "a counter", "everything"])
def test_what_a_reset_replaces_is_kept_as_it_is_at_the_reset(kept: Workspace, changes: str) -> None:
    kept.reset(WORLD)
    before = BeforeReset(kept)
    before.writing.run(no_pause)
    if changes == "a document":
        add(kept, "meanwhile")
    elif changes == "a counter":
        with kept.transaction() as tx:
            tx.next_number("invoice_number/2024")
    elif changes == "everything":
        kept.restore(Image({"customers": {1: StoredDocument(id=1, account="other")}}, {"id/customers": 1}))
    state = kept.image().world()
    kept.snapshots.finish("before", before.as_it_is_now(), created_at=START)
    assert kept.snapshots.world("before") == state


def test_what_was_changed_since_is_all_that_is_written_at_the_reset(reopened: Callable[[], Workspace], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_writing, "LEAST_BELOW", 10)
    workspace = reopened()
    workspace.reset(WORLD)
    for number in range(20):  # so many that the first is no layer above the journal's base
        add(workspace, f"new {number}")
    before = BeforeReset(workspace)
    before.writing.run(no_pause)
    add(workspace, "meanwhile")
    latest = before.as_it_is_now()
    snapshot = workspace.snapshots.finish("before", latest, created_at=START)
    assert isinstance(latest, image_writing.ImageFileWriting)
    assert latest.base == before.writing.image.digest
    assert accounts(reopened().snapshots.world(snapshot.name)) >= {"meanwhile", "new 19", "Seeded 1"}


def test_a_workspace_becomes_copies_of_rows_and_they_become_what_it_was(kept: Workspace) -> None:
    kept.reset(WORLD)
    kept.snapshots.take("one", created_at=START)
    add(kept, "later")
    world, copies = kept.snapshots.fetcher("one")(no_pause)
    table = kept.table("customers")
    kept.restore(world, copies)
    assert table.live == world.tables["customers"]
    assert list(table.containing("seeded 30")) == [30]
    assert len(copies["customers"].documents) == 31
    dismantle(copies, no_pause)
    assert (len(copies["customers"].documents), list(copies["customers"].containing("seeded"))) == (0, [])
    assert kept.snapshots.world("one") == world == WORLD
    assert list(table.containing("seeded 30")) == [30]
    add(kept, "after")
    assert sorted(table.live) == [*range(1, 32)]


def test_a_snapshot_that_goes_while_it_is_fetched_is_missing(kept: Workspace) -> None:
    kept.reset(WORLD)
    kept.snapshots.take("one", created_at=START)
    fetch = kept.snapshots.fetcher("one")
    world, _ = fetch(no_pause)
    kept.snapshots.delete("one")
    with pytest.raises(Missing):
        kept.snapshots.hold_in_memory("one", world)


def test_putting_aside_can_go_on_in_a_thread_while_others_commit(kept: Workspace, place: Persistence) -> None:
    kept.reset(WORLD)

    async def main() -> None:
        writing = kept.snapshots.begin()
        task = asyncio.create_task(asyncio.to_thread(writing.run, no_pause))
        for number in range(50):
            add(kept, f"meanwhile {number}")
            await asyncio.sleep(0)
        await task
        kept.snapshots.finish("one", writing, created_at=START)

    asyncio.run(main())
    assert kept.snapshots.world("one") == WORLD
    assert len(kept.table("customers")) == 80
