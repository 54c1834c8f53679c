"""Whatever the server's clock does, nobody gets a 5xx, and what lives for a time lives for that time."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests import asgi
from tests.asgi import OTHER
from tests.clock_jumps import DAY, ENDS, JUMPS, SECOND
from tests.control.plane import KEYS, READS, WRITES, Plane

EVERY = JUMPS | ENDS
FEW = [f"{by} {way}" for by in ("a second", "an hour", "a day", "60 days", "ten years") for way in ("ahead", "back")] + ["from 1970", "to 9999"]
jumps = pytest.mark.parametrize(("before", "after"), JUMPS.values(), ids=JUMPS)
few_jumps = pytest.mark.parametrize(("before", "after"), [JUMPS[name] for name in FEW], ids=FEW)
LINES = [{"description": "Work", "amount": 40, "qty": 1}]
AHEAD = "P2800000D"
"""So far a workspace's clock is ahead that ten years more of the server's are beyond any calendar."""


@pytest.fixture
def own_plane() -> Iterator[Plane]:
    plane = Plane()
    yield plane
    plane.close()


def tick(plane: Plane) -> None:
    async def one() -> None:
        await plane.server.background_tasks._runtime.tick()

    plane.run(one())


def answered(plane: Plane) -> dict[str, int]:
    """The statuses of all operations of the control plane, and of the API those that go by a clock."""
    statuses: dict[str, int] = {}
    plane.api("POST", "/customers", {"account": "Jane Smith"})
    plane.api("POST", "/webhooks", {"url": "https://example.com/", "events": ["invoice.created", "payment.received"]})
    for name in ("recorded", "again"):
        invoice = {"customer_id": 1, "date": "2025-07-01", "due_date": "2025-08-01", "items": LINES}
        statuses[name] = plane.api("POST", "/invoices", invoice).status
    event, delivery = plane.get("/events").data[0]["id"], plane.get("/deliveries").data[0]["id"]
    kept = plane.post("/snapshots", {"name": "kept"}).status
    statuses["listUsers"] = plane.api("GET", "/users").status
    statuses["without a key"] = plane.api("GET", "/customers", key=None).status
    statuses["report"] = plane.api("GET", "/reports/financial").status
    operations: dict[str, tuple[str, str, Any]] = {
        **{name: (method, path, None) for name, (method, path) in READS.items()},
        **WRITES,
        **KEYS,
    }
    for name, (method, path, body) in operations.items():
        target = path.format(event=event, delivery=delivery, new=1 if name == "getKey" else 999)
        statuses[name] = plane.send(method, target, json=body, key=asgi.ADMINISTRATOR).status
    tick(plane)
    assert kept in (201, 400)
    return statuses


@pytest.mark.parametrize(("before", "after"), EVERY.values(), ids=EVERY)
def test_no_operation_fails_wherever_the_clock_goes(monkeypatch: pytest.MonkeyPatch, before: datetime, after: datetime) -> None:
    monkeypatch.setattr(asgi, "START", before)
    plane = Plane()
    try:
        for moment in (before, after):
            plane.clock.set(moment)
            assert {name: status for name, status in answered(plane).items() if not 200 <= status < 500} == {}
    finally:
        plane.close()


@pytest.mark.parametrize("jump", [DAY, 3653 * DAY, timedelta(days=365_000)], ids=str)
def test_a_workspace_whose_clock_is_at_the_calendars_end_is_served(own_plane: Plane, jump: timedelta) -> None:
    assert own_plane.post("/clock/advance", {"by": AHEAD}).status == 200
    own_plane.clock.advance(jump)
    assert {name: status for name, status in answered(own_plane).items() if not 200 <= status < 500} == {}
    assert own_plane.get("/clock").data["now"] <= "9999-12-31T23:59:59Z"
    assert own_plane.post("/clock/reset").status == 200
    assert own_plane.get("/clock").data["now"] == own_plane.clock.now().isoformat()[:19] + "Z"


@few_jumps
@pytest.mark.parametrize("restarts", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("seconds", [60, 86_400])
def test_an_ephemeral_workspace_ends_after_its_own_time_at_the_latest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: datetime, after: datetime, restarts: bool, seconds: int
) -> None:
    monkeypatch.setattr(asgi, "START", before)
    plane = Plane(data_dir=tmp_path)
    made = plane.post("/workspaces", {"expires_in": seconds}).data
    key = next(made["keys"][role] for role in made["keys"] if role == "administrator")

    def serves() -> bool:
        tick(plane)
        return plane.api("GET", "/customers", key=key).status == 200

    if restarts:
        plane.close()
        monkeypatch.setattr(asgi, "START", after)
        plane = Plane(data_dir=tmp_path)
    plane.clock.set(after)
    try:
        if after - before >= timedelta(seconds=seconds + 1) or after - before < -DAY:
            assert not serves()
        elif after <= before:
            assert serves()
        plane.clock.advance(timedelta(seconds=seconds - 2))
        if -DAY <= after - before <= timedelta(0):
            assert serves()
        plane.clock.advance(3 * SECOND)
        assert not serves()
    finally:
        plane.close()


def test_many_that_end_at_once_hold_nobody_up(own_plane: Plane) -> None:
    """Each is removed in a turn of the loop of its own."""
    names = [own_plane.post("/workspaces", {"expires_in": 60}).data["name"] for _ in range(20)]
    own_plane.clock.advance(60 * DAY)
    left: list[int] = []

    async def main() -> None:
        async def look() -> None:
            while not left or left[-1]:
                left.append(len({*names} & {one.name for one in own_plane.server.background_tasks._runtime.registry.workspaces()}))
                await asyncio.sleep(0)

        await asyncio.gather(look(), own_plane.server.background_tasks._runtime.tick())

    own_plane.run(main())
    assert max(one - next_one for one, next_one in pairwise(left)) == 1


@jumps
def test_numbers_ids_and_the_order_of_lists_do_not_go_by_the_clock(plane: Plane, before: datetime, after: datetime) -> None:
    plane.clock.set(before)
    made = []
    for moment in (before, after, before):
        plane.clock.set(moment)
        made.append(plane.invoice(date="2025-07-01"))
    shown = [plane.get(f"/documents/invoices/{id}").data for id in made]
    assert [one["invoice_number"] for one in shown] == ["INV-2025-001", "INV-2025-002", "INV-2025-003"]
    assert made == sorted(made)
    assert [one["id"] for one in plane.api("GET", "/invoices").data] == made
    assert [datetime.fromisoformat(one["created_at"]) for one in shown] == [moment.replace(microsecond=0) for moment in (before, after, before)]
    events = plane.get("/events?after=evt_0_0000000000000000").data
    assert [one["data"]["id"] for one in events] == made


@jumps
def test_what_is_remembered_of_answers_is_true_afterwards(plane: Plane, before: datetime, after: datetime) -> None:
    plane.clock.set(before)
    plane.customer()
    first = plane.api("GET", "/customers")
    plane.clock.set(after)
    again = plane.api("GET", "/customers")
    assert (again.status, again.body) == (200, first.body)
    without_a_key = plane.api("GET", "/customers", key=None)
    told = datetime.fromisoformat(without_a_key.header("sandbox-next-reset") or "")
    assert after < told <= after + DAY
    assert 0 < int(again.header("x-ratelimit-reset") or 0) - after.timestamp() <= 3600


@jumps
def test_whoever_waits_for_news_has_it(plane: Plane, before: datetime, after: datetime) -> None:
    plane.clock.set(before)

    def jump() -> None:
        plane.clock.set(after)
        plane.happen()

    plane.meanwhile(jump)
    assert len(plane.get("/events?wait=30").data) == 1


@few_jumps
def test_a_workspace_that_nobody_asks_for_is_closed(monkeypatch: pytest.MonkeyPatch, before: datetime, after: datetime) -> None:
    monkeypatch.setattr(asgi, "START", before)
    with tempfile.TemporaryDirectory() as directory:
        plane = Plane(data_dir=Path(directory))
        try:
            plane.api("GET", "/customers", key=OTHER)
            plane.clock.set(after)
            for _ in range(4):
                tick(plane)
                plane.clock.advance(timedelta(minutes=5))
            assert "other" not in [one.name for one in plane.server.workspaces.all_opened()]
            assert plane.api("GET", "/customers", key=OTHER).status == 200
        finally:
            plane.close()
