"""Resets on command over HTTP: what is reset, what stays, and what can be undone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.asgi import OTHER
from tests.control.plane import Plane


@pytest.fixture
def demo() -> Iterator[Plane]:
    plane = Plane(scenario="demo")
    yield plane
    plane.close()


def test_it_says_what_the_workspace_began_with_and_when_it_is_reset(plane: Plane) -> None:
    data = plane.get("/reset").data
    tomorrow = plane.clock.now() + timedelta(days=1)
    assert data == {
        "scenario": "empty",
        "seed": 42,
        "since": f"{plane.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "next_reset": f"{tomorrow:%Y-%m-%d}T03:00:00Z",
        "pinned": None,
        "undo": None,
    }


def test_a_reset_without_a_body_repeats_the_last_one(demo: Plane) -> None:
    before = demo.get("/documents/customers?limit=100").body
    demo.customer()
    answer = demo.post("/reset").data
    assert (answer["scenario"], answer["seed"]) == ("demo", 42)
    assert demo.get("/documents/customers?limit=100").body == before
    demo.post("/reset", {"scenario": "empty", "seed": 7})
    assert demo.get("/documents/customers").data == []
    again = demo.post("/reset", {}).data
    assert (again["scenario"], again["seed"]) == ("empty", 7)


def test_a_body_may_name_the_scenario_or_the_seed_alone(demo: Plane) -> None:
    before = demo.get("/documents/customers?limit=100").body
    assert demo.post("/reset", {"seed": 7}).data["scenario"] == "demo"
    assert demo.get("/documents/customers?limit=100").body != before
    assert demo.post("/reset", {"scenario": "empty"}).data["seed"] == 7


@pytest.mark.parametrize("more", [{}, {"headers": {"content-type": "application/json"}}, {"body": [b"", b""]}, {"body": [b"", b"{", b"}"]}])
def test_no_body_at_all_counts_as_an_empty_one(plane: Plane, more: dict[str, Any]) -> None:
    plane.customer()
    assert plane.post("/reset", **more).status == 200
    assert plane.get("/documents/customers").data == []


def test_a_reset_keeps_keys_and_snapshots_and_puts_the_clock_back(plane: Plane) -> None:
    made = plane.post("/keys", {"label": "Ours", "role": "staff"}).data["key"]
    plane.post("/snapshots", {"name": "mine"})
    plane.post("/clock/advance", {"by": "PT5H"})
    plane.post("/reset")
    assert plane.get("/clock", made).data["offset"] == "PT0S"
    names = [one["name"] for one in plane.get("/snapshots").data]
    assert names[0] == "mine"
    assert names[1] == plane.get("/reset").data["undo"]


def test_the_snapshot_before_a_reset_is_kept_seven_days(plane: Plane) -> None:
    plane.customer()
    name = plane.post("/reset").data["undo"]
    kept = plane.get(f"/snapshots/{name}").data
    assert (kept["documents"], kept["expires_at"]) == (1, f"{plane.clock.now() + timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}")


def test_an_undo_brings_back_what_was_there_and_works_once(plane: Plane) -> None:
    customer = plane.customer()
    plane.post("/reset")
    undone = plane.post("/reset/undo")
    assert (undone.status, undone.data["documents"]) == (200, 1)
    assert plane.get(f"/documents/customers/{customer}").status == 200
    again = plane.post("/reset/undo")
    assert (again.status, again.json["success"]) == (400, False)


def test_a_pin_postpones_the_next_reset_by_a_day_and_works_once(plane: Plane) -> None:
    before = plane.get("/reset").data["next_reset"]
    pinned = plane.post("/reset/pin")
    after = plane.get("/reset").data
    assert (pinned.status, pinned.data) == (200, after)
    assert (after["pinned"], after["next_reset"] > before) == (before, True)
    assert plane.api("GET", "/customers").header("sandbox-next-reset") == after["next_reset"]
    assert plane.post("/reset/pin").status == 400
    assert plane.get("/reset").data == after


def test_an_unknown_scenario_is_named_with_those_that_there_are(plane: Plane) -> None:
    plane.customer()
    reply = plane.post("/reset", {"scenario": "dmeo"})
    assert (reply.status, [*reply.errors]) == (400, ["scenario"])
    assert "demo" in reply.errors["scenario"]
    assert len(plane.get("/documents/customers").data) == 1


@pytest.mark.parametrize("scenario", ["../demo", "demo.yaml", "/etc/passwd", "\x00", "x" * 300, "", 5, None])
def test_a_scenario_that_can_be_none_is_named(plane: Plane, scenario: Any) -> None:
    reply = plane.post("/reset", {"scenario": scenario})
    assert (reply.status, [*reply.errors]) == (400, ["scenario"])


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True, 2**53])
def test_a_seed_that_is_none_is_named(plane: Plane, seed: Any) -> None:
    reply = plane.post("/reset", {"seed": seed})
    assert (reply.status, [*reply.errors]) == (400, ["seed"])


def test_a_reset_touches_the_own_workspace_alone(plane: Plane) -> None:
    plane.invoice(key=OTHER)
    before = plane.server.workspaces.get("other").image()
    plane.post("/reset")
    assert plane.server.workspaces.get("other").image() == before
