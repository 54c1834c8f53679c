"""Clocks tell aware moments in UTC, and a timestamp has whole seconds."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sandbox.state.clock import ManualClock, OffsetClock, SystemClock, timestamp

MOMENT = datetime(2024, 1, 15, 10, 0, 0, 999_999, tzinfo=UTC)


def test_a_timestamp_has_whole_seconds_and_is_not_rounded_up() -> None:
    assert timestamp(MOMENT) == "2024-01-15T10:00:00Z"


def test_a_timestamp_of_another_zone_is_told_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert timestamp(datetime(2024, 1, 1, 0, 30, tzinfo=berlin)) == "2023-12-31T23:30:00Z"


def test_the_year_of_a_timestamp_has_four_digits() -> None:
    assert timestamp(datetime(987, 1, 1, tzinfo=UTC)) == "0987-01-01T00:00:00Z"


def test_a_moment_without_a_zone_is_refused_everywhere() -> None:
    naive = datetime(2024, 1, 1)
    clock = ManualClock(MOMENT)
    for use in (timestamp, ManualClock, clock.set, OffsetClock(clock).set):
        with pytest.raises(ValueError, match="no time zone"):
            use(naive)


def test_the_system_clock_tells_utc_and_does_not_run_backwards() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert first <= second


def test_a_manual_clock_moves_only_when_it_is_moved() -> None:
    clock = ManualClock(MOMENT)
    assert clock.now() == clock.now() == MOMENT
    clock.advance(timedelta(days=1, microseconds=1))
    assert clock.now() == datetime(2024, 1, 16, 10, 0, 1, tzinfo=UTC)
    clock.set(MOMENT)
    assert clock.now() == MOMENT


def test_an_offset_clock_runs_with_its_base() -> None:
    base = ManualClock(MOMENT)
    clock = OffsetClock(base, timedelta(days=30))
    assert clock.now() == MOMENT + timedelta(days=30)
    clock.set(MOMENT - timedelta(days=1))
    base.advance(timedelta(hours=2))
    assert clock.now() == MOMENT - timedelta(hours=22)
    clock.advance(timedelta(days=1))
    assert clock.now() == base.now()
