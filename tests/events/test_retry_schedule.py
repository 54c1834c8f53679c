"""What follows a failed attempt: the schedule on the workspace's clock, Retry-After, 410, the last failure, a clock put back."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate

import pytest

from sandbox.events.outbox import DELIVERIES, WEBHOOKS
from sandbox.events.retry_schedule import LONGEST, RETRY_AFTER, next_due
from tests.events.deliveries import NOON, ONE, TWO, Room, answer, silence

SCHEDULE = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
JUST_BEFORE = timedelta(microseconds=1)


def test_the_schedule_is_that_of_the_specification() -> None:
    assert [pause.total_seconds() for pause in RETRY_AFTER] == SCHEDULE


def test_no_pause_is_shorter_than_the_schedule_nor_longer_than_a_day() -> None:
    assert next_due(1, 0, timedelta(seconds=1)) == 5_000_000
    assert next_due(1, 0, timedelta(days=6)) == LONGEST // timedelta(microseconds=1)
    assert next_due(len(SCHEDULE) + 1, 0, timedelta(seconds=1)) is None


def test_a_failed_delivery_is_tried_at_exactly_these_moments(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.happen()
    room.idle()
    for number, pause in enumerate(SCHEDULE, start=1):
        room.clock.advance(timedelta(seconds=pause) - JUST_BEFORE)
        room.idle()
        assert (len(room.receiver.calls), room.statuses()) == (number, ["pending"])
        room.clock.advance(JUST_BEFORE)
        room.idle()
        assert len(room.receiver.calls) == number + 1
    moments = [datetime.fromisoformat(one["at"]) for one in room.deliveries()[0]["attempts"]]
    assert moments == [NOON + timedelta(seconds=after) for after in accumulate([0, *SCHEDULE])]
    assert len({one.id for one in room.receiver.calls}) == len({one.body for one in room.receiver.calls}) == 1


def test_the_last_failure_ends_the_delivery_and_its_endpoint_with_all_that_waits_there(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500) if posted.url == ONE else answer(200)
    webhook, other = room.webhook(), room.webhook(TWO)
    room.happen()
    room.idle()
    for pause in SCHEDULE:
        if pause == SCHEDULE[-1]:
            room.happen()
        room.advance(seconds=pause)
    of_one = [one for one in room.deliveries() if one["webhook_id"] == webhook]
    assert [(one["status"], one["reason"]) for one in of_one] == [
        ("failed", "The last of 10 attempts failed"),
        ("disabled", "The last of 10 attempts failed (delivery 1)"),
    ]
    assert all("due" not in one and "waiting" not in one for one in of_one)
    table = room.workspace().table(WEBHOOKS)
    assert table.live[webhook]["_disabled"]["reason"] == "The last of 10 attempts failed (delivery 1)"
    assert "_disabled" not in table.live[other]
    calls = len(room.receiver.calls)
    room.happen()
    room.advance(days=3)
    assert [one.url for one in room.receiver.calls[calls:]] == [TWO]


def test_moving_the_workspaces_clock_by_an_hour_runs_what_is_due_then(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(503)
    room.webhook()
    room.happen()
    room.idle()
    for hours, attempts in ((1, 2), (1, 3), (1, 4), (1, 4), (1, 5)):
        room.workspace().change(offset=room.workspace().metadata.offset + hours * 3600 * 10**6)
        room.idle()
        assert len(room.receiver.calls) == attempts


def test_a_clock_put_back_takes_what_is_due_back_with_it(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    workspace = room.workspace()
    workspace.change(offset=30 * 86_400 * 10**6)
    room.happen()
    room.idle()
    workspace.change(offset=0)
    room.advance(seconds=4)
    assert len(room.receiver.calls) == 1
    room.advance(seconds=1)
    assert len(room.receiver.calls) == 2
    assert [one["at"] for one in room.deliveries()[0]["attempts"]] == ["2026-12-22T12:00:00Z", "2026-11-22T12:00:05Z"]


def test_the_pause_that_a_receiver_asks_for_is_kept(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(429, retry_after=timedelta(minutes=2))
    room.webhook()
    room.happen()
    room.idle()
    room.advance(seconds=119)
    assert len(room.receiver.calls) == 1
    room.advance(seconds=1)
    assert len(room.receiver.calls) == 2
    room.advance(minutes=2)  # the second pause of the schedule is longer than what was asked for
    assert len(room.receiver.calls) == 2
    room.advance(minutes=3)
    assert len(room.receiver.calls) == 3


def test_a_receiver_that_is_gone_is_called_no_more(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(410)
    webhook = room.webhook()
    room.happen(3)
    room.idle()
    assert room.receiver.numbers() == [1]
    assert room.statuses() == ["failed", "disabled", "disabled"]
    assert room.workspace().table(WEBHOOKS).live[webhook]["_disabled"] == {
        "at": "2026-11-22T12:00:00Z",
        "reason": "The receiver answered 410: it wants no more calls (delivery 1)",
    }


@pytest.mark.parametrize("status", [199, 300, 301, 400, 404, 500, 599])
def test_anything_but_2xx_is_a_failure(room: Room, status: int) -> None:
    room.receiver.answers = lambda posted: answer(status)
    room.webhook()
    room.happen()
    room.idle()
    assert room.statuses() == ["pending"]
    room.receiver.answers = lambda posted: answer(299)
    room.advance(seconds=5)
    assert room.statuses() == ["delivered"]


def test_an_attempt_is_written_down_with_all_that_was_seen_of_it(room: Room) -> None:
    room.receiver.answers = lambda posted: silence() if len(room.receiver.calls) == 1 else answer(200, b"caf\xc3\xa9 \xff\0")
    room.webhook()
    room.workspace().change(offset=3600 * 10**6)
    room.happen()
    room.idle()
    room.advance(seconds=5)
    (delivery,) = room.deliveries()
    real = int(NOON.timestamp())
    assert delivery["attempts"] == [
        {
            "at": "2026-11-22T13:00:00Z", "timestamp": real, "duration": 0.5,
            "status_code": None, "body": None, "error": "The connection was refused",
        },
        {"at": "2026-11-22T13:00:05Z", "timestamp": real + 5, "duration": 0.013, "status_code": 200, "body": "café \ufffd\0", "error": None},
    ]  # fmt: skip
    assert (delivery["status"], delivery["failures"], delivery.get("due"), delivery.get("waiting")) == ("delivered", 1, None, None)


def test_of_very_many_attempts_the_newest_twenty_are_kept(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.happen()
    room.idle()
    workspace = room.workspace()
    for number in range(25):  # delivered anew by hand, again and again
        with workspace.transaction() as tx:
            tx.replace(DELIVERIES, {**workspace.table(DELIVERIES).live[1], "failures": 0, "due": tx.elapsed})
        room.receiver.answers = lambda posted, number=number: answer(500, str(number).encode())  # type: ignore[misc]
        room.idle()
    assert [one["body"] for one in room.deliveries()[0]["attempts"]] == [str(number) for number in range(5, 25)]
