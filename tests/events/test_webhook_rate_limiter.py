"""Ten calls of a target in any second, whoever makes them, and turns for those who come too early; time is a number that a test moves."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.events import webhook_rate_limiter
from sandbox.events.call_target import LOOPBACK, CallTarget
from sandbox.events.webhook_rate_limiter import Begun, WebhookRateLimiter

TARGET: CallTarget = ("93.184.215.14", 443)
HERE: CallTarget = (LOOPBACK, 3000)
Waiter = tuple[str, int]


class Room:
    """A limiter, and who got a turn: each uses it at once."""

    def __init__(self, *, strict: bool = False, calls_a_second: int = 10) -> None:
        self.now = 1000.0
        self.limiter: WebhookRateLimiter[Waiter] = WebhookRateLimiter(calls_a_second, lambda: self.now, strict=strict)
        self.begun: list[tuple[float, Waiter]] = []
        self.answers: dict[Waiter, Begun] = {}

    def begin(self, waiter: Waiter) -> Begun:
        answer = self.answers.get(waiter, Begun.YES)
        if answer is Begun.YES:
            self.begun.append((self.now, waiter))
        return answer

    def give_turns(self, target: CallTarget = TARGET) -> float | None:
        before = len(self.begun)
        pause = self.limiter.give_turns(target, self.begin)
        for _, waiter in self.begun[before:]:
            self.limiter.use_turn(target, waiter)
        return pause

    def play(self, seconds: float, target: CallTarget = TARGET) -> None:
        """Time passes as a timer would have it."""
        end = self.now + seconds
        while (pause := self.give_turns(target)) is not None and self.now + pause <= end:
            assert pause > 0
            self.now += pause
        self.now = end

    def taken(self, times: int, target: CallTarget = TARGET) -> int:
        return sum(self.limiter.take(target, ("default", number)) for number in range(times))


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(1 for other in moments if one <= other < one + 1) for one in moments)


@pytest.mark.parametrize("rate", [1, 10, 1000])
def test_no_more_calls_go_out_in_any_second_than_the_rate(rate: int) -> None:
    room = Room(calls_a_second=rate)
    moments = []
    for step in range(4000):
        room.now = 1000 + step / 1000
        moments += [room.now] * room.taken(3)
    assert most_in_a_second(moments) == rate
    assert len(moments) == pytest.approx(4 * rate, rel=0.06)


def test_those_who_wait_get_their_turns_one_after_the_other_at_the_rate() -> None:
    room = Room()
    assert room.taken(11) == 10
    for number in range(100):
        room.limiter.wait(TARGET, "default", ("default", number))
    room.play(5)
    moments = [moment for moment, _ in room.begun]
    assert most_in_a_second([*[1000.0] * 10, *moments]) == 10
    assert len(moments) == pytest.approx(40, abs=3)
    assert [number for _, (_, number) in room.begun] == list(range(len(moments)))


def test_whoever_comes_later_does_not_come_before_those_who_wait() -> None:
    room = Room()
    room.taken(10)
    room.limiter.wait(TARGET, "default", ("default", 1))
    room.now += 2
    assert room.taken(1) == 0
    assert room.give_turns() is None
    assert (room.begun, room.taken(20)) == ([(1002.0, ("default", 1))], 9)


def test_workspaces_take_turns_however_many_wait_in_each() -> None:
    room = Room()
    for number in range(1500):
        room.limiter.wait(TARGET, "many", ("many", number))
    room.play(2)
    for workspace in ("one", "two"):
        room.limiter.wait(TARGET, workspace, (workspace, 1))
    before = len(room.begun)
    room.play(1)
    later = [workspace for _, (workspace, _) in room.begun[before:]]
    assert {*later[:3]} == {"many", "one", "two"}
    assert Counter(later)["many"] >= 7


def test_a_turn_that_is_not_used_counts_until_it_is_given_back() -> None:
    room = Room(calls_a_second=1)
    for number in range(2):
        room.limiter.wait(TARGET, "default", ("default", number))
    assert room.limiter.give_turns(TARGET, room.begin) == 1
    room.now += 60
    assert room.limiter.give_turns(TARGET, room.begin) == 1
    assert [waiter for _, waiter in room.begun] == [("default", 0)]
    room.limiter.give_turn_back(TARGET)
    assert room.limiter.give_turns(TARGET, room.begin) is None
    assert [waiter for _, waiter in room.begun] == [("default", 0), ("default", 1)]


def test_whoever_is_gone_costs_nobody_a_turn_and_whoever_cannot_go_keeps_his_place() -> None:
    room = Room()
    for number in range(1000):
        room.limiter.wait(TARGET, "deleted", ("deleted", number))
        room.answers["deleted", number] = Begun.GONE
    for workspace in ("busy", "default"):
        room.limiter.wait(TARGET, workspace, (workspace, 1))
    room.answers["busy", 1] = Begun.NOT_NOW
    assert room.give_turns() == pytest.approx(0.1)
    assert room.begun == [(1000.0, ("default", 1))]
    del room.answers["busy", 1]
    room.play(1)
    assert [waiter for _, waiter in room.begun] == [("default", 1), ("busy", 1)]


def test_targets_do_not_count_for_each_other() -> None:
    room = Room()
    assert [room.taken(20, ("93.184.215.14", port)) for port in (443, 8443)] == [10, 10]


# This machine.


def test_on_loopback_a_webhook_counts_once_a_second_and_many_webhooks_are_limited() -> None:
    room = Room()
    assert all(room.limiter.take(HERE, ("default", number % 10)) for number in range(1000))
    assert not room.limiter.take(HERE, ("default", 10))
    assert not room.limiter.take(HERE, ("other", 1))
    room.now += 2
    assert room.limiter.take(HERE, ("other", 1))


def test_on_loopback_one_event_for_many_webhooks_goes_out_at_the_rate() -> None:
    room = Room()
    for number in range(1500):
        room.limiter.wait(HERE, "default", ("default", number))
    room.play(3, HERE)
    assert most_in_a_second([moment for moment, _ in room.begun]) == 10


def test_a_rate_that_was_chosen_holds_on_loopback_too() -> None:
    room = Room(strict=True)
    assert sum(room.limiter.take(HERE, ("default", 1)) for _ in range(1000)) == 10


# Memory.


def test_targets_are_forgotten_the_oldest_first_and_never_one_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_rate_limiter, "MOST_TARGETS", 100)
    room = Room()
    room.taken(10)
    room.limiter.wait(TARGET, "default", ("default", 1))
    for port in range(1, 5000):
        room.taken(1, ("198.51.100.7", port))
        assert len(room.limiter) <= 101
    assert room.taken(1) == 0
    assert room.taken(10, ("198.51.100.7", 4999)) == 9
