"""Resets on demand, and their undoing."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest

from sandbox.control.reset_snapshots import MOST_KEPT
from sandbox.errors import Invalid, Missing, StartError
from sandbox.state.snapshots import Snapshot
from tests.control.resets import DAY, HOUR, NOON, Room, sources, write


def names(snapshots: list[Snapshot]) -> list[str]:
    return [one.name for one in snapshots]


def test_a_reset_brings_back_the_world_it_had_and_gives_the_same_ids_again(room: Room) -> None:
    workspace = room.workspace()
    assert write(workspace, "mine") == 2
    asyncio.run(room.resets.reset(workspace))
    assert sources(workspace) == ["calm-1"]
    assert write(workspace, "again") == 2


def test_a_reset_takes_another_scenario_or_seed_and_the_next_one_repeats_them(room: Room) -> None:
    workspace = room.workspace()
    asyncio.run(room.resets.reset(workspace, "busy", 7))
    asyncio.run(room.resets.reset(workspace))
    asyncio.run(room.resets.reset(workspace, seed=8))
    assert room.worlds.asked == [("busy", 7), ("busy", 7), ("busy", 8)]
    assert sources(workspace) == ["busy-8"]


def test_a_reset_to_an_unknown_scenario_is_refused_and_changes_nothing(room: Room) -> None:
    workspace = room.workspace()
    state = workspace.image()
    with pytest.raises(Invalid) as refusal:
        asyncio.run(room.resets.reset(workspace, "bussy"))
    assert "known are busy, calm" in refusal.value.errors["scenario"]
    assert workspace.image() == state


def test_a_reset_puts_the_clock_back_and_opens_rate_windows_anew_only_where_it_was_moved(room: Room) -> None:
    workspace = room.workspace()
    asyncio.run(room.resets.reset(workspace))
    assert room.went_back == []
    workspace.change(offset=3_600_000_000)
    assert workspace.clock.now() == NOON + HOUR
    asyncio.run(room.resets.reset(workspace))
    assert workspace.clock.now() == NOON
    assert room.went_back == ["default"]


def test_each_reset_is_preceded_by_a_snapshot_with_a_name_of_its_own_that_is_kept_seven_days(room: Room) -> None:
    workspace = room.workspace()
    for _ in range(3):
        asyncio.run(room.resets.reset(workspace))
    taken = workspace.snapshots.all()
    assert names(taken) == ["before-reset-20261122T120000Z", "before-reset-20261122T120000Z-2", "before-reset-20261122T120000Z-3"]
    assert {one.expires_at for one in taken} == {"2026-11-29T12:00:00Z"}
    room.clock.set(NOON + 7 * DAY)
    asyncio.run(room.resets.tick())
    assert names(workspace.snapshots.all()) == ["before-reset-20261129T120000Z"], "that of the daily reset alone"


def test_nobody_fills_the_disk_by_resetting(room: Room) -> None:
    workspace = room.workspace()
    workspace.snapshots.take("mine", created_at=NOON)
    for _ in range(MOST_KEPT + 5):
        asyncio.run(room.resets.reset(workspace))
    assert len(workspace.snapshots.all()) == MOST_KEPT + 1
    assert workspace.snapshots.get("mine")
    assert workspace.snapshots.get(str(workspace.metadata.undo))


def test_a_reset_that_the_disk_refuses_changes_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = room.workspace()
    write(workspace, "mine")
    documents, metadata = workspace.image().world(), workspace.metadata

    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(workspace, "_replace", full)
    with pytest.raises(OSError, match="no space"):
        asyncio.run(room.resets.reset(workspace, "busy"))
    assert (workspace.image().world(), workspace.metadata) == (documents, metadata)
    assert workspace.snapshots.all() == []


def test_a_reset_whose_world_cannot_be_made_changes_nothing(room: Room) -> None:
    workspace = room.workspace()
    room.worlds.failing = StartError("the world cannot be made")
    state = workspace.image()
    with pytest.raises(StartError):
        asyncio.run(room.resets.reset(workspace))
    assert workspace.image() == state


def test_two_resets_of_one_workspace_take_their_turns_and_the_loop_goes_on(room: Room) -> None:
    workspace = room.workspace()
    gate = room.worlds.gate = threading.Event()

    async def main() -> None:
        both = [asyncio.create_task(room.resets.reset(workspace, name)) for name in ("busy", "calm")]
        assert await asyncio.to_thread(room.worlds.begun.wait, 20)
        assert write(workspace, "meanwhile") == 2
        assert room.worlds.asked == [("busy", 1)]
        gate.set()
        await asyncio.wait_for(asyncio.gather(*both), 20)

    asyncio.run(main())
    assert room.worlds.asked == [("busy", 1), ("calm", 1)]
    assert sources(workspace) == ["calm-1"]
    first = workspace.snapshots.all()[0]
    assert [one["source"] for one in workspace.snapshots.world(first.name).tables["leads"].values()] == ["calm-1", "meanwhile"]


def test_a_workspace_that_is_deleted_while_its_world_is_made_stays_deleted(room: Room) -> None:
    workspace = room.workspace("acme")
    gate = room.worlds.gate = threading.Event()

    async def main() -> None:
        reset = asyncio.create_task(room.resets.reset(workspace))
        assert await asyncio.to_thread(room.worlds.begun.wait, 20)
        room.workspaces.delete("acme")
        gate.set()
        await asyncio.wait_for(reset, 20)

    with pytest.raises(Missing):
        asyncio.run(main())
    assert not room.registry.has("acme")
    assert workspace not in room.workspaces.all_opened()


def test_an_undo_brings_back_documents_and_counters_as_they_were_once(room: Room) -> None:
    workspace = room.workspace()
    write(workspace, "mine")
    state = workspace.image().world()
    asyncio.run(room.resets.reset(workspace, "busy"))
    assert room.resets.undo(workspace).name == "before-reset-20261122T120000Z"
    assert workspace.image().world() == state
    assert write(workspace, "next") == 3
    with pytest.raises(Invalid, match="no reset to undo"):
        room.resets.undo(workspace)


def test_an_undo_with_nothing_to_undo_is_refused(room: Room) -> None:
    with pytest.raises(Invalid, match="no reset to undo"):
        room.resets.undo(room.workspace())


def test_an_undo_whose_snapshot_is_gone_is_refused_and_says_which(room: Room) -> None:
    workspace = room.workspace()
    asyncio.run(room.resets.reset(workspace))
    workspace.snapshots.delete("before-reset-20261122T120000Z")
    with pytest.raises(Invalid, match="before-reset-20261122T120000Z is gone"):
        room.resets.undo(workspace)


def test_an_undo_moves_no_clock_and_no_reset(room: Room) -> None:
    workspace = room.workspace()
    asyncio.run(room.resets.reset(workspace))
    due = room.resets.next_reset(workspace)
    workspace.change(offset=60_000_000)
    room.resets.undo(workspace)
    assert workspace.clock.now() == NOON + timedelta(minutes=1)
    assert room.resets.next_reset(workspace) == due
    assert room.went_back == []
