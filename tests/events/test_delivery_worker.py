"""What is sent, and when: signatures, starts and stops, restarts, and workspaces that are closed meanwhile."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from sandbox.events import webhook_endpoints
from sandbox.events.outbox import WEBHOOKS
from sandbox.state import workspaces
from sandbox.state.workspaces import Workspaces
from tests.events.conftest import Begin
from tests.events.deliveries import NOON, ONE, SECRET, TWO, Room, answer

# What is sent.


def test_each_attempt_is_signed_anew_in_real_time_over_the_same_body(room: Room) -> None:
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.workspace().change(offset=90 * 86_400 * 10**6)
    room.happen()
    room.idle()
    room.advance(seconds=5)
    first, second = room.receiver.calls
    assert (first.id, first.body) == (second.id, second.body)
    assert [int(one.headers["webhook-timestamp"]) - int(NOON.timestamp()) for one in (first, second)] == [0, 5]
    for one in (first, second):
        moment = NOON + timedelta(seconds=int(one.headers["webhook-timestamp"]) - int(NOON.timestamp()))
        assert one.headers["webhook-signature"] == Webhook(SECRET).sign(one.id, moment, one.body.decode())


def test_both_secrets_sign_for_a_day_of_the_workspaces_time(room: Room) -> None:
    webhook = room.webhook()
    with room.workspace().transaction() as tx:
        webhook_endpoints.rotate(tx, room.workspace().table(WEBHOOKS).live[webhook], "whsec_TmV3U2VjcmV0Rm9yVGhlVGVzdHM=")
    for hours, signatures in ((0, 2), (23, 2), (1, 1)):
        room.advance(hours=hours)
        room.happen()
        room.idle()
        assert len(room.receiver.calls[-1].headers["webhook-signature"].split()) == signatures


def test_nobody_is_called_before_the_delivery_worker_is_started_nor_after_it_is_stopped() -> None:
    room = Room()
    room.webhook()
    room.happen()
    room.idle()
    assert room.receiver.calls == []
    room.start()
    room.idle()
    assert len(room.receiver.calls) == 1
    room.run(room.delivery_worker.stop())
    room.happen()
    room.idle()
    assert len(room.receiver.calls) == 1
    room.close()


# Restarts and idle workspaces.


def test_what_was_pending_is_sent_once_more_after_a_restart_under_the_same_id(begin: Begin) -> None:
    first = begin()
    first.webhook(ONE)
    first.webhook(TWO, "second")
    first.receiver.hang(ONE)
    first.receiver.answers = lambda posted: answer(500)
    (event,) = first.happen()
    first.happen(1, "second")
    first.until(lambda: len(first.receiver.calls) == 2 and first.deliveries("second")[0]["failures"] == 1)
    first.close()

    second = begin()
    second.idle()
    assert [one.id for one in second.receiver.calls] == [event["event_id"]]
    assert second.receiver.calls[0].body == first.receiver.calls[0].body
    second.advance(seconds=5)
    assert second.receiver.numbers(TWO) == [2]
    assert (second.statuses(), second.statuses("second")) == (["delivered"], ["delivered"])


def test_a_workspace_closed_for_being_idle_is_opened_when_its_delivery_is_due(begin: Begin) -> None:
    room = begin()
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.happen()
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    assert room.workspaces.all_opened() == []
    room.advance(seconds=4)
    assert room.workspaces.all_opened() == []
    room.receiver.answers = lambda posted: answer(200)
    room.advance(seconds=1)
    assert [one.name for one in room.workspaces.all_opened()] == ["default"]
    assert room.statuses() == ["delivered"]


def test_a_workspace_with_nothing_pending_sleeps_on(begin: Begin) -> None:
    room = begin()
    room.webhook()
    room.happen()
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    room.advance(days=3)
    assert room.workspaces.all_opened() == []


def test_a_workspace_is_not_closed_while_a_receiver_has_its_call(begin: Begin) -> None:
    room = begin()
    go_on = room.in_the_middle()
    for _ in range(3):
        room.workspaces.close_idle()
    assert [one.name for one in room.workspaces.all_opened()] == ["default"]
    go_on()
    assert (room.statuses(), len(room.receiver.calls)) == (["delivered"], 1)


def test_workspaces_opened_for_their_deliveries_make_room_for_each_other(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "MOST_OPEN", 1)
    room = begin()
    room.receiver.answers = lambda posted: answer(500)
    names = ("first", "second", "third")
    for name in names:
        room.webhook(f"https://{name}.example/", name)
        room.happen(name=name)
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    room.receiver.answers = lambda posted: answer(200)
    room.advance(seconds=5)
    assert len(room.workspaces.all_opened()) == 1
    assert [room.statuses(name) for name in names] == [["delivered"]] * 3


def test_a_closed_workspace_that_cannot_be_opened_is_tried_again_in_ten_minutes(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = begin()
    room.receiver.answers = lambda posted: answer(500)
    room.webhook()
    room.happen()
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    with monkeypatch.context() as broken:

        def get(self: Workspaces, name: str) -> None:
            raise OSError(errno.EIO, "Input/output error")

        broken.setattr(Workspaces, "get", get)
        room.advance(seconds=5)
    assert "could not be opened for its deliveries" in capsys.readouterr().err
    room.advance(minutes=9)
    assert len(room.receiver.calls) == 1
    room.advance(minutes=1)
    assert len(room.receiver.calls) == 2


def test_a_closed_workspace_that_was_deleted_is_forgotten(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    room = begin()
    room.receiver.answers = lambda posted: answer(500)
    room.webhook(name="second")
    room.happen(name="second")
    room.idle()
    for _ in range(2):
        room.workspaces.close_idle()
    room.workspaces.delete("second")
    room.advance(days=5)
    assert (len(room.receiver.calls), capsys.readouterr().err) == (1, "")
