"""Long work takes turns: each workspace has a line of its own, and nobody waits for more than a slice of another's."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from sandbox.fair_scheduler import Abandoned, FairScheduler, Pause


def scheduled(work: Callable[[FairScheduler], Coroutine[Any, Any, Any]]) -> Any:
    async def within() -> Any:
        scheduler = FairScheduler()
        try:
            return await asyncio.wait_for(work(scheduler), 20)
        finally:
            scheduler.close()

    return asyncio.run(within())


def steps(count: int, told: list[str], name: str) -> Callable[[Pause], None]:
    """So many steps of three milliseconds, each more than a slice."""

    def work(pause: Pause) -> None:
        for _ in range(count):
            time.sleep(0.003)
            told.append(name)
            pause()

    return work


async def begun(told: list[str]) -> None:
    """Returns once some work has begun, in its thread."""
    async with asyncio.timeout(10):
        while not told:  # noqa: ASYNC110  # threads tell no event of asyncio's
            await asyncio.sleep(0.001)


def test_a_short_work_is_done_while_a_long_one_of_another_workspace_goes_on() -> None:
    told: list[str] = []

    async def both(scheduler: FairScheduler) -> None:
        long = asyncio.create_task(scheduler.run("one", steps(200, told, "long")))
        await begun(told)
        await scheduler.run("two", steps(3, told, "short"))
        assert not long.done()
        long.cancel()

    scheduled(both)
    assert told.count("short") == 3
    assert told.count("long") < 100


def test_turns_go_round_between_workspaces_however_many_works_one_of_them_asks_for() -> None:
    told: list[str] = []

    async def crowd(scheduler: FairScheduler) -> None:
        many = [asyncio.create_task(scheduler.run("greedy", steps(10, told, "greedy"))) for _ in range(30)]
        await begun(told)
        await scheduler.run("modest", steps(10, told, "modest"))
        for one in many:
            one.cancel()

    scheduled(crowd)
    between = told[told.index("modest") : len(told) - told[::-1].index("modest")]
    assert between.count("greedy") <= 2 * between.count("modest")


def test_a_workspace_has_one_work_at_a_time_and_in_the_order_asked_for() -> None:
    told: list[str] = []

    async def two(scheduler: FairScheduler) -> None:
        await asyncio.gather(*(scheduler.run("one", steps(5, told, name)) for name in ("first", "second")))

    scheduled(two)
    assert told == ["first"] * 5 + ["second"] * 5


def test_work_of_another_kind_does_not_stand_behind_what_is_long() -> None:
    told: list[str] = []

    async def two(scheduler: FairScheduler) -> None:
        long = asyncio.create_task(scheduler.run("one", steps(300, told, "long")))
        await scheduler.run("one", steps(1, told, "short"), "requests")
        assert not long.done()
        long.cancel()

    scheduled(two)


def test_of_all_that_is_under_way_one_thread_runs() -> None:
    running, most = [0], [0]
    lock = threading.Lock()

    def work(pause: Pause) -> None:
        for _ in range(10):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.003)
            with lock:
                running[0] -= 1
            pause()

    async def many(scheduler: FairScheduler) -> None:
        await asyncio.gather(*(scheduler.run(f"workspace {number}", work) for number in range(5)))

    scheduled(many)
    assert most == [1]


def test_what_it_gives_and_raises_is_handed_on() -> None:
    def fail(pause: Pause) -> None:
        raise ValueError("no")

    async def both(scheduler: FairScheduler) -> int:
        with pytest.raises(ValueError, match="no"):
            await scheduler.run("one", fail)
        return await scheduler.run("one", lambda pause: 7)

    assert scheduled(both) == 7


def test_work_whose_caller_has_left_is_given_up_and_lets_the_next_one_in() -> None:
    ended: list[str] = []

    def endless(pause: Pause) -> None:
        try:
            while True:
                time.sleep(0.003)
                pause()
        except Abandoned:
            ended.append("given up")
            raise

    async def leave(scheduler: FairScheduler) -> int:
        task = asyncio.create_task(scheduler.run("one", endless))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await scheduler.run("one", lambda pause: 7)

    assert scheduled(leave) == 7
    assert ended == ["given up"]


def test_what_is_under_way_ends_with_the_scheduler() -> None:
    ended = threading.Event()

    def endless(pause: Pause) -> None:
        try:
            while True:
                time.sleep(0.003)
                pause()
        finally:
            ended.set()

    async def close(scheduler: FairScheduler) -> None:
        scheduler.begin("one", endless)
        await asyncio.sleep(0.05)
        scheduler.close()
        scheduler.close()

    scheduled(close)
    assert ended.wait(5)


def test_steps_on_the_loop_leave_it_to_others_in_between() -> None:
    seen: list[int] = []
    done = [0]

    def slow_steps() -> Iterator[None]:
        for number in range(50):
            time.sleep(0.003)
            done[0] = number
            yield

    async def look(scheduler: FairScheduler) -> None:
        task = asyncio.create_task(scheduler.on_the_loop("one", slow_steps()))
        while not task.done():  # to see each turn of the loop
            seen.append(done[0])
            await asyncio.sleep(0)
        await task

    scheduled(look)
    assert done == [49]
    assert len(set(seen)) > 25
