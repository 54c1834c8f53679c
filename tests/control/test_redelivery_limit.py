"""A delivery can be redelivered once in five seconds of the server's clock, wherever the workspace's clock is moved to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.control import redelivery_limit
from sandbox.control.redelivery_limit import RedeliveryLimit
from sandbox.errors import LimitExceeded
from tests.asgi import OTHER, START
from tests.control.deliveries import delivered
from tests.control.plane import Plane


@pytest.fixture
def ids(plane: Plane) -> tuple[int, int]:
    """Two deliveries, both delivered."""
    plane.webhook()
    for _ in range(2):
        plane.happen()
    delivered(plane)
    second, first = (one["id"] for one in plane.get("/deliveries").data)
    return first, second


def test_the_second_redelivery_within_five_seconds_is_refused_and_changes_nothing(plane: Plane, ids: tuple[int, int]) -> None:
    id = ids[0]
    assert plane.post(f"/deliveries/{id}/redeliver").status == 200
    assert len(delivered(plane)) == 1
    before = plane.get(f"/deliveries/{id}").data
    plane.clock.advance(timedelta(seconds=1.5))
    reply = plane.post(f"/deliveries/{id}/redeliver")
    assert (reply.status, reply.header("retry-after")) == (429, "4")
    assert reply.json == {
        "success": False,
        "message": f"Delivery {id} was redelivered less than 5 seconds ago; it can be redelivered again in 4 seconds",
    }
    assert plane.get(f"/deliveries/{id}").data == before
    assert delivered(plane) == []


def test_whoever_waits_as_long_as_retry_after_says_is_served(plane: Plane, ids: tuple[int, int]) -> None:
    for _ in range(3):
        assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 200
        wait = plane.post(f"/deliveries/{ids[0]}/redeliver").header("retry-after")
        assert wait == "5"
        plane.clock.advance(timedelta(seconds=int(wait)))


def test_refused_ones_make_nobody_wait_longer(plane: Plane, ids: tuple[int, int]) -> None:
    plane.post(f"/deliveries/{ids[0]}/redeliver")
    statuses = []
    for _ in range(10):
        plane.clock.advance(timedelta(seconds=0.5))
        statuses.append(plane.post(f"/deliveries/{ids[0]}/redeliver").status)
    assert statuses == [429] * 9 + [200]


def test_another_delivery_and_another_workspace_are_not_concerned(plane: Plane, ids: tuple[int, int]) -> None:
    assert [plane.post(f"/deliveries/{id}/redeliver").status for id in ids] == [200, 200]
    assert plane.post(f"/deliveries/{ids[0]}/redeliver", key=OTHER).status == 404


def test_what_is_refused_for_another_reason_does_not_count(plane: Plane, ids: tuple[int, int]) -> None:
    plane.post("/webhooks/1/disable")
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 400
    plane.post("/webhooks/1/enable")
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 200


def test_the_workspaces_clock_has_no_say(plane: Plane, ids: tuple[int, int]) -> None:
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 200
    plane.post("/clock/advance", {"by": "P10D"})
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 429
    plane.post("/clock/reset")
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 429


@pytest.mark.parametrize("jump", [timedelta(seconds=-1), timedelta(days=-3650), timedelta(days=3650), timedelta(seconds=5)])
def test_wherever_the_servers_clock_jumps_nobody_waits_longer_than_five_seconds(plane: Plane, ids: tuple[int, int], jump: timedelta) -> None:
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 200
    plane.clock.advance(jump)
    assert plane.post(f"/deliveries/{ids[0]}/redeliver").status == 200


def test_what_no_longer_matters_is_forgotten_and_no_flood_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redelivery_limit, "MOST_REMEMBERED", 100)
    limit = RedeliveryLimit()
    for number in range(1000):
        limit.count("default", number, START)
        assert len(limit) <= 100
    with pytest.raises(LimitExceeded):
        limit.refuse_too_soon("default", 999, START)
    limit.count("default", 1, START + timedelta(seconds=5))
    assert len(limit) == 1
