"""Whatever call to the disk fails, at whatever step of whatever request: a 500, the state of before, and the next request works."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.errors import StartError
from sandbox.state import disk_persistence
from tests.asgi import BASE, Reply
from tests.crash.faulty_server import CONTROL, REQUESTS, Request, Room

MOST_CALLS = 200
EVERY = 3  # a start takes long enough
CUSTOMER = {"account": "New"}


@pytest.fixture(params=["os", "power"])
def room(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    one = Room(tmp_path, monkeypatch, request.param)
    yield one
    one.server.close()


def assert_kept(room: Room, where: str) -> None:
    """What a server that starts now would find is what there is."""
    live, kept = room.live(), room.kept()
    for name, image in live.items():
        assert kept[name] == image, f"{where}: workspace {name}"


def attempt(room: Room, name: str, number: int, *, short: bool) -> tuple[str | None, int]:
    """The request while that call fails: which one it was, None where there are not so many; and the status."""
    asked = REQUESTS[name](room)
    before, keys, keys_kept = room.live(), room.keys(), room.keys_kept()
    room.disk.fail(number, short=short)
    reply = room.send(asked.method, asked.target, asked.body, key=asked.key)
    failed = room.disk.failed
    room.disk.mend()
    where = f"{name}, call {number}, {failed}"
    if reply.status == 500:
        assert reply.json == {"success": False, "message": reply.json["message"]}, where
        assert room.live() == before, where
        assert room.keys() == keys, where
        assert room.keys_kept() == keys_kept, where
        assert room.logged.pop() == "the request failed"
    else:
        assert reply.status in (200, 201), (where, reply.body)
    assert_kept(room, where)
    if failed is not None:
        again(room, asked, reply, where)
        assert_kept(room, where)
    return failed, reply.status


def again(room: Room, asked: Request, before: Reply, where: str) -> None:
    """The very same request works, where it failed; if it did not, another one does."""
    if before.status == 500:
        reply = room.send(asked.method, asked.target, asked.body, key=asked.key)
        assert reply.status in (200, 201), (where, reply.body)
    else:
        room.customer()


@pytest.mark.parametrize("name", REQUESTS)
def test_whichever_call_fails_the_request_leaves_nothing_and_the_next_one_works(room: Room, name: str, whole: bool) -> None:
    statuses = []
    for number in range(1, MOST_CALLS, 1 if whole else 2):
        failed, status = attempt(room, name, number, short=False)
        if failed is None:
            break
        statuses.append(status)
        if failed == "write":
            statuses.append(attempt(room, name, number, short=True)[1])
    else:
        raise AssertionError(f"{name} makes more than {MOST_CALLS} calls")
    assert 500 in statuses
    assert room.logged == []


def test_a_start_after_all_these_faults_finds_what_there_was(room: Room) -> None:
    for name in REQUESTS:
        attempt(room, name, 1, short=True)
    states, keys = room.live(), room.keys()
    room.restart()
    for workspace in ("default", "other"):
        assert room.live()[workspace].world() == states[workspace].world()
    assert room.keys() == keys


def test_whichever_call_fails_while_a_server_starts_the_next_start_finds_everything(room: Room, whole: bool) -> None:
    room.customer()
    states, refused = room.live(), 0
    for number in range(1, MOST_CALLS, 1 if whole else EVERY):
        room.server.close()
        room.disk.fail(number)
        try:
            room.restart()
        except StartError:
            refused += 1
        failed = room.disk.failed
        room.disk.mend()
        room.restart()
        for workspace in ("default", "other"):
            assert room.live()[workspace].world() == states[workspace].world(), f"call {number}, {failed}"
        if failed is None:
            break
    assert refused


def test_a_first_start_that_fails_half_way_does_not_stand_in_the_way_of_the_next(room: Room, whole: bool) -> None:
    for number in range(1, MOST_CALLS, 1 if whole else 2 * EVERY):
        room.server.close()
        shutil.rmtree(room.place)
        room.disk.fail(number)
        with suppress(StartError):
            room.restart()
        failed = room.disk.failed
        room.disk.mend()
        room.restart()
        assert room.customer() == 1, f"call {number}, {failed}"
        if failed is None:
            break


def test_where_half_a_write_cannot_be_taken_back_nothing_is_added_until_it_can(room: Room) -> None:
    room.customer()
    before = room.live()
    room.disk.fail(1, short=True, never=frozenset({"ftruncate"}))
    for _ in range(3):
        assert room.send("POST", f"{BASE}/customers", CUSTOMER).status == 500
        assert room.send("GET", f"{BASE}/customers").json["meta"]["total_records"] == 1
        assert room.live() == before
        assert_kept(room, "half a frame stands at the end")
    room.disk.mend()
    assert room.customer() == 2
    assert_kept(room, "the disk is well again")


def test_half_a_write_that_could_not_be_taken_back_is_cut_off_at_the_start(room: Room) -> None:
    room.customer()
    room.disk.fail(1, short=True, never=frozenset({"ftruncate"}))
    assert room.send("POST", f"{BASE}/customers", CUSTOMER).status == 500
    room.disk.mend()
    room.restart()
    assert "were cut off" in "".join(room.server.server.warnings)
    assert room.customer() == 2


def test_a_reset_begins_a_new_journal_where_nothing_could_be_added_to_the_old_one(room: Room) -> None:
    room.customer()
    room.disk.fail(1, short=True, never=frozenset({"ftruncate"}))
    assert room.send("POST", f"{BASE}/customers", CUSTOMER).status == 500
    room.server.server.workspaces.get("default").reset(room.live()["default"].world())
    room.disk.mend()
    assert room.customer() == 2
    assert_kept(room, "after the reset")


@pytest.mark.parametrize("short", [False, True], ids=["failing", "short"])
def test_whichever_call_fails_while_a_journal_is_compacted_nothing_is_lost(room: Room, monkeypatch: pytest.MonkeyPatch, short: bool) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 400)
    room.ok("POST", f"{CONTROL}/reset", {"scenario": "empty"})
    stored, failed = 0, 0
    for number in range(1, 40):
        room.disk.fail(number, short=short)
        statuses = [room.send("POST", f"{BASE}/customers", CUSTOMER).status for _ in range(4)]
        room.disk.mend()
        stored, failed = stored + statuses.count(201), failed + statuses.count(500)
        assert stored + failed == 4 * number
        assert_kept(room, f"call {number}")
    assert failed <= 39
    assert list(room.live()["default"].tables["customers"]) == list(range(1, stored + 1))
    room.restart()
    assert list(room.live()["default"].tables["customers"]) == list(range(1, stored + 1))
