"""The daily moment over all that calendars do, and the scheduler that ticks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from sandbox import log
from sandbox.control.schedule import DailySchedule, Ticker

BERLIN = ZoneInfo("Europe/Berlin")


def moments(schedule: DailySchedule, after: datetime, until: datetime) -> Iterator[datetime]:
    moment = schedule.next_after(after)
    while moment is not None and moment < until:
        yield moment
        moment = schedule.next_after(moment)


def test_the_next_moment_is_always_later_and_in_utc() -> None:
    schedule = DailySchedule(time(3), UTC)
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert schedule.next_after(at - timedelta(microseconds=1)) == at
    assert schedule.next_after(at) == at + timedelta(days=1)
    asked_elsewhere = schedule.next_after(at.astimezone(timezone(timedelta(hours=-9))))
    assert asked_elsewhere == at + timedelta(days=1)
    assert asked_elsewhere is not None
    assert asked_elsewhere.tzinfo is UTC


def test_without_a_time_of_day_there_is_no_moment() -> None:
    assert DailySchedule(None, UTC).next_after(datetime(2026, 11, 22, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("at", "day", "expected"),
    [
        (time(3), date(2026, 3, 28), "2026-03-28T02:00:00+00:00"),
        (time(3), date(2026, 3, 29), "2026-03-29T01:00:00+00:00"),  # summer time has begun
        (time(2, 30), date(2026, 3, 29), "2026-03-29T01:30:00+00:00"),  # 02:30 does not exist; 03:30 it is
        (time(0), date(2026, 3, 30), "2026-03-29T22:00:00+00:00"),  # the midnight after
        (time(2, 30), date(2026, 10, 25), "2026-10-25T00:30:00+00:00"),  # 02:30 comes twice; the first counts
        (time(3), date(2026, 10, 25), "2026-10-25T02:00:00+00:00"),
        (time(3), date(2028, 2, 29), "2028-02-29T02:00:00+00:00"),
        (time(3), date(2028, 3, 1), "2028-03-01T02:00:00+00:00"),
    ],
)
def test_a_change_of_the_clocks_and_a_leap_day_in_berlin(at: time, day: date, expected: str) -> None:
    schedule = DailySchedule(at, BERLIN)
    yesterday = datetime.combine(day - timedelta(days=1), at, BERLIN)
    assert schedule.next_after(yesterday) == datetime.fromisoformat(expected)


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # midnight itself was left out
    "America/Havana",  # midnight comes twice
    "Asia/Beirut",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # 12:45 ahead of UTC
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0), time(0, 30), time(2, 30), time(3)])
@pytest.mark.parametrize("year", [2018, 2024, 2026])
def test_every_day_of_a_year_has_exactly_one_moment(zone: str, at: time, year: int) -> None:
    place = ZoneInfo(zone)
    begin, end = datetime(year, 1, 1, tzinfo=place), datetime(year + 1, 1, 1, tzinfo=place)
    found = list(moments(DailySchedule(at, place), begin.astimezone(UTC) - timedelta(microseconds=1), end))
    assert [one.astimezone(place).date() for one in found] == [date(year, 1, 1) + timedelta(days=n) for n in range((end - begin).days)]
    late = [one.astimezone(place).time() for one in found if one.astimezone(place).time() != at]
    assert len(late) <= 1, "at most the one day whose hour is left out"


def test_a_day_that_a_zone_left_out_has_no_moment_of_its_own() -> None:
    samoa = ZoneInfo("Pacific/Apia")  # it went from 29 to 31 December 2011
    found = moments(DailySchedule(time(3), samoa), datetime(2011, 12, 29, tzinfo=samoa), datetime(2012, 1, 2, tzinfo=samoa))
    assert [one.astimezone(samoa).day for one in found] == [29, 31, 1]


async def nothing() -> None:
    pass


async def ticked(times: int, work: Callable[[], Awaitable[None]] = nothing) -> None:
    """Works with a ticker that is stopped when it has ticked so often."""
    enough, ticks = asyncio.Event(), count(1)

    async def tick() -> None:
        try:
            await work()
        finally:
            if next(ticks) == times:
                enough.set()

    ticker = Ticker(tick, seconds=0.01)
    ticker.start()
    await asyncio.wait_for(enough.wait(), 20)
    ticker.stop()
    ticker.stop()
    await asyncio.sleep(0)  # the scheduler ends with the loop's next turn


def test_the_ticker_ticks_until_it_is_stopped() -> None:
    ticks = 0

    async def work() -> None:
        nonlocal ticks
        ticks += 1

    async def main() -> int:
        await ticked(3, work)
        seen = ticks
        await ticked(3)
        return seen

    assert asyncio.run(main()) == ticks >= 3


def test_a_tick_that_fails_is_logged_and_the_next_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[object] = []
    monkeypatch.setattr(log, "error", lambda event, exc_info: logged.append(str(exc_info)))

    async def work() -> None:
        raise OSError("no space left")

    asyncio.run(ticked(2, work))
    assert logged[:2] == ["no space left", "no space left"]


def test_a_tick_that_takes_long_is_alone_and_nothing_is_said_of_those_left_out(caplog: pytest.LogCaptureFixture) -> None:
    at_once = most = 0

    async def work() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await ticked(3)  # so long that others were due meanwhile
        at_once -= 1

    with caplog.at_level(logging.WARNING):
        asyncio.run(ticked(2, work))
    assert most == 1
    assert caplog.records == []


def test_a_ticker_that_is_stopped_before_it_has_begun_never_ticks() -> None:
    ticks = 0

    async def work() -> None:
        nonlocal ticks
        ticks += 1

    async def main() -> None:
        ticker = Ticker(work, seconds=0.001)
        ticker.start()
        ticker.stop()
        await ticked(3)

    asyncio.run(main())
    assert ticks == 0
