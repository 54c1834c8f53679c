"""The daily reset: announced, postponed, missed, failing, and through the real scheduler with a moved clock."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox import log
from sandbox.control.schedule import Ticker
from sandbox.errors import Invalid, StartError
from tests.control.resets import DAY, HOUR, NOON, Room, sources, write


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server's log says."""
    lines: list[str] = []
    monkeypatch.setattr(log, "error", lambda event, **metadata: lines.append(f"{event}: {metadata}"))
    return lines


def test_every_workspace_is_reset_once_a_day_and_says_when(room: Room) -> None:
    workspace, other = room.workspace(), room.workspace("acme")
    assert workspace.next_reset_header == room.resets.next_reset_header == b"2026-11-23T03:00:00Z"
    write(workspace, "mine")
    for moment, expected in ((NOON + 15 * HOUR - timedelta(seconds=1), ["calm-1", "mine"]), (NOON + 15 * HOUR, ["calm-1"])):
        room.clock.set(moment)
        asyncio.run(room.resets.tick())
        assert sources(workspace) == expected
    assert workspace.next_reset_header == other.next_reset_header == room.resets.next_reset_header == b"2026-11-24T03:00:00Z"
    asyncio.run(room.resets.tick())
    assert len(room.worlds.asked) == 2


def test_the_clock_of_a_workspace_moves_no_reset(room: Room) -> None:
    workspace = room.workspace()
    workspace.change(offset=int(timedelta(days=40) / timedelta(microseconds=1)))
    asyncio.run(room.resets.tick())
    assert room.worlds.asked == []
    assert workspace.next_reset_header == b"2026-11-23T03:00:00Z"


def test_a_reset_on_demand_replaces_none_of_the_daily_ones(room: Room) -> None:
    workspace = room.workspace()
    room.clock.set(NOON + 14 * HOUR)
    asyncio.run(room.resets.reset(workspace, "busy"))
    room.clock.set(NOON + 15 * HOUR)
    asyncio.run(room.resets.tick())
    assert room.worlds.asked == [("busy", 1), ("busy", 1)]


def test_many_resets_that_were_missed_are_made_up_for_by_one(room: Room) -> None:
    workspace = room.workspace()
    write(workspace, "mine")
    room.clock.set(NOON + 9 * DAY)
    asyncio.run(room.resets.tick())
    asyncio.run(room.resets.tick())
    assert sources(workspace) == ["calm-1"]
    assert len(room.worlds.asked) == 1


def test_a_reset_that_was_missed_is_made_up_for_when_the_workspace_is_opened(room: Room) -> None:
    workspace = room.workspace()
    write(workspace, "mine")
    workspace.change(offset=60_000_000)
    room.resets.on_open(workspace)
    assert sources(workspace) == ["calm-1", "mine"], "none was missed yet"
    room.clock.set(NOON + DAY)
    room.resets.on_open(workspace)
    assert sources(workspace) == ["calm-1"]
    assert (workspace.metadata.since, workspace.next_reset_header) == ("2026-11-23T12:00:00Z", b"2026-11-24T03:00:00Z")
    assert room.went_back == ["default"]


def test_a_missed_reset_that_fails_keeps_nobody_out(room: Room, logged: list[str]) -> None:
    workspace = room.workspace()
    write(workspace, "mine")
    room.clock.set(NOON + DAY)
    room.worlds.failing = StartError("the world cannot be made")
    room.resets.on_open(workspace)
    assert sources(workspace) == ["calm-1", "mine"]
    assert ["the world cannot be made" in line for line in logged] == [True]


def test_a_daily_reset_that_fails_is_tried_again_after_a_minute_and_hurts_no_other_workspace(
    room: Room, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    workspace, other = room.workspace(), room.workspace("acme")
    for one in (workspace, other):
        write(one, "mine")
    broken = True
    replace = workspace._replace

    def sometimes(*arguments: Any) -> None:
        if broken:
            raise OSError("no space left")
        replace(*arguments)

    monkeypatch.setattr(workspace, "_replace", sometimes)
    room.clock.set(NOON + DAY)
    asyncio.run(room.resets.tick())
    assert (sources(workspace), sources(other)) == (["calm-1", "mine"], ["calm-1"])
    assert ["no space left" in line for line in logged] == [True]
    broken = False
    room.clock.advance(timedelta(seconds=59))
    asyncio.run(room.resets.tick())
    assert sources(workspace) == ["calm-1", "mine"]
    room.clock.advance(timedelta(seconds=1))
    asyncio.run(room.resets.tick())
    assert sources(workspace) == ["calm-1"]
    assert len(logged) == 1


def test_expired_snapshots_that_cannot_be_forgotten_are_logged_once_a_minute(room: Room, monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> None:
    workspace = room.workspace()

    def full(_: datetime) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(workspace.snapshots, "forget_expired", full)
    for _ in range(3):
        asyncio.run(room.resets.tick())
    assert len(logged) == 1


def test_without_a_schedule_nothing_is_announced_nor_ever_reset() -> None:
    room = Room(at=None)
    workspace = room.workspace()
    room.clock.set(NOON + 400 * DAY)
    asyncio.run(room.resets.tick())
    assert (workspace.next_reset_header, room.resets.next_reset_header, room.worlds.asked) == (b"", b"", [])
    with pytest.raises(Invalid, match="no reset to postpone"):
        room.resets.pin(workspace)


def test_a_pin_leaves_the_next_reset_out_once(room: Room) -> None:
    workspace = room.workspace()
    assert room.resets.pin(workspace) == datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert workspace.next_reset_header == b"2026-11-24T03:00:00Z"
    for moment in (NOON, NOON + DAY):
        room.clock.set(moment)
        with pytest.raises(Invalid, match=r"postponed already, to 2026-11-24T03:00:00Z"):
            room.resets.pin(workspace)
        asyncio.run(room.resets.tick())
    assert room.worlds.asked == []
    room.clock.set(NOON + 2 * DAY)
    asyncio.run(room.resets.tick())
    assert room.worlds.asked == [("calm", 1)]
    assert room.resets.pin(workspace) == datetime(2026, 11, 26, 3, tzinfo=UTC), "after a daily reset, it can be done again"


def test_a_reset_on_demand_keeps_the_pin(room: Room) -> None:
    workspace = room.workspace()
    room.resets.pin(workspace)
    asyncio.run(room.resets.reset(workspace))
    assert workspace.next_reset_header == b"2026-11-24T03:00:00Z"
    with pytest.raises(Invalid):
        room.resets.pin(workspace)


@pytest.mark.parametrize(
    ("start", "zone", "due"),
    [
        ("2026-03-28T12:00:00+01:00", "Europe/Berlin", ["2026-03-29T02:30:00+01:00", "2026-03-30T02:30:00+02:00"]),
        ("2026-10-24T12:00:00+02:00", "Europe/Berlin", ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        ("2028-02-28T12:00:00+00:00", "UTC", ["2028-02-29T02:30:00+00:00", "2028-03-01T02:30:00+00:00"]),
        ("2026-03-07T12:00:00-05:00", "America/New_York", ["2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"]),
    ],
    ids=["summer time begins", "summer time ends", "leap day", "summer time begins in New York"],
)
def test_the_scheduler_resets_at_the_local_time_of_every_day(start: str, zone: str, due: list[str]) -> None:
    room = Room(time(2, 30), ZoneInfo(zone))
    room.clock.set(datetime.fromisoformat(start))
    workspace = room.workspace()
    turn = asyncio.Event()

    async def tick() -> None:
        await room.resets.tick()
        turn.set()

    async def ticked(times: int) -> None:
        for _ in range(times):
            turn.clear()
            await asyncio.wait_for(turn.wait(), 20)

    async def main() -> None:
        ticker = Ticker(tick, seconds=0.01)
        ticker.start()
        for moment in map(datetime.fromisoformat, due):
            write(workspace, "mine")
            room.clock.set(moment - timedelta(seconds=1))
            await ticked(2)
            assert sources(workspace) == ["calm-1", "mine"], "not a second too early"
            room.clock.set(moment)
            await ticked(2)
            assert sources(workspace) == ["calm-1"]
        ticker.stop()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert len(room.worlds.asked) == len(due)
    assert len(workspace.snapshots.all()) == len(due)
