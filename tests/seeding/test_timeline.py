"""Moments are in order, at work, and within the story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sandbox.seeding.timeline import some_time_after, working_moments

STARTS = datetime(2024, 1, 15, 10, tzinfo=UTC)
ENDS = datetime(2025, 6, 27, 17, tzinfo=UTC)


def test_the_first_moment_is_the_start_and_all_are_in_order() -> None:
    moments = working_moments(Random(1), STARTS, ENDS, 40)
    assert moments[0] == STARTS
    assert moments == sorted(moments)
    assert STARTS <= moments[-1] <= ENDS
    assert len(moments) == 40


def test_moments_are_spread_over_the_whole_time() -> None:
    months = {(one.year, one.month) for one in working_moments(Random(1), STARTS, ENDS, 60)}
    assert len(months) >= 17


def test_nobody_works_at_night_or_at_the_weekend() -> None:
    for moment in working_moments(Random(2), STARTS, ENDS, 60)[1:]:
        assert 8 <= moment.hour < 18
        assert moment.weekday() < 5
        assert moment.microsecond == 0


@pytest.mark.parametrize(("count", "length"), [(0, 0), (1, 1)])
def test_few_moments_are_few(count: int, length: int) -> None:
    assert len(working_moments(Random(1), STARTS, ENDS, count)) == length


def test_moments_of_no_time_at_all_are_one_and_the_same() -> None:
    assert working_moments(Random(1), STARTS, STARTS, 3) == [STARTS] * 3


def test_what_follows_comes_neither_before_nor_after_the_end() -> None:
    for seed in range(100):
        rng = Random(seed)
        soon = some_time_after(rng, ENDS - timedelta(hours=1), timedelta(days=3), timedelta(days=9), ENDS)
        assert ENDS - timedelta(hours=1) <= soon <= ENDS
        later = some_time_after(rng, STARTS, timedelta(days=3), timedelta(days=9), ENDS)
        assert STARTS < later <= STARTS + timedelta(days=10)
