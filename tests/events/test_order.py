"""Order is kept per endpoint where nothing fails, and nobody waits for another's receiver longer than fairness asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from sandbox.events.delivery_worker import Pace
from tests.events.conftest import Begin
from tests.events.deliveries import ONE, TWO, Room, answer


@pytest.fixture
def paced() -> Iterator[Callable[[Pace], Room]]:
    """Starts a delivery worker that keeps a pace."""
    rooms: list[Room] = []

    def begin(pace: Pace) -> Room:
        rooms.append(Room(pace=pace))
        rooms[-1].start()
        return rooms[-1]

    yield begin
    for room in rooms:
        room.close()


def test_each_endpoint_gets_its_events_in_their_order(room: Room) -> None:
    room.webhook(ONE)
    room.webhook(TWO)
    for _ in range(5):
        room.happen(4)
    room.idle()
    assert room.receiver.numbers(ONE) == room.receiver.numbers(TWO) == list(range(1, 21))
    assert set(room.statuses()) == {"delivered"}


def test_what_failed_comes_later_and_holds_nothing_behind_it(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500 if posted.number == 2 and len(room.receiver.numbers()) < 4 else 200)
    room.webhook()
    room.happen(4)
    room.idle()
    room.advance(seconds=5)
    assert room.receiver.numbers() == [1, 2, 3, 4, 2]


def test_an_endpoint_is_called_once_at_a_time(room: Room) -> None:
    gate = room.receiver.hang(ONE)
    room.webhook()
    room.happen(3)
    room.until(lambda: len(room.receiver.calls) == 1)
    room.run(asyncio.sleep(0.01))
    assert len(room.receiver.calls) == 1
    gate.set()
    room.idle()
    assert (room.receiver.numbers(), room.receiver.most_at_a_time) == ([1, 2, 3], 1)


def test_an_endpoint_that_hangs_holds_neither_another_nor_another_workspace(room: Room) -> None:
    gate = room.receiver.hang(ONE)
    for name in ("default", "second"):
        room.webhook(ONE, name)
        room.webhook(TWO, name)
        room.happen(20, name)
    room.until(lambda: len(room.receiver.numbers(TWO)) == 40)
    assert len(room.receiver.numbers(ONE)) == 2
    gate.set()
    room.idle()
    assert room.receiver.numbers(ONE)[:2] == [1, 21]
    assert sorted(room.receiver.numbers(ONE)) == list(range(1, 41))


def test_more_hanging_endpoints_than_are_called_at_a_time_leave_the_others_their_turn(paced: Callable[[Pace], Room]) -> None:
    room = paced(Pace(endpoints=2, a_second=1e6))
    hanging = [f"https://hangs-{number}.example/" for number in range(4)]
    gates = [room.receiver.hang(url) for url in hanging]
    for url in (*hanging, ONE):
        room.webhook(url)
    room.happen(3)
    room.until(lambda: len(room.receiver.calls) == 2)
    for gate in gates:
        gate.set()  # as a time limit does, which ends each call
    room.idle()
    assert room.receiver.numbers(ONE) == [1, 2, 3]
    order = [one.url for one in room.receiver.calls]
    assert order.index(ONE) == 4, "each endpoint had one turn before any had two"
    assert room.receiver.most_at_a_time == 2


def test_dead_endpoints_leave_half_of_the_places_to_those_that_live(paced: Callable[[Pace], Room]) -> None:
    room = paced(Pace(endpoints=4, a_second=1e6))
    dead = [f"https://dead-{number}.example/" for number in range(20)]
    for url in (*dead, ONE, TWO):
        room.webhook(url)
    room.receiver.answers = lambda posted: answer(200 if posted.url in (ONE, TWO) else 500)
    room.happen()
    room.idle()
    gates = [room.receiver.hang(url) for url in dead]
    room.clock.advance(timedelta(seconds=5))  # they are tried again, and hang
    room.happen(30)
    room.until(lambda: len(room.receiver.numbers(ONE)) == len(room.receiver.numbers(TWO)) == 31)
    assert len(room.receiver.calls) == 22 + 60 + 2, "two dead ones are being called"
    for gate in gates:
        gate.set()
    room.idle()


def test_dead_endpoints_are_known_for_that_after_a_restart(begin: Begin) -> None:
    room = begin(pace=Pace(endpoints=2, a_second=1e6))
    for number in range(10):
        room.webhook(f"https://dead-{number}.example/")
    room.webhook(ONE)
    room.receiver.answers = lambda posted: answer(200 if posted.url == ONE else 500)
    room.happen()
    room.idle()
    room.close()

    room = begin(pace=Pace(endpoints=2, a_second=1e6))
    for number in range(10):
        room.receiver.hang(f"https://dead-{number}.example/")
    room.clock.advance(timedelta(seconds=5))
    room.happen(20)
    room.until(lambda: len(room.receiver.numbers(ONE)) == 20)


def test_hundreds_of_dead_endpoints_delay_a_living_one_by_a_turn_in_four(paced: Callable[[Pace], Room]) -> None:
    room = paced(Pace(a_second=1e6))
    for number in range(300):
        room.webhook(f"https://dead-{number}.example/")
    room.webhook(ONE)
    room.receiver.answers = lambda posted: answer(200 if posted.url == ONE else 500)
    room.happen()
    room.idle()
    begun = len(room.receiver.calls)
    room.happen(30)
    room.idle()
    order = [one.url for one in room.receiver.calls[begun:]]
    last = len(order) - order[::-1].index(ONE)
    assert order.count(ONE) == 30
    assert last <= 30 + 30 * 4, "in between there are those that its own calls leave room for"


def test_so_many_calls_are_under_way_at_most_and_workspaces_wait_for_room_in_turn(paced: Callable[[Pace], Room]) -> None:
    room = paced(Pace(altogether=3, a_second=1e6))
    names = [f"number-{number}" for number in range(5)]
    gates = [room.receiver.hang(f"https://{name}.example/") for name in names]
    for name in names:
        room.webhook(f"https://{name}.example/", name)
        room.happen(2, name)
    room.until(lambda: len(room.receiver.calls) == 3)
    for gate in gates:
        gate.set()
    room.idle()
    assert (room.receiver.most_at_a_time, len(room.receiver.calls)) == (3, 10)
    assert all(room.statuses(name) == ["delivered", "delivered"] for name in names)


def test_a_workspace_with_many_deliveries_keeps_no_room_from_another(paced: Callable[[Pace], Room]) -> None:
    room = paced(Pace(altogether=1, a_second=1e6))
    for name, url in (("first", ONE), ("second", TWO)):
        room.webhook(url, name)
        room.happen(5, name)
    room.idle()
    assert [one.url for one in room.receiver.calls] == [ONE, TWO] * 5


def test_attempts_of_a_workspace_begin_at_a_pace(paced: Callable[[Pace], Room]) -> None:
    room = paced(Pace(a_second=200))
    room.webhook()
    room.happen(21)

    async def timed() -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await room.delivery_worker.idle()
        return loop.time() - before

    assert room.run(timed()) >= 20 / 200 - 0.01
    assert room.receiver.numbers() == list(range(1, 22))


def test_a_new_event_goes_out_by_itself_soon_after_its_commit(room: Room) -> None:
    room.webhook()
    room.idle()
    room.happen()
    assert room.receiver.calls == []
    room.until(lambda: room.statuses() == ["delivered"])


def test_thousands_in_a_queue_are_delivered_once_each(room: Room) -> None:
    room.webhook(ONE)
    room.webhook(TWO)
    room.happen(2000)
    room.idle()
    assert room.receiver.numbers(ONE) == room.receiver.numbers(TWO) == list(range(1, 2001))
