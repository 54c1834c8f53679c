"""The server measures by itself how long its event loop keeps everybody waiting."""

import asyncio
import time

import pytest

from sandbox.app import build
from sandbox.loop_lag import BOUNDS, LoopLag
from sandbox.settings import load_settings


def test_a_beat_counts_in_the_bucket_of_its_lag() -> None:
    lag = LoopLag()
    for seconds in (0.0004, 0.001, 0.003, 0.04, 99.0):
        lag.note(seconds)
    assert dict(zip((*BOUNDS, None), lag.counts, strict=True)) == {**dict.fromkeys((*BOUNDS, None), 0), 0.001: 2, 0.005: 1, 0.05: 1, None: 1}
    assert (lag.beats, lag.greatest, lag.total) == (5, 99.0, pytest.approx(99.0444))


def test_a_quantile_is_the_bound_of_its_bucket_and_never_more_than_the_greatest() -> None:
    lag = LoopLag()
    for _ in range(99):
        lag.note(0.0005)
    lag.note(0.03)
    assert (lag.quantile(0.5), lag.quantile(0.99), lag.quantile(1)) == (0.001, 0.001, 0.03)
    lag.note(12.0)
    assert lag.quantile(1) == 12.0


def test_nothing_measured_is_no_lag() -> None:
    assert LoopLag().quantile(0.99) == 0.0


def test_what_holds_the_loop_is_measured_and_a_wait_is_not() -> None:
    lag = LoopLag()

    async def hold() -> float:
        lag.start()
        await asyncio.sleep(0.12)
        before = lag.greatest
        time.sleep(0.3)  # noqa: ASYNC251  # which is what must not happen
        await asyncio.sleep(0.06)
        lag.stop()
        lag.stop()
        return before

    assert asyncio.run(hold()) < 0.2 < lag.greatest < 1
    assert lag.quantile(1) == lag.greatest


def test_it_takes_the_same_room_however_long_it_measures() -> None:
    lag = LoopLag()
    for number in range(10_000):
        lag.note(number / 1000)
    assert len(lag.counts) == len(BOUNDS) + 1


def test_a_server_measures_from_its_start_to_its_end() -> None:
    server = build(load_settings({"scenario": "empty", "reset_at": "never"}))

    async def serve() -> None:
        await server.background_tasks.start()
        await asyncio.sleep(0.12)
        await server.background_tasks.stop()

    try:
        asyncio.run(serve())
        assert server.background_tasks.loop_lag.beats >= 1
    finally:
        server.close()
