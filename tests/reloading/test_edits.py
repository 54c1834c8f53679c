"""A sound edit is in force at once, and everything that was stored, counted or promised before is as it was."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from sandbox.seeding import world_loader as seeding
from tests.asgi import ADMINISTRATOR, OTHER
from tests.ports import bound_port
from tests.reloading.watching_server import TEXT, Desk, replaced, with_city_filter, with_short_cities, without_leads
from tests.waiting import until

LEAD = {"first_name": "Ada", "last_name": "Bell", "email": "ada@example.com"}
Make = Callable[..., Desk]


def wait_for(what: str, desk: Desk) -> None:
    """In another thread than the one that the server runs in."""
    tick = Event()
    assert any(what in desk.shown or tick.wait(0.01) for _ in range(2_000)), desk.shown


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port that nobody listens at, and nobody else takes."""
    with bound_port() as port:
        yield port


def names(desk: Desk, target: str) -> list[int]:
    return [one["id"] for one in desk.ask("GET", target).data]


def test_a_new_filter_finds_what_was_stored_before_it_and_after(desk: Desk) -> None:
    rome, _ = desk.customer(city="Rome"), desk.customer(city="Berlin")
    assert desk.ask("GET", "/customers?city=Rome").status == 400
    desk.edit(with_city_filter(TEXT))
    assert names(desk, "/customers?city=Rome") == [rome]
    later = desk.customer(city="Rome")
    assert names(desk, "/customers?city=Rome") == [rome, later]
    assert desk.server.workspaces.get("default").table("customers").lookup("city", "Rome") == [rome, later]


def test_a_filter_that_goes_is_refused_and_one_that_comes_back_is_right(desk: Desk) -> None:
    rome = desk.customer(city="Rome")
    desk.edit(with_city_filter(TEXT))
    desk.edit(TEXT)
    assert desk.ask("GET", "/customers?city=Rome").status == 400
    assert desk.ask("PUT", f"/customers/{rome}", {"account": "Jane Smith", "city": "Oslo"}).status == 200
    desk.edit(with_city_filter(TEXT))
    assert names(desk, "/customers?city=Rome") == []
    assert names(desk, "/customers?city=Oslo") == [rome]


def test_another_search_is_right_for_what_is_there(desk: Desk) -> None:
    rome = desk.customer(city="Rome")
    assert names(desk, "/customers?search=rome") == []
    desk.edit(replaced(TEXT, "x-search: [account, email, phone]", "x-search: [account, city]"))
    assert names(desk, "/customers?search=rome") == [rome]


def test_a_workspace_that_was_closed_meanwhile_is_indexed_when_it_is_opened(make_desk: Make, tmp_path: Path) -> None:
    desk = make_desk(data_dir=tmp_path / "data")
    rome = desk.customer(city="Rome")
    for _ in range(2):  # the first look finds it used
        desk.server.workspaces.close_idle()
    assert desk.server.workspaces.all_opened() == []
    desk.edit(with_city_filter(TEXT))
    assert names(desk, "/customers?city=Rome") == [rome]
    assert desk.server.workspaces.get("default").table("customers").lookup("city", "Rome") == [rome]


def test_a_workspace_on_disk_that_stays_open_follows_too(make_desk: Make, tmp_path: Path) -> None:
    desk = make_desk(data_dir=tmp_path / "data")
    rome = desk.customer(city="Rome")
    desk.edit(with_city_filter(TEXT))
    assert names(desk, "/customers?city=Rome") == [rome]
    assert (tmp_path / "data").is_dir()


def test_documents_ids_clocks_limits_keys_and_windows_are_kept(make_desk: Make) -> None:
    desk = make_desk()
    first = desk.customer()
    assert desk.ask("DELETE", f"/customers/{first}").status == 200
    assert desk.control("POST", "/clock/advance", {"by": "PT1H"}).status == 200
    assert desk.control("PUT", "/rate-limit", {"limit": 50, "window": 600}).status == 200
    key = desk.control("POST", "/keys", {"label": "mine", "role": "staff"}).data["key"]
    before = desk.ask("GET", "/customers")
    desk.edit(with_short_cities(TEXT))
    after = desk.ask("GET", "/customers")
    remaining, reset = "x-ratelimit-remaining", "x-ratelimit-reset"
    assert (before.header("x-ratelimit-limit"), after.header("x-ratelimit-limit")) == ("50", "50")
    assert int(after.header(remaining) or 0) == int(before.header(remaining) or 0) - 1
    assert after.header(reset) == before.header(reset)
    assert desk.customer() == first + 1
    assert desk.ask("GET", f"/customers/{first + 1}").data["created_at"] == "2025-07-01T10:00:00Z"
    assert desk.send("GET", "/customers", key=key).status == 200
    assert desk.control("GET", "/clock").data["offset"] == "PT1H"


def test_a_tighter_bound_is_obeyed_and_the_documents_that_do_not_fit_are_listed(desk: Desk) -> None:
    fitting, misfit = desk.customer(city="Rome"), desk.customer(city="Berlin")
    desk.edit(with_short_cities(TEXT))
    assert desk.ask("POST", "/customers", {"account": "A", "city": "Vienna"}).errors.keys() == {"city"}
    assert f"Warning   workspace default: one customer does not fit the contract, and is answered by 500 ({misfit}: city" in desk.shown
    assert desk.ask("GET", f"/customers/{fitting}").data["city"] == "Rome"
    desk.edit(TEXT)
    assert desk.ask("GET", f"/customers/{misfit}").data["city"] == "Berlin"


def test_what_fitted_one_contract_is_not_believed_to_fit_another(make_desk: Make, tmp_path: Path) -> None:
    data = tmp_path / "data"
    desk = make_desk(data_dir=data)
    assert desk.server.workspaces.get("default").metadata.contract is not None
    desk.edit(replaced(TEXT, "        city:\n          type: string\n", "        city:\n          type: string\n          minLength: 1\n"))
    assert desk.server.workspaces.get("default").metadata.contract is None


def test_documents_of_a_resource_that_goes_are_kept_told_and_served_again(desk: Desk) -> None:
    assert desk.ask("POST", "/leads", LEAD).data["id"] == 1
    desk.edit(without_leads(TEXT))
    assert desk.ask("POST", "/leads", LEAD).status == 404
    assert "workspace default: one lead is kept, though the contract has no leads; it is not served" in desk.shown
    desk.edit(TEXT)
    assert desk.ask("POST", "/leads", LEAD).data["id"] == 2
    assert desk.control("GET", "/documents/leads/1").data["email"] == "ada@example.com"


def test_a_rule_that_lacks_its_resource_is_switched_off_and_on_again(desk: Desk) -> None:
    report = TEXT[TEXT.index("  /reports/financial:\n") : TEXT.index("  /webhooks:\n")]
    desk.edit(replaced(TEXT, report, ""))
    assert "Warning   no path has the x-resource 'reports'" in desk.shown
    assert desk.ask("GET", "/reports/financial").status == 404
    desk.edit(TEXT)
    assert "Mended    no path has the x-resource 'reports'" in desk.shown
    assert desk.ask("GET", "/reports/financial").status == 200


def test_the_control_plane_follows(desk: Desk) -> None:
    assert desk.ask("POST", "/leads", LEAD).status == 201
    assert desk.control("GET", "/documents/leads/1").status == 200
    desk.edit(without_leads(TEXT))
    assert desk.control("GET", "/documents/leads/1").status == 404
    assert desk.control("GET", "/documents/customers/1").status == 404  # there is such a collection, but no customer


def test_a_reset_makes_a_world_of_the_new_contract(make_desk: Make) -> None:
    desk = make_desk()
    desk.edit(without_leads(TEXT))
    assert desk.control("POST", "/reset", {"scenario": "demo", "seed": 1}).status == 200
    desk.edit(TEXT)
    workspace = desk.server.workspaces.get("default")
    assert "leads" not in workspace.image().tables
    assert desk.control("POST", "/reset", {}).status == 200
    assert len(workspace.image().tables["leads"]) > 0


def test_a_world_that_is_being_made_meanwhile_is_made_anew(make_desk: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # where no other test has left this world
    desk = make_desk()
    made: list[bool] = []
    seeder = seeding.Seeder.build_scenario

    def slowly(self: seeding.Seeder, *arguments: object) -> object:
        made.append("leads" in self.contract.resources)
        if len(made) == 1:
            desk.write(without_leads(TEXT))
            wait_for("  Reloaded", desk)
        return seeder(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(seeding.Seeder, "build_scenario", slowly)
    assert desk.control("POST", "/reset", {"scenario": "demo", "seed": 1}).status == 200
    assert made == [True, False]
    assert "leads" not in desk.server.workspaces.get("default").image().tables


def test_a_workspace_that_is_being_opened_meanwhile_follows(make_desk: Make, tmp_path: Path) -> None:
    desk = make_desk(data_dir=tmp_path / "data")
    rome = desk.customer(city="Rome")
    for _ in range(2):
        desk.server.workspaces.close_idle()
    workspaces = desk.server.workspaces
    before, opened = workspaces.on_open, []

    def on_open(workspace: object) -> None:
        opened.append(workspace)
        if len(opened) == 1:
            desk.write(with_city_filter(TEXT))
            wait_for("  Reloaded", desk)
        before(workspace)  # type: ignore[arg-type]

    workspaces.on_open = on_open
    assert desk.ask("GET", f"/customers/{rome}").data["city"] == "Rome"
    assert len(opened) == 2
    assert workspaces.get("default") is opened[1]
    assert names(desk, "/customers?city=Rome") == [rome]


def test_a_request_under_way_is_finished_by_the_contract_it_began_with(desk: Desk) -> None:
    """Its body comes when its path is gone, and its rule looks up what nothing indexes any more."""
    user = {"name": "Ada", "email": "ada@example.com", "password": "correct horse", "role": "staff"}
    assert desk.ask("POST", "/users", user).status == 201
    gate = asyncio.Event()
    without_users = replaced(TEXT, TEXT[TEXT.index("  /users:\n") : TEXT.index("  /reports/financial:\n")], "")

    async def both() -> list[int]:
        statuses: list[int] = []
        sent = [{"type": "http.request", "body": json.dumps({**user, "email": f"{name}@example.com"}).encode()} for name in ("bob", "ada")]
        for one in sent:
            one["more_body"] = False
        begun = [asyncio.create_task(_post(desk, one, gate, statuses)) for one in sent]
        await asyncio.sleep(0)
        desk.write(without_users)
        await until(lambda: "  Reloaded" in desk.shown)
        gate.set()
        await asyncio.gather(*begun)
        return statuses

    assert sorted(desk.run(both())) == [201, 400]
    desk.until(lambda: "  Changes" in desk.shown)
    assert desk.ask("POST", "/users", user).status == 404


async def _post(desk: Desk, message: dict[str, object], gate: asyncio.Event, statuses: list[int]) -> None:
    body = message["body"]
    assert isinstance(body, bytes)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http", "path": "/api/v2/users",
        "raw_path": b"/api/v2/users", "root_path": "", "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
        "headers": [
            (b"host", b"127.0.0.1:8000"), (b"authorization", f"Bearer {ADMINISTRATOR}".encode()),
            (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)),
        ],
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        await gate.wait()
        return message

    async def send(answer: dict[str, object]) -> None:
        if answer["type"] == "http.response.start":
            statuses.append(int(str(answer["status"])))

    await desk.app(scope, receive, send)  # type: ignore[arg-type]


def test_a_pending_delivery_is_pending_still_and_tried_again_in_time(make_desk: Make, deaf: int) -> None:
    desk = make_desk(allow_local_webhooks=True)
    assert desk.ask("POST", "/webhooks", {"url": f"http://127.0.0.1:{deaf}/nobody", "events": ["invoice.created"]}).status == 201
    line = {"description": "Work", "amount": 10, "qty": 1}
    invoice = {"customer_id": desk.customer(), "date": "2025-07-01", "due_date": "2025-07-02", "items": [line]}
    assert desk.ask("POST", "/invoices", invoice).status == 201

    def delivery() -> Any:
        (one,) = desk.control("GET", "/deliveries").data
        return one

    desk.until(lambda: len(delivery()["attempts"]) == 1)
    before = delivery()
    desk.edit(with_short_cities(TEXT))
    assert delivery() == before
    assert before["status"] == "pending"
    desk.later(timedelta(days=1))
    desk.until(lambda: len(delivery()["attempts"]) > 1)


def test_what_is_no_longer_in_force_is_let_go(desk: Desk) -> None:
    before = weakref.ref(desk.server.background_tasks._runtime.loaded)
    desk.edit(with_city_filter(TEXT))
    gc.collect()
    assert before() is None


def test_another_workspace_follows_as_well(desk: Desk) -> None:
    assert desk.send("POST", "/customers", key=OTHER, json={"account": "B", "city": "Rome"}).status == 201
    desk.edit(with_city_filter(TEXT))
    assert [one["account"] for one in desk.send("GET", "/customers?city=Rome", key=OTHER).data] == ["B"]


def test_a_large_world_is_built_of_the_document_in_force_whatever_the_file_holds(make_desk: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk()
    monkeypatch.setattr(seeding, "_LARGE", -1)
    monkeypatch.setattr(seeding, "WorldCache", lambda *_: None)
    desk.edit(without_leads(TEXT))
    desk.write("openapi: [")
    desk.until(lambda: "  Invalid" in desk.shown)
    assert desk.control("POST", "/reset", {"scenario": "demo", "seed": 1}).status == 200
    tables = desk.server.workspaces.get("default").image().tables
    assert "leads" not in tables
    assert len(tables["customers"]) >= 25


def test_a_day_later_the_scheduled_reset_is_of_the_new_contract(make_desk: Make, tmp_path: Path) -> None:
    desk = make_desk(scenario="demo", data_dir=tmp_path / "data")
    for _ in range(2):
        desk.server.workspaces.close_idle()
    desk.edit(without_leads(TEXT))
    desk.later(timedelta(days=1))
    assert desk.ask("GET", "/customers").status == 200
    assert "leads" not in desk.server.workspaces.get("default").image().tables
