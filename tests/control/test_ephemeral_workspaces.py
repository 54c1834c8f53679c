"""Workspaces for a while: each is a world of its own with keys of its own, and nothing of it is left when its time is over."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from openapi.document import read_document
from sandbox.control import ephemeral_workspaces
from sandbox.control.application import FILE
from sandbox.errors import StartError
from sandbox.state.api_keys import digest_of
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, STAFF
from tests.control.plane import Plane
from tests.waiting import until

REAL = {"scenario": "demo", "seed": 7, "expires_in": 600}


@pytest.fixture
def plane() -> Iterator[Plane]:
    """A server of the test's own, since what is made here stays for a while."""
    plane = Plane()
    yield plane
    plane.close()


def made(plane: Plane, key: str = ADMINISTRATOR, **body: Any) -> dict[str, Any]:
    reply = plane.post("/workspaces", {"scenario": "empty", **body}, key)
    assert reply.status == 201, reply.body
    created: dict[str, Any] = reply.data
    return created


def administrator(workspace: dict[str, Any]) -> str:
    key: str = workspace["keys"]["administrator"]
    return key


def names(plane: Plane) -> list[str]:
    return [one["name"] for one in plane.server.admin_commands.workspaces_list()]


def tick(plane: Plane) -> None:
    """What the schedule does once a second."""

    async def one() -> None:
        await plane.server.background_tasks._runtime.tick()

    plane.run(one())


def test_it_is_filled_told_with_its_end_and_opened_by_a_key_for_each_role(plane: Plane) -> None:
    created = made(plane, **REAL)
    told = {name: value for name, value in created.items() if name not in ("name", "keys")}
    assert told == {"scenario": "demo", "seed": 7, "created_at": "2025-07-01T09:00:00Z", "expires_at": "2025-07-01T09:10:00Z"}
    assert [*created["keys"]] == ["administrator", "staff", "read-only"]
    assert len({created["name"], *created["keys"].values()}) == 4
    customer = {"account": "Jane Smith"}
    answers = {role: plane.api("POST", "/customers", customer, key).status for role, key in created["keys"].items()}
    assert answers == {"administrator": 201, "staff": 201, "read-only": 403}
    assert [plane.api("GET", "/users", key=key).status for key in created["keys"].values()] == [200, 403, 403]
    assert plane.api("GET", "/customers", key=ADMINISTRATOR).data == []


def test_what_is_not_said_is_as_the_server_was_started_and_for_an_hour() -> None:
    plane = Plane(scenario="overdue", seed=3)
    try:
        for body in (None, {}):
            created = plane.post("/workspaces", body).data
            assert (created["scenario"], created["seed"], created["expires_at"]) == ("overdue", 3, "2025-07-01T10:00:00Z")
    finally:
        plane.close()


def test_the_same_scenario_and_seed_give_the_same_documents(plane: Plane) -> None:
    def documents(**body: Any) -> list[bytes]:
        key = administrator(made(plane, **body))
        return [plane.api("GET", f"/{one}?limit=100", key=key).body for one in ("customers", "invoices", "transactions", "products")]

    first, again, other = documents(**REAL), documents(**REAL), documents(**{**REAL, "seed": 8})
    assert first == again != other


def test_no_key_is_kept_and_the_commands_tell_when_it_ends(plane: Plane) -> None:
    created = made(plane)
    kept = repr(plane.server.admin_commands.keys_list(created["name"])) + repr(plane.server.workspaces._registry._database.storage.image())
    assert not [key for key in created["keys"].values() if key in kept]
    assert all(digest_of(key) in kept for key in created["keys"].values())
    listed = plane.server.admin_commands.workspaces_list()
    assert {one["name"]: one.get("expires_at") for one in listed}[created["name"]] == created["expires_at"]


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"scenario": "dmeo"}, "scenario", "There is no scenario 'dmeo'; did you mean 'demo'?"),
        ({"scenario": ""}, "scenario", None),
        ({"scenario": 1}, "scenario", None),
        ({"scenario": None}, "scenario", None),
        ({"seed": -1}, "seed", None),
        ({"seed": "1"}, "seed", None),
        ({"seed": 2**53}, "seed", None),
        ({"expires_in": 0}, "expires_in", None),
        ({"expires_in": 86_401}, "expires_in", None),
        ({"expires_in": 1.5}, "expires_in", None),
        ({"expires_in": True}, "expires_in", None),
        ({"name": "mine"}, "name", None),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_leaves_nothing(plane: Plane, body: dict[str, Any], field: str, sentence: str | None) -> None:
    before = names(plane)
    reply = plane.post("/workspaces", body)
    assert (reply.status, [*reply.errors]) == (400, [field])
    assert sentence in (None, reply.errors[field])
    assert names(plane) == before


@pytest.mark.parametrize("key", [STAFF, READ_ONLY])
def test_administrators_alone_make_and_delete_them(plane: Plane, key: str) -> None:
    created = made(plane)
    assert plane.post("/workspaces", {}, key).status == 403
    assert plane.delete(f"/workspaces/{created['name']}", key).status == 403
    assert plane.api("GET", "/customers", key=administrator(created)).status == 200


@pytest.mark.parametrize("own", [True, False], ids=["by its own key", "by a key of the workspace that made it"])
def test_a_deleted_one_is_gone_with_its_keys(plane: Plane, own: bool) -> None:
    created = made(plane)
    path, key = f"/workspaces/{created['name']}", administrator(created)
    gone = plane.delete(path, key if own else ADMINISTRATOR)
    assert (gone.status, gone.json["message"]) == (200, f"Workspace {created['name']} was deleted")
    assert plane.delete(path).status == 404
    assert plane.delete(path, key).status == 401
    assert plane.api("GET", "/customers", key=key).status == 401
    assert created["name"] not in names(plane)


@pytest.mark.parametrize("name", ["ephemeral-0000000000000000", "other", "%2F", "a%00b", "é", "x" * 300])
def test_a_name_that_is_nothing_of_ones_own_is_a_404(plane: Plane, name: str) -> None:
    assert plane.delete(f"/workspaces/{name}").status == 404


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("it%27s", "'it's'"),
        ("%0A", "'\\n'"),
        ("a%2Fb", "'a/b'"),
        ("%22", "'\"'"),
        ("%E2%80%AE", "'\\u202e'"),
        ("%C3%A9", "'é'"),
        ("%5C", "'\\'"),
        ("None", "'None'"),
    ],
)
def test_an_unknown_name_is_shown_as_every_other_refusal_shows_one(plane: Plane, sent: str, shown: str) -> None:
    assert plane.delete(f"/workspaces/{sent}").json["message"] == f"There is no workspace {shown} that was made by this workspace"


def test_nobody_elses_is_deleted_nor_seen(plane: Plane) -> None:
    created, sister = made(plane), made(plane)
    for stranger in (OTHER, administrator(sister)):
        assert plane.delete(f"/workspaces/{created['name']}", stranger).status == 404
    assert plane.api("GET", "/customers", key=administrator(created)).status == 200


@pytest.mark.parametrize(("name", "key"), [("default", ADMINISTRATOR), ("other", OTHER)])
def test_one_that_is_kept_is_not_deleted_here(plane: Plane, name: str, key: str) -> None:
    reply = plane.delete(f"/workspaces/{name}", key)
    assert (reply.status, [*reply.errors]) == (400, ["name"])
    assert name in names(plane)


def test_it_ends_by_real_time_not_by_its_own(plane: Plane) -> None:
    created = made(plane, expires_in=60)
    key = administrator(created)
    assert plane.post("/clock/advance", {"by": "P400D"}, key).status == 200
    plane.clock.advance(timedelta(seconds=59))
    tick(plane)
    assert plane.api("GET", "/customers", key=key).status == 200
    plane.clock.advance(timedelta(seconds=1))
    tick(plane)
    assert plane.api("GET", "/customers", key=key).status == 401
    assert created["name"] not in names(plane)


def test_one_that_was_made_while_the_clock_was_ahead_does_not_wait_for_that_day(plane: Plane) -> None:
    plane.clock.advance(timedelta(days=100))
    created = made(plane)
    plane.clock.advance(timedelta(days=-100))
    tick(plane)
    assert created["name"] not in names(plane)


def test_a_part_of_a_second_is_not_taken_from_it(plane: Plane) -> None:
    plane.clock.advance(timedelta(milliseconds=700))
    created = made(plane, expires_in=1)
    assert created["expires_at"] == "2025-07-01T09:00:02Z"
    plane.clock.advance(timedelta(seconds=1))
    tick(plane)
    assert created["name"] in names(plane)


def test_off_loopback_a_test_key_makes_none_and_an_administrators_does() -> None:
    plane = Plane(host="0.0.0.0")
    try:
        assert plane.post("/workspaces", {}).status == 401
        key = plane.server.admin_commands.keys_create("default", "Ours", "administrator")["key"]
        created = made(plane, key)
        assert plane.api("GET", "/customers", key=administrator(created)).status == 200
        assert plane.delete(f"/workspaces/{created['name']}", key).status == 200
    finally:
        plane.close()


def test_there_is_an_end_to_their_number_until_one_is_gone(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ephemeral_workspaces, "MOST_EPHEMERAL", 2)
    first = made(plane, expires_in=60)
    made(plane, OTHER)
    reply = plane.post("/workspaces", {})
    assert (reply.status, reply.header("retry-after")) == (429, "60")
    assert reply.json["message"] == "There are 2 ephemeral workspaces, and no more may be at a time; delete one, or wait 60 seconds"
    plane.server.admin_commands.workspaces_delete(first["name"])
    third = made(plane, expires_in=30)
    assert plane.post("/workspaces", {}).header("retry-after") == "30"
    plane.delete(f"/workspaces/{third['name']}")
    made(plane, expires_in=5)
    plane.clock.advance(timedelta(seconds=5))
    made(plane)  # without a tick of the schedule


def test_the_contract_says_the_bounds() -> None:
    document = read_document(FILE)
    field = document["components"]["schemas"]["WorkspaceInput"]["properties"]["expires_in"]
    assert (field["default"], field["maximum"]) == (ephemeral_workspaces.DEFAULT_LIFETIME, ephemeral_workspaces.LONGEST_LIFETIME.total_seconds())
    assert f"At most {ephemeral_workspaces.MOST_EPHEMERAL} may exist at a time" in document["paths"]["/workspaces"]["post"]["description"]


def test_one_that_cannot_be_filled_leaves_nothing(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise StartError("the disk is gone")

    before = names(plane)
    monkeypatch.setattr(plane.server.workspaces, "_template", replace(plane.server.workspaces._template, world=fails))
    assert plane.post("/workspaces", {}).status == 500
    monkeypatch.undo()
    assert names(plane) == before
    made(plane)


def test_others_are_answered_while_a_world_is_built(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun, build = threading.Event(), threading.Event(), plane.server.workspaces._template.world

    def slow(*asked: Any) -> Any:
        begun.set()
        assert gate.wait(20)
        return build(*asked)

    async def both() -> None:
        creating = asyncio.create_task(plane.server.background_tasks._runtime.ephemeral.create("default", "demo", 99, 60))
        await until(begun.is_set, poll=0)  # the loop turns meanwhile, or this would never end
        assert not creating.done()
        gate.set()
        assert (await creating).entry.seed == 99

    monkeypatch.setattr(plane.server.workspaces, "_template", replace(plane.server.workspaces._template, world=slow))
    plane.run(both())


@pytest.mark.parametrize("durability", ["os", "power"])
def test_on_disk_it_outlives_a_restart_but_not_its_time(tmp_path: Path, durability: str) -> None:
    first = Plane(data_dir=tmp_path, durability=durability)
    short, long, gone = made(first, expires_in=60), made(first, expires_in=600), made(first)
    first.api("POST", "/customers", {"account": "Jane Smith"}, administrator(long))
    assert first.delete(f"/workspaces/{gone['name']}", administrator(gone)).status == 200
    first.close()

    second = Plane(data_dir=tmp_path, durability=durability)
    try:
        assert {short["name"], long["name"]} <= {*names(second)}
        assert second.api("GET", "/customers", key=administrator(long)).json["meta"]["total_records"] == 1
        assert second.api("GET", "/customers", key=administrator(gone)).status == 401
        second.clock.advance(timedelta(seconds=60))
        tick(second)
        assert short["name"] not in names(second)
    finally:
        second.close()
    assert [path.name for path in tmp_path.rglob("ephemeral-*")] == [long["name"]]


def test_its_rate_windows_and_all_else_that_memory_held_of_it_go_with_it(plane: Plane) -> None:
    registry, limiter = plane.server.workspaces._registry, plane.server.app._gateway._limiter
    storage = registry._database.storage

    def come_and_gone() -> tuple[int, ...]:
        created = made(plane)
        plane.api("GET", "/customers", key=administrator(created))
        assert created["name"] in limiter._keys
        plane.delete(f"/workspaces/{created['name']}")
        return tuple(
            map(len, (plane.server.workspaces._opening, storage.counters, storage._rows, registry._database._tables, registry._valid, limiter._keys))
        )

    assert come_and_gone() == come_and_gone() == come_and_gone()
