"""Whatever else happens in the turn of the loop in which something is committed: it sees what is written alone, or nothing of it was there."""

from __future__ import annotations

import errno
import os

import pytest

from tests.asgi import STAFF
from tests.edge.paths.server import CREATE, DELETE, Room, control
from tests.hostile.case import CUSTOMER, post


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_look_at_the_documents_in_the_same_turn_sees_what_is_written_alone(room: Room, fails: bool, first: bool) -> None:
    async def test() -> None:
        (writer,) = await room.connections(1)
        looking = room.paths.open()
        room.disk.fails = fails
        for one, raw in [(looking, control("GET", "/documents/customers")), (writer, CREATE)][:: 1 if first else -1]:
            one.send(raw)
        await room.paths.quiet()
        (written,), (seen,) = writer.answers(), looking.answers()
        assert written.status == (500 if fails else 201)
        if seen.status == 200:
            assert seen.json["meta"]["total_records"] == (1 if fails else 2)
        else:
            assert (fails, seen.status) == (True, 500)

    room.run(test)


def test_a_document_is_not_called_missing_that_may_yet_be_there(room: Room) -> None:
    async def test() -> None:
        (writer,) = await room.connections(1)
        looking = room.paths.open()
        room.disk.fails = True
        looking.send(control("GET", "/documents/customers/1"))
        writer.send(DELETE)
        await room.paths.quiet()
        assert [answer.status for answer in writer.answers() + looking.answers()] == [500, 500]

    room.run(test)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_snapshot_in_the_same_turn_holds_what_is_written_alone(room: Room, fails: bool, first: bool) -> None:
    async def test() -> None:
        (writer,) = await room.connections(1)
        taking = room.paths.open()
        room.disk.fails = fails
        for one, raw in [(taking, control("POST", "/snapshots", b'{"name": "new"}')), (writer, CREATE)][:: 1 if first else -1]:
            one.send(raw)
        await room.paths.quiet()
        room.disk.fails = False
        (written,), (taken,) = writer.answers(), taking.answers()
        assert written.status == (500 if fails else 201)
        if taken.status == 201:
            await room.ask(control("POST", "/snapshots/new/restore"))
            assert len(room.workspace.image().tables["customers"]) == (1 if fails else 2)
        else:
            assert (fails, taken.status) == (True, 500)
            assert (await room.ask(control("GET", "/snapshots")))[0].json["data"] == []

    room.run(test)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_a_reset_in_the_same_turn_comes_before_or_behind_and_not_in_between(room: Room, fails: bool, first: bool) -> None:
    async def test() -> None:
        (writer,) = await room.connections(1)
        resetting = room.paths.open()
        room.disk.fails = fails
        for one, raw in [(resetting, control("POST", "/reset", b'{"scenario": "empty"}')), (writer, CREATE)][:: 1 if first else -1]:
            one.send(raw)
        await room.paths.quiet()
        room.disk.fails = False
        (written,), (reset,) = writer.answers(), resetting.answers()
        assert written.status == (500 if fails else 201)
        left = len(room.workspace.image().tables.get("customers", {}))
        assert (reset.status, left) in ([(200, 0), (500, 1)] if fails else [(200, 0)])
        (next_,) = await room.ask(CREATE)
        assert (next_.status, next_.json["data"]["id"]) == (201, left + 1)

    room.run(test)


@pytest.mark.parametrize("fails", [False, True])
def test_a_key_that_is_revoked_in_the_same_turn_opens_nothing_afterwards_and_one_that_was_not_does(room: Room, fails: bool) -> None:
    async def test() -> None:
        staff = post("/customers", CUSTOMER, key=f"Authorization: Bearer {STAFF}")
        (keys,) = await room.ask(control("GET", "/keys"))
        id = next(one["id"] for one in keys.json["data"] if one["role"] == "staff")
        writer, revoking = room.paths.open(), room.paths.open()
        writer.send(staff)
        await room.paths.quiet()
        writer.answers()
        room.disk.fails = fails
        revoking.send(control("DELETE", f"/keys/{id}"))
        writer.send(staff)
        await room.paths.quiet()
        room.disk.fails = False
        writer.send(staff)
        await room.paths.quiet()
        assert [answer.status for answer in writer.answers()] == ([500, 201] if fails else [201, 401])
        assert [answer.status for answer in revoking.answers()] == [500 if fails else 200]
        assert len(room.workspace.image().tables["customers"]) == 3

    room.run(test)


@pytest.mark.parametrize("fails", [False, True])
def test_an_event_is_told_once_it_is_written_and_its_delivery_with_it(room: Room, fails: bool) -> None:
    async def test() -> None:
        webhook = post("/webhooks", b'{"url": "https://example.com/", "events": ["invoice.created"]}')
        invoice = b'{"customer_id": 1, "date": "2025-06-01", "due_date": "2025-07-01", "items": [{"description": "Work", "amount": 40, "qty": 1}]}'
        assert [answer.status for answer in await room.ask(webhook)] == [201]
        (writer,) = await room.connections(1)
        room.told.clear()
        state = room.state()
        room.workspace.commits.write()
        real = os.write

        def full(descriptor: int, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "write", full if fails else real)
            writer.send(post("/invoices", invoice))
            assert room.told == []
            await room.paths.quiet()
        (answer,) = writer.answers()
        assert answer.status == (500 if fails else 201)
        assert (room.state() == state) == fails
        assert any("_deliveries" in changes.tables for changes in room.told) == (not fails)

    room.run(test)
