"""A disk that fails costs nobody an event, tells nobody of what it took back, and calls no receiver again and again."""

from __future__ import annotations

import errno
import os
from datetime import timedelta

import pytest

from sandbox.events.http_client import Outcome
from sandbox.events.outbox import DELIVERIES
from sandbox.state import fsync
from tests.events.conftest import Begin
from tests.events.deliveries import NOON, Posted, answer


def test_an_attempt_that_cannot_be_written_down_is_made_again_in_a_minute(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    room = begin()
    go_on = room.in_the_middle()
    with pytest.MonkeyPatch.context() as full:
        real = os.write

        def write(descriptor: int, data: bytes) -> int:
            if DELIVERIES.encode() in bytes(data):
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(descriptor, data)

        full.setattr(os, "write", write)
        go_on()
        assert (len(room.receiver.calls), room.statuses()) == (1, ["pending"])
        room.advance(seconds=59)
        assert len(room.receiver.calls) == 1, "a full disk is no reason to call a receiver again and again"
    assert "No space left on device" in capsys.readouterr().err
    room.advance(seconds=1)
    assert [one.id for one in room.receiver.calls] == [room.receiver.calls[0].id] * 2
    assert room.statuses() == ["delivered"]


def test_with_durability_power_nobody_is_told_what_the_disk_may_take_back(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    room = begin(durability="power")
    room.webhook()
    room.settle()
    told_before_settled: list[int] = []
    real = os.fsync

    def syncs(descriptor: int) -> None:
        told_before_settled.append(len(room.receiver.calls))
        real(descriptor)

    monkeypatch.setattr(fsync.os, "fsync", syncs)
    room.happen()
    room.idle()
    assert (told_before_settled[0], len(room.receiver.calls)) == (0, 1)


def test_what_the_disk_took_back_is_told_to_nobody(begin: Begin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    room = begin(durability="power")
    room.webhook()
    room.settle()

    def syncs(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(fsync.os, "fsync", syncs)
        room.happen()
        room.idle()
    assert "those of the workspace go on in a minute" in capsys.readouterr().err
    assert room.deliveries() == []
    (event,) = room.happen()
    room.advance(minutes=1)
    assert [(one.id, one.number) for one in room.receiver.calls] == [(event["event_id"], 2)]


def test_a_success_that_the_disk_took_back_is_sent_once_more(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    room = begin(durability="power")
    room.webhook()
    room.happen()
    room.idle()
    assert room.statuses() == ["delivered"]

    def syncs(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(fsync.os, "fsync", syncs)
        with pytest.raises(OSError, match="Input/output error"):
            room.settle()
    assert room.statuses() == ["pending"]
    room.idle()
    assert [one.id for one in room.receiver.calls] == [room.receiver.calls[0].id] * 2


def test_a_server_clock_put_back_makes_no_pause_longer(begin: Begin, capsys: pytest.CaptureFixture[str]) -> None:
    room = begin()

    def fail(posted: Posted) -> Outcome:
        raise OSError(errno.ENOSPC, "No space left on device")

    room.receiver.answers = fail
    room.webhook()
    room.happen()
    room.idle()
    assert "No space left" in capsys.readouterr().err
    room.receiver.answers = lambda posted: answer(200)
    room.workspace().change(offset=2 * 86_400 * 10**6)
    room.clock.set(NOON - timedelta(days=1))
    room.idle()
    assert room.statuses() == ["delivered"]
