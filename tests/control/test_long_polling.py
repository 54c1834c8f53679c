"""The log is followed without missing or repeating anything, and waiting for news costs nothing and always ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from starlette.types import Message

from sandbox.control import long_polling
from sandbox.control.events import BEGINNING
from sandbox.control.long_polling import LongPolling
from sandbox.errors import Unauthenticated
from sandbox.events.outbox import EVENTS, INDEXES
from sandbox.state.changes import Changes
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.workspace import Workspace
from tests.asgi import OTHER, START
from tests.control.plane import Plane
from tests.waiting import until

NEVER_GIVEN = "evt_999999_0123456789abcdef"


@pytest.fixture
def own_plane() -> Iterator[Plane]:
    plane = Plane()
    yield plane
    plane.close()


def ids(plane: Plane, query: str = "") -> list[str]:
    reply = plane.get(f"/events{query}")
    assert reply.status == 200, reply.body
    return [one["id"] for one in reply.data]


def test_what_came_after_an_event_comes_oldest_first(plane: Plane) -> None:
    written = [plane.happen() for _ in range(5)]
    assert ids(plane, f"?after={written[1]}") == written[2:]
    assert ids(plane, f"?after={written[1]}&limit=2&page=2") == written[4:]
    assert ids(plane, f"?after={written[-1]}") == []


def test_a_follower_can_begin_with_all_that_the_log_has(plane: Plane) -> None:
    assert ids(plane, f"?after={BEGINNING}") == []
    written = [plane.happen() for _ in range(3)]
    assert ids(plane, f"?after={BEGINNING}") == written


def test_a_follower_of_one_type_may_know_an_event_of_another(plane: Plane) -> None:
    invoice, payment, _ = plane.happen(), plane.happen("payment.received"), plane.happen()
    assert ids(plane, f"?after={invoice}&type=payment.received") == [payment]


def test_following_page_by_page_misses_and_repeats_nothing(plane: Plane) -> None:
    written, seen, last = [], [], BEGINNING
    for _ in range(7):
        written += [plane.happen() for _ in range(3)]
        page = ids(plane, f"?after={last}&limit=2")
        seen += page
        last = page[-1]
    while page := ids(plane, f"?after={last}&limit=2"):
        seen += page
        last = page[-1]
    assert seen == written


@pytest.mark.parametrize("after", ["", "nonsense", "12", "evt_", "evt_1_", "evt_-1_0123456789abcdef", "evt_1_0123", "%00", "evt_٣_0123456789abcdef"])
def test_what_is_no_events_id_is_refused(plane: Plane, after: str) -> None:
    reply = plane.get(f"/events?after={after.replace('٣', '%D9%A3')}")
    assert (reply.status, reply.errors) == (400, {"after": "After must be the id of an event, such as evt_12_9f86d081884c7d65"})


def test_an_id_of_another_log_is_refused(plane: Plane) -> None:
    event = plane.happen()
    number = event.split("_")[1]
    for stranger in (NEVER_GIVEN, f"evt_{number}_0123456789abcdef", f"evt_{int(number) + 1}_0000000000000000"):
        reply = plane.get(f"/events?after={stranger}")
        assert (reply.status, [*reply.errors]) == (400, ["after"])
        assert f"{stranger} is no event of this workspace's log" in reply.errors["after"]


def test_an_event_that_the_log_let_go_of_still_says_where_to_go_on(plane: Plane) -> None:
    written = [plane.happen() for _ in range(4)]
    with plane.server.workspaces.get("default").transaction() as tx:
        for id in list(tx.select(EVENTS))[:2]:
            tx.remove(EVENTS, id)
    assert ids(plane, f"?after={written[0]}") == written[2:]


def test_a_follower_goes_on_over_a_reset(plane: Plane) -> None:
    last = [plane.happen() for _ in range(3)][-1]
    assert plane.post("/reset").status == 200
    assert ids(plane, f"?after={last}") == []
    after = plane.happen()
    assert ids(plane, f"?after={last}") == [after]
    assert int(after.split("_")[1]) == int(last.split("_")[1]) + 1


def test_a_restore_leaves_the_log_alone(plane: Plane) -> None:
    plane.post("/snapshots", {"name": "before"})
    written = plane.happen()
    plane.post("/snapshots/before/restore")
    assert ids(plane) == [written]


def test_an_empty_log_that_never_gave_an_id_knows_none(own_plane: Plane) -> None:
    reply = own_plane.get("/events?after=evt_1_0000000000000000")
    assert (reply.status, [*reply.errors]) == (400, ["after"])
    own_plane.happen()
    assert own_plane.get("/events?after=evt_1_0000000000000000").status == 200


@pytest.mark.parametrize("wait", ["-1", "31", "0.5", "x", ""])
def test_nobody_waits_longer_than_half_a_minute(plane: Plane, wait: str) -> None:
    reply = plane.get(f"/events?wait={wait}")
    assert (reply.status, [*reply.errors]) == (400, ["wait"])


def test_who_waits_gets_an_event_as_it_happens(plane: Plane) -> None:
    last = plane.happen()
    written: list[str] = []
    plane.meanwhile(lambda: written.append(plane.happen()))
    assert ids(plane, f"?after={last}&wait=30") == written
    assert len(written) == 1


def test_who_waits_with_an_empty_log_gets_the_first_event(plane: Plane) -> None:
    written: list[str] = []
    plane.meanwhile(lambda: written.append(plane.happen()))
    assert ids(plane, "?wait=30") == written != []


def test_who_waits_for_one_type_is_not_woken_for_good_by_another(plane: Plane) -> None:
    def both() -> None:
        plane.happen("payment.received")
        plane.server.workspaces.get("default").change(seed=7)
        asyncio.get_running_loop().call_soon(plane.happen)

    plane.meanwhile(both)
    reply = plane.get(f"/events?after={BEGINNING}&type=invoice.created&wait=30")
    assert [one["type"] for one in reply.data] == ["invoice.created"]


def test_what_is_there_already_is_not_waited_for(plane: Plane) -> None:
    written = plane.happen()
    assert ids(plane, f"?after={BEGINNING}&wait=30") == [written]


def test_a_reset_ends_the_wait_and_the_follower_goes_on(plane: Plane) -> None:
    last, workspace = plane.happen(), plane.server.workspaces.get("default")
    plane.meanwhile(lambda: workspace.reset(Image()))
    reply = plane.get(f"/events?after={last}&wait=30")
    assert (reply.status, reply.data) == (200, [])
    written: list[str] = []
    plane.meanwhile(lambda: written.append(plane.happen()))
    assert ids(plane, f"?after={last}&wait=30") == written != []


def test_a_workspace_that_is_deleted_ends_the_wait(own_plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_polling, "_SECONDS_BETWEEN_LOOKS", 0.01)
    own_plane.meanwhile(lambda: own_plane.server.workspaces.delete("other"))
    assert own_plane.get("/events?wait=30", OTHER).status == 401


def test_a_key_that_is_revoked_ends_the_wait(own_plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_polling, "_SECONDS_BETWEEN_LOOKS", 0.01)
    made = own_plane.post("/keys", {"label": "To go", "role": "read-only"}).data
    own_plane.meanwhile(lambda: own_plane.server.admin_commands.keys_revoke("default", made["id"]))
    assert own_plane.get("/events?wait=30", made["key"]).status == 401


def test_a_client_that_leaves_ends_the_wait_and_leaves_nothing_behind(plane: Plane) -> None:
    observers = plane.server.workspaces.get("default").observers
    before = list(observers)
    plane.get("/events?wait=30", leaves=True)
    assert observers == before


class Waiting:
    """Followers and a workspace of their own, and a client that stays."""

    def __init__(self) -> None:
        self.followers = LongPolling()
        self.workspace = Workspace("default", ManualClock(START), INDEXES)
        self.confirmed = 0

    async def wait(self, seconds: float) -> None:
        await self.followers.wait(self.workspace, seconds, until=lambda: False, receive=self.stay, confirm=self._confirm)

    async def stay(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    def _confirm(self) -> None:
        self.confirmed += 1


def test_a_wait_ends_by_itself() -> None:
    waiting = Waiting()
    asyncio.run(asyncio.wait_for(waiting.wait(0.01), 20))
    assert waiting.workspace.observers == []


def test_a_server_that_stops_answers_all_that_wait_and_lets_nobody_begin_to() -> None:
    waiting = Waiting()

    async def stop_in_between() -> None:
        tasks = [asyncio.create_task(waiting.wait(3600)) for _ in range(5)]
        await until(lambda: len(waiting.workspace.observers) == 5)
        waiting.followers.stop()
        await asyncio.gather(*tasks)
        await waiting.wait(3600)

    asyncio.run(asyncio.wait_for(stop_in_between(), 20))
    assert waiting.workspace.observers == []


def test_what_has_nothing_to_do_with_the_log_wakes_nobody() -> None:
    waiting = Waiting()

    async def write() -> None:
        task = asyncio.create_task(waiting.wait(3600))
        await until(lambda: bool(waiting.workspace.observers))
        for _ in range(100):
            with waiting.workspace.transaction() as tx:
                tx.insert("leads", {})
            await asyncio.sleep(0)
        assert waiting.confirmed == 0
        with waiting.workspace.transaction() as tx:
            tx.insert(EVENTS, {})
        await until(lambda: waiting.confirmed > 0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(asyncio.wait_for(write(), 20))
    assert waiting.workspace.observers == []


def test_a_wait_that_is_refused_leaves_nothing_behind() -> None:
    waiting = Waiting()

    def refuse() -> None:
        raise Unauthenticated

    async def wait() -> None:
        asyncio.get_running_loop().call_later(0, lambda: [observe(Changes()) for observe in waiting.workspace.observers])
        await waiting.followers.wait(waiting.workspace, 3600, until=lambda: False, receive=waiting.stay, confirm=refuse)

    with pytest.raises(Unauthenticated):
        asyncio.run(asyncio.wait_for(wait(), 20))
    assert waiting.workspace.observers == []
