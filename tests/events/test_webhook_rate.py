"""Webhooks are no cannon: one event for a thousand registrations of a target calls it ten times a second, and holds up nobody else.

The delivery worker works with a limiter whose time a test moves; the receiver asks for its turn as the sender does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.events import webhook_endpoints
from sandbox.events.call_turn import CallTurn
from sandbox.events.delivery_worker import Pace
from sandbox.events.http_client import Outcome
from sandbox.events.outbox import WEBHOOKS
from sandbox.events.waiting_calls import WaitingCall
from sandbox.events.webhook_rate_limiter import WebhookRateLimiter
from sandbox.events.webhook_url import parse_webhook_url
from tests.events.deliveries import Receiver, Room, answer

VICTIM, OTHER = "93.184.215.14", "93.184.215.15"
TARGETED = "https://victim.example/hook"


class TargetedReceiver(Receiver):
    """Every name has the victim's address, unless it is told another one; `moments` are those at which the victim was called."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.addresses: dict[str, tuple[str, ...]] = {}
        self.moments: list[float] = []
        self.asked = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, turn: CallTurn | None = None) -> Outcome:
        self.asked += 1
        target = parse_webhook_url(url)
        address = self.addresses.get(target.host, target.addresses or (VICTIM,))
        if turn is not None:
            turn.take(turn.known() or turn.found(replace(target, addresses=address)))
        if address == (VICTIM,):
            self.moments.append(self.now)
        return await super().post(url, headers, body, turn)


class Target(Room):
    def __init__(self, pace: Pace | None = None, directory: Path | None = None) -> None:
        self.victim = TargetedReceiver()
        self.limiter: WebhookRateLimiter[WaitingCall] = WebhookRateLimiter(now=lambda: self.victim.now)
        super().__init__(directory, receiver=self.victim, pace=pace, limiter=self.limiter)

    def pass_time(self, seconds: float) -> None:
        """As the event loop counts it, in steps of a twentieth."""
        for _ in range(round(seconds * 20)):
            self.victim.now += 0.05
            self.idle()


@pytest.fixture
def room() -> Iterator[Target]:
    room = Target()
    room.start()
    yield room
    room.close()


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(1 for other in moments if one <= other < one + 0.999) for one in moments)


def test_one_event_for_many_registrations_of_a_target_calls_it_ten_times_a_second(room: Target) -> None:
    for number in range(300):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    assert len(room.victim.moments) == 10
    room.pass_time(5)
    assert most_in_a_second(room.victim.moments) == 10
    assert len(room.victim.moments) == pytest.approx(50, abs=4)


def test_many_names_workspaces_and_notations_do_not_multiply_it(room: Target) -> None:
    for number in range(30):
        room.webhook(f"https://name-{number}.example/hook")
        room.webhook(f"https://{VICTIM}/hook", f"workspace-{number}")
        room.webhook(f"https://victim.example/hook?{number}", f"workspace-{number}")
        room.happen()
        room.happen(name=f"workspace-{number}")
    room.idle()
    assert len(room.receiver.calls) == 10
    room.pass_time(3)
    assert most_in_a_second(room.victim.moments) == 10


def test_a_delivery_that_waits_for_its_turn_is_no_failed_attempt(room: Target) -> None:
    for number in range(30):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    waiting = [one for one in room.deliveries() if one["status"] == "pending"]
    assert len(waiting) == 20
    assert all((one["attempts"], one["failures"]) == ([], 0) for one in waiting)
    room.pass_time(4)
    assert room.statuses() == ["delivered"] * 30
    assert [len(one["attempts"]) for one in room.deliveries()] == [1] * 30


def test_those_who_wait_take_no_place_and_hold_up_no_other_target(room: Target) -> None:
    for number in range(100):
        room.webhook(f"{TARGETED}?{number}")
    room.webhook("https://other.example/hook")
    room.victim.addresses["other.example"] = (OTHER,)
    room.happen(5)
    room.idle()
    assert room.receiver.numbers("https://other.example/hook") == [1, 2, 3, 4, 5]
    assert len(room.victim.moments) == 10


def test_where_others_wait_for_the_same_host_nobody_asks_for_its_address_first(room: Target) -> None:
    for number in range(300):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    assert room.victim.asked <= 10 + Pace().endpoints
    room.pass_time(3)
    assert room.victim.asked <= len(room.victim.moments) + Pace().endpoints


def test_a_host_that_nobody_waits_for_any_more_is_called_at_once(room: Target) -> None:
    for number in range(15):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.pass_time(5)
    room.happen()
    room.idle()
    assert len(room.receiver.calls) == 25


def test_failing_webhooks_that_wait_hold_up_no_other_failing_one(room: Target) -> None:
    room.receiver.answers = lambda posted: answer(500)
    for number in range(40):
        room.webhook(f"{TARGETED}?{number}")
    room.webhook("https://other.example/hook")
    room.victim.addresses["other.example"] = (OTHER,)
    room.happen()
    room.idle()
    room.pass_time(6)
    assert all(one["failures"] == 1 for one in room.deliveries())
    room.clock.advance(timedelta(seconds=10))
    room.idle()
    assert len(room.receiver.numbers("https://other.example/hook")) == 2


def test_one_registration_of_another_workspace_does_not_wait_behind_a_thousand(room: Target) -> None:
    for number in range(300):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    room.webhook(TARGETED, "second")
    room.happen(name="second")
    room.pass_time(1.2)
    assert room.statuses("second") == ["delivered"]


def test_a_receiver_that_hangs_has_no_more_calls_at_a_time_than_before() -> None:
    room = Target(Pace(endpoints=8, altogether=256, a_second=1e6))
    room.start()
    for number in range(40):
        room.webhook(f"{TARGETED}?{number}")
        room.receiver.hang(f"{TARGETED}?{number}")
    room.happen()
    room.until(lambda: len(room.receiver.calls) == 8)
    for _ in range(100):
        room.victim.now += 0.1
        room.run(_turns(room))
    assert len(room.receiver.calls) == room.receiver.most_at_a_time == 8
    for gate in room.receiver.hanging.values():
        gate.set()
    room.idle()
    room.pass_time(5)
    assert room.statuses() == ["delivered"] * 40
    room.close()


async def _turns(room: Target) -> None:
    room.delivery_worker._waiting_calls.look()


def test_what_is_given_up_while_it_waits_costs_the_others_no_turn(room: Target) -> None:
    for number in range(100):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    waiting = [one["webhook_id"] for one in room.deliveries() if one["status"] == "pending"]
    with room.workspace().transaction() as tx:
        for webhook in waiting:
            webhook_endpoints.delete(tx, tx.get(WEBHOOKS, webhook) or {})
    room.webhook(TARGETED, "second")
    room.webhook(f"{TARGETED}?again")
    room.happen(name="second")
    room.happen()
    room.pass_time(2.5)
    assert len(room.receiver.calls) == 10 + 1 + 11
    assert [one["attempts"] for one in room.deliveries() if one["status"] == "disabled"] == [[]] * 90


def test_what_waits_when_the_server_ends_is_delivered_after_the_next_start(tmp_path: Path) -> None:
    first = Target(directory=tmp_path)
    first.start()
    for number in range(15):
        first.webhook(f"{TARGETED}?{number}")
    first.happen()
    first.idle()
    first.close()
    second = Target(directory=tmp_path)
    second.start()
    second.idle()
    assert second.statuses() == ["delivered"] * 15
    assert len(first.receiver.calls + second.receiver.calls) == 15
    second.close()


def test_a_workspace_that_is_closed_while_it_waits_is_opened_again_and_gets_its_turn(tmp_path: Path) -> None:
    room = Target(directory=tmp_path)
    room.start()
    for number in range(15):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    room.pass_time(2)
    assert room.statuses() == ["delivered"] * 15
    assert len(room.receiver.calls) == 15
    room.close()


def test_the_order_of_one_webhooks_events_stays(room: Target) -> None:
    for number in range(12):
        room.webhook(f"{TARGETED}?{number}")
    room.happen(3)
    room.pass_time(5)
    assert [room.receiver.numbers(f"{TARGETED}?{number}") for number in range(12)] == [[1, 2, 3]] * 12


def test_a_moved_clock_and_an_emptied_log_leave_nobody_waiting_for_ever(room: Target) -> None:
    for number in range(15):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    room.clock.advance(timedelta(days=-30))
    room.idle()
    room.clock.advance(timedelta(days=60))
    room.pass_time(2)
    assert room.statuses() == ["delivered"] * 15


def test_a_worker_without_a_limiter_calls_whatever_is_due() -> None:
    room = Room()
    room.start()
    for number in range(50):
        room.webhook(f"{TARGETED}?{number}")
    room.happen()
    room.idle()
    assert len(room.receiver.calls) == 50
    room.close()
