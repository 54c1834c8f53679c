"""A clock that jumps, while the server runs or between two starts: nothing stays away for as long as the jump was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path

import pytest

from sandbox.control.reset_snapshots import RETENTION
from sandbox.control.schedule import Ticker
from sandbox.edge.rate_limit import Limit, RateLimiter
from sandbox.events import webhook_endpoints
from sandbox.events.outbox import WEBHOOKS
from sandbox.events.retry_schedule import RETRY_AFTER
from sandbox.state.clock import ManualClock
from tests.clock_jumps import DAY, ENDS, HOUR, JUMPS, SECOND
from tests.control.resets import Room as Resets
from tests.control.resets import sources, write
from tests.events.deliveries import Room as Deliveries
from tests.events.deliveries import answer
from tests.waiting import until

MOMENTS = ("before", "after")
jumps = pytest.mark.parametrize(MOMENTS, JUMPS.values(), ids=JUMPS)
jumps_and_ends = pytest.mark.parametrize(MOMENTS, (JUMPS | ENDS).values(), ids=JUMPS | ENDS)
restarts = pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
Begin = Callable[[datetime], Deliveries]


def ticked(resets: Resets) -> None:
    asyncio.run(resets.resets.tick())


# Resets.


@jumps
@restarts
@pytest.mark.parametrize("pinned", [False, True], ids=["", "pinned"])
def test_the_daily_reset_is_announced_and_made_within_its_own_time(before: datetime, after: datetime, restarts: bool, pinned: bool) -> None:
    resets = Resets(time(3))
    resets.clock.set(before)
    workspace = resets.workspace()
    if pinned:
        resets.resets.pin(workspace)
    resets.clock.set(after)
    resets.worlds.asked.clear()
    if restarts:
        resets.resets.on_open(workspace)
    ticked(resets)
    assert len(resets.worlds.asked) <= 1
    announced = datetime.fromisoformat(workspace.next_reset_header.decode())
    assert after < announced <= after + DAY * (3 if pinned else 1)
    assert workspace.metadata.since <= after.isoformat()[:19] + "Z"
    write(workspace, "mine")
    resets.clock.set(announced - SECOND)
    ticked(resets)
    assert "mine" in sources(workspace)
    resets.clock.set(announced)
    ticked(resets)
    assert sources(workspace) == ["calm-1"]
    assert after < datetime.fromisoformat(resets.resets.next_reset_header.decode()) <= announced + DAY
    resets.workspaces.close()


@jumps_and_ends
def test_each_tick_is_bounded_and_none_fails(before: datetime, after: datetime) -> None:
    resets = Resets(time(3))
    resets.clock.set(before)
    for name in ("default", "other"):
        resets.workspace(name)
    resets.clock.set(after)
    resets.worlds.asked.clear()
    for _ in range(3):
        ticked(resets)
    assert len(resets.worlds.asked) <= 2
    asyncio.run(resets.resets.reset(resets.workspace()))
    resets.resets.next_reset_header  # noqa: B018  # it is worked out
    resets.workspaces.close()


@jumps
def test_what_was_there_before_a_reset_is_kept_for_seven_days(before: datetime, after: datetime) -> None:
    resets = Resets(None)
    resets.clock.set(before)
    workspace = resets.workspace()
    asyncio.run(resets.resets.reset(workspace))
    resets.clock.set(after)
    ticked(resets)
    resets.clock.set(after + RETENTION)
    ticked(resets)
    assert workspace.snapshots.all() == []
    resets.workspaces.close()


# Deliveries.


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts a delivery worker upon the same data at that moment; the one before must be closed."""
    rooms: list[Deliveries] = []
    clock = ManualClock(min(JUMPS["none ahead"]))

    def again(moment: datetime) -> Deliveries:
        clock.set(moment)
        rooms.append(Deliveries(tmp_path, clock=clock))
        rooms[-1].start()
        return rooms[-1]

    yield again
    rooms[-1].close()


def jumped(room: Deliveries, after: datetime, how: str, begin: Begin) -> Deliveries:
    if how == "restarted":
        calls = room.receiver.calls
        room.close()
        room = begin(after)
        room.receiver.calls = calls
        return room
    if how == "closed":
        for _ in range(2):
            room.workspaces.close_idle()
        assert room.workspaces.all_opened() == []
    room.clock.set(after)
    room.idle()
    return room


@jumps
@pytest.mark.parametrize("how", ["running", "restarted", "closed"])
@pytest.mark.parametrize(("failures", "asked"), [(1, None), (3, None), (1, HOUR), (1, 20 * HOUR)], ids=["5 s", "30 min", "asked 1 h", "asked 20 h"])
def test_a_retry_comes_after_its_own_pause_at_the_latest(
    begin: Begin, before: datetime, after: datetime, how: str, failures: int, asked: timedelta | None
) -> None:
    room = begin(before)
    room.receiver.answers = lambda posted: answer(503, retry_after=asked)
    room.webhook()
    room.happen()
    room.idle()
    for pause in RETRY_AFTER[: failures - 1]:
        room.clock.advance(pause)
        room.idle()
    pause = max(RETRY_AFTER[failures - 1], asked or timedelta(0))
    assert len(room.receiver.calls) == failures
    jump = after - before
    room.receiver.answers = lambda posted: answer(200)
    room = jumped(room, room.clock.now() + jump, how, begin)
    room.idle()
    at_once = jump >= pause or jump < -DAY or (jump < timedelta(0) and how == "restarted")
    assert len(room.receiver.calls) == failures + at_once  # a receiver that asked for a pause has it
    for _ in range(2 if how == "closed" else 1):  # one that is opened for it knows no more than what was written down
        room.clock.advance(pause)
        room.idle()
    assert (len(room.receiver.calls), room.statuses()) == (failures + 1, ["delivered"])


@jumps
def test_a_pause_that_has_begun_does_not_begin_anew(begin: Begin, before: datetime, after: datetime) -> None:
    room = begin(before)
    room.receiver.answers = lambda posted: answer(503, retry_after=20 * HOUR)
    room.webhook()
    room.happen()
    room.idle()
    room.advance(hours=19)
    assert len(room.receiver.calls) == 1
    room.clock.set(room.clock.now() + (after - before))
    room.idle()
    room.advance(hours=1)
    assert len(room.receiver.calls) == 2


@jumps_and_ends
def test_a_new_event_is_delivered_at_once_and_signed_with_the_present(begin: Begin, before: datetime, after: datetime) -> None:
    room = begin(before)
    room.webhook()
    room.happen()
    room.idle()
    room.clock.set(after)
    room.happen()
    room.idle()
    assert room.statuses() == ["delivered"] * 2
    assert [int(one.headers["webhook-timestamp"]) for one in room.receiver.calls] == [int(one.timestamp() // 1) for one in (before, after)]


@jumps
def test_the_secret_of_before_goes_on_signing_where_the_clock_is_put_back_by_a_day_at_most(begin: Begin, before: datetime, after: datetime) -> None:
    room = begin(before)
    webhook = room.webhook()
    with room.workspace().transaction() as tx:
        webhook_endpoints.rotate(tx, room.workspace().table(WEBHOOKS).live[webhook], "whsec_TmV3U2VjcmV0Rm9yVGhlVGVzdHM=")
    room.clock.set(after)
    room.happen()
    room.idle()
    signatures = room.receiver.calls[-1].headers["webhook-signature"].split()
    assert len(signatures) == (2 if -DAY <= after - before < DAY else 1)


# Windows of the rate limit.


@jumps
@pytest.mark.parametrize("whose", ["address", "key"])
def test_a_window_locks_nobody_out_for_longer_than_it_lasts_and_frees_nobody_for_ever(before: datetime, after: datetime, whose: str) -> None:
    limiter = RateLimiter(Limit(3, 3600))

    def taken(now: datetime) -> tuple[bool, int]:
        window, refusal = limiter.take_for_address("192.0.2.1", now) if whose == "address" else limiter.take_for_key("default", "digest", now)
        return refusal is None, window.reset - int(now.timestamp() // 1)

    assert [taken(before)[0] for _ in range(4)] == [True, True, True, False]
    answers = [taken(after) for _ in range(8)]
    assert sum(free for free, _ in answers) <= 3
    assert not answers[-1][0]
    wait = answers[-1][1]
    assert 0 < wait <= 3600
    answers = [taken(after + timedelta(seconds=wait)) for _ in range(8)]
    assert [free for free, _ in answers] == [True] * 3 + [False] * 5


# The tick itself.


@pytest.mark.parametrize("suspended", ["the monotonic clock stands still", "it jumps as well"])
@pytest.mark.parametrize("jump", [-3653 * DAY, -DAY, -HOUR, -SECOND, SECOND, HOUR, DAY, 60 * DAY, 365 * DAY, 3653 * DAY, 7000 * 365 * DAY], ids=str)
def test_ticks_go_on_one_at_a_time_wherever_the_machines_clock_goes(monkeypatch: pytest.MonkeyPatch, jump: timedelta, suspended: str) -> None:
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
        loop, ahead = asyncio.get_running_loop(), 0.0
        real = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + ahead)
        ticker = Ticker(work, seconds=0.02)
        ticker.start()
        await until(lambda: ticks >= 2, 20)
        before, begun = ticks, real()
        Machine.offset = jump
        if jump > timedelta(0) and suspended != "the monotonic clock stands still":
            ahead = jump.total_seconds()
        for _ in range(3):
            await asyncio.sleep(0)
        assert ticks <= before + 2
        wanted = ticks + 3
        while ticks < wanted and real() < begun + 20:  # noqa: ASYNC110  # what no event tells
            await asyncio.sleep(0.002)
        assert ticks >= wanted
        assert ticks - before <= (real() - begun) / 0.02 + 4
        ticker.stop()
        await asyncio.sleep(0)

    asyncio.run(main())
