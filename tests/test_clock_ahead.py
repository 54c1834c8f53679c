"""A clock that was ahead once, and has been put right: nothing waits for the time that it told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox import document_cache
from sandbox.control.schedule import Ticker
from sandbox.document_cache import DocumentCache
from sandbox.events import webhook_endpoints
from sandbox.events.outbox import WEBHOOKS
from sandbox.seeding.world_cache import WorldCache
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.workspace import Workspace
from tests.control.resets import DAY, HOUR, Room, sources, write
from tests.control.resets import NOON as RIGHT
from tests.events.deliveries import ONE, answer
from tests.events.deliveries import Room as Deliveries
from tests.waiting import until

AHEAD = timedelta(days=100)


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.workspaces.close()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[], Deliveries]]:
    """Starts a delivery worker upon the same data; the one before must be closed."""
    rooms: list[Deliveries] = []
    clock = ManualClock(RIGHT)

    def again() -> Deliveries:
        rooms.append(Deliveries(tmp_path, clock=clock))
        rooms[-1].start()
        return rooms[-1]

    yield again
    rooms[-1].close()


# Resets.


def served(room: Room, workspace: Workspace) -> None:
    """Nothing happens but that it is there."""


def reset_on_demand(room: Room, workspace: Workspace) -> None:
    asyncio.run(room.resets.reset(workspace))


def reset_by_schedule(room: Room, workspace: Workspace) -> None:
    room.clock.advance(DAY)
    asyncio.run(room.resets.tick())


def pinned(room: Room, workspace: Workspace) -> None:
    room.resets.pin(workspace)


def reset_and_pinned(room: Room, workspace: Workspace) -> None:
    reset_by_schedule(room, workspace)
    pinned(room, workspace)


def by_the_next_start(room: Room, workspace: Workspace) -> None:
    room.resets.on_open(workspace)


def by_a_tick(room: Room, workspace: Workspace) -> None:
    asyncio.run(room.resets.tick())


def by_three_starts_in_a_day(room: Room, workspace: Workspace) -> None:
    for _ in range(3):
        room.resets.on_open(workspace)
        room.clock.advance(HOUR)


Done = Callable[[Room, Workspace], None]
MEMBERS: dict[str, tuple[timedelta, Done, Done, time, tzinfo]] = {
    "first served 100 days ahead": (AHEAD, served, by_the_next_start, time(3), UTC),
    "put right while it runs": (AHEAD, served, by_a_tick, time(3), UTC),
    "begun anew several times a day": (AHEAD, served, by_three_starts_in_a_day, time(3), UTC),
    "reset on demand while ahead": (AHEAD, reset_on_demand, by_the_next_start, time(3), UTC),
    "reset by schedule while ahead": (AHEAD, reset_by_schedule, by_the_next_start, time(3), UTC),
    "pinned while ahead": (AHEAD, pinned, by_the_next_start, time(3), UTC),
    "reset and pinned while ahead": (AHEAD, reset_and_pinned, by_a_tick, time(3), UTC),
    "a year ahead in another zone": (timedelta(days=366), served, by_a_tick, time(0, 30), ZoneInfo("Pacific/Chatham")),
    "a week ahead": (timedelta(days=7), served, by_the_next_start, time(11, 59), UTC),
}


@pytest.mark.parametrize(("ahead", "done", "put_right", "at", "zone"), MEMBERS.values(), ids=MEMBERS)
def test_the_daily_reset_comes_within_a_day(ahead: timedelta, done: Done, put_right: Done, at: time, zone: tzinfo) -> None:
    room = Room(at, zone)
    try:
        room.clock.set(RIGHT + ahead)
        workspace = room.workspace()
        done(room, workspace)
        write(workspace, "mine")
        room.clock.set(RIGHT)
        put_right(room, workspace)
        assert RIGHT < datetime.fromisoformat(workspace.next_reset_header.decode()) <= RIGHT + DAY
        assert datetime.fromisoformat(workspace.metadata.since) <= RIGHT
        assert "mine" in sources(workspace)
        room.clock.set(RIGHT + DAY)
        asyncio.run(room.resets.tick())
        assert sources(workspace) == ["calm-1"]
    finally:
        room.workspaces.close()


def test_a_reset_that_was_postponed_a_moment_ago_stays_so(room: Room) -> None:
    workspace = room.workspace()
    after = room.resets.pin(workspace)
    by_a_tick(room, workspace)
    by_the_next_start(room, workspace)
    assert room.resets.next_reset(workspace) == after


def test_what_was_there_before_a_reset_is_kept_for_seven_days_and_no_hundred(room: Room) -> None:
    room.clock.set(RIGHT + AHEAD)
    workspace = room.workspace()
    workspace.snapshots.take("mine", created_at=room.clock.now())
    reset_on_demand(room, workspace)
    room.clock.set(RIGHT)
    by_a_tick(room, workspace)
    room.clock.set(RIGHT + timedelta(days=7))
    workspace.change(since="2026-11-29T12:00:00Z")
    by_a_tick(room, workspace)
    assert [one.name for one in workspace.snapshots.all()] == ["mine"]


def test_a_disk_that_takes_no_correction_keeps_nobody_out(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.clock.set(RIGHT + AHEAD)
    workspace = room.workspace()
    room.clock.set(RIGHT)

    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "change", full)
        patch.setattr("sandbox.log.error", lambda *_, **__: None)
        by_the_next_start(room, workspace)
        by_a_tick(room, workspace)
    room.clock.advance(timedelta(minutes=1))
    by_a_tick(room, workspace)
    assert workspace.metadata.since == "2026-11-22T12:01:00Z"


# Deliveries.


@pytest.mark.parametrize("failures", [0, 1, 2, 9])
def test_a_delivery_is_made_at_once_after_the_next_start(begin: Callable[[], Deliveries], failures: int) -> None:
    first = begin()
    first.clock.set(RIGHT + AHEAD)
    first.receiver.answers = lambda posted: answer(500)
    first.webhook()
    if failures == 0:
        first.run(first.delivery_worker.stop())
    first.happen()
    first.idle()
    for hours in (0.1, 0.6, 3, 6, 11, 15, 21, 25)[: max(0, failures - 1)]:
        first.advance(hours=hours)
    assert first.deliveries()[0]["failures"] == failures
    first.close()

    second = begin()
    second.clock.set(RIGHT)
    second.idle()
    assert (len(second.receiver.calls), second.statuses()) == (1, ["delivered"])


@pytest.mark.parametrize("failures", [1, 2])
def test_a_delivery_is_made_at_once_where_the_clock_is_put_right_meanwhile(begin: Callable[[], Deliveries], failures: int) -> None:
    room = begin()
    room.clock.set(RIGHT + AHEAD)
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.happen()
    room.idle()
    if failures == 2:
        room.advance(seconds=5)
    assert len(room.receiver.calls) == failures
    room.clock.set(RIGHT)
    room.idle()
    assert len(room.receiver.calls) == failures + 1


def test_a_workspace_that_was_closed_wakes_up_for_its_delivery(begin: Callable[[], Deliveries]) -> None:
    room = begin()
    room.clock.set(RIGHT + AHEAD)
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.happen()
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    assert room.workspaces.all_opened() == []
    room.clock.set(RIGHT)
    room.idle()
    assert len(room.receiver.calls) == 2


def test_a_secret_that_was_rotated_while_ahead_signs_no_longer(begin: Callable[[], Deliveries]) -> None:
    room = begin()
    room.clock.set(RIGHT + AHEAD)
    webhook = room.webhook()
    with room.workspace().transaction() as tx:
        webhook_endpoints.rotate(tx, room.workspace().table(WEBHOOKS).live[webhook], "whsec_TmV3U2VjcmV0Rm9yVGhlVGVzdHM=")
    room.clock.set(RIGHT)
    room.happen()
    room.idle()
    assert [(one.url, len(one.headers["webhook-signature"].split())) for one in room.receiver.calls] == [(ONE, 1)]


# Caches.


def test_a_document_that_is_kept_now_is_found_beside_files_of_times_to_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_cache, "_MOST", 2)
    cache = DocumentCache(tmp_path)
    for content in (b"one", b"two"):
        cache.keep(content, {})
    for path in tmp_path.iterdir():
        os.utime(path, (path.stat().st_mtime + AHEAD.total_seconds(),) * 2)
    for content in (b"three", b"four"):
        cache.keep(content, {})
    assert [cache.find(content) for content in (b"three", b"four")] == [{}, {}]


def test_a_world_that_is_kept_now_is_found_beside_files_of_times_to_come(tmp_path: Path) -> None:
    cache = WorldCache(tmp_path, most=2)
    for key in ("one", "two"):
        cache.keep_image(key, Image())
    for path in tmp_path.glob("*.image"):
        os.utime(path, (path.stat().st_mtime + AHEAD.total_seconds(),) * 2)
    for key in ("three", "four"):
        cache.keep_image(key, Image())
    assert [cache.find(key) for key in ("three", "four")] == [Image(), Image()]


# The tick itself, which APScheduler times by the machine's clock.


@pytest.mark.parametrize("jump", [-AHEAD, AHEAD], ids=["put back", "put ahead"])
def test_ticks_go_on_when_the_machines_clock_is_set(monkeypatch: pytest.MonkeyPatch, jump: timedelta) -> None:
    from apscheduler.schedulers import base

    class Machine(datetime):
        offset = timedelta(0)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + cls.offset

    monkeypatch.setattr(base, "datetime", Machine)
    ticks = 0

    async def work() -> None:
        nonlocal ticks
        ticks += 1

    async def main() -> None:
        ticker = Ticker(work, seconds=0.01)
        ticker.start()
        await until(lambda: ticks >= 2, 20)
        Machine.offset, before = jump, ticks
        await until(lambda: ticks >= before + 3, 5)
        ticker.stop()
        await asyncio.sleep(0)

    asyncio.run(main())
