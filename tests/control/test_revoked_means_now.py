"""A key that is revoked while its request waits does and shows nothing from then on, wherever the request stood."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from sandbox.control import long_polling, snapshot_transfer
from sandbox.control.resets import Resets
from sandbox.control.snapshot_file import portions
from tests.asgi import BASE, Reply
from tests.control.plane import CONTROL, FILE, KEYS, READS, WRITES, Plane
from tests.waiting import until

INVOICE = {"customer_id": 1, "date": "2025-07-01", "due_date": "2025-08-01", "items": [{"description": "Work", "amount": 40, "qty": 1}]}
CONTROLLED: dict[str, tuple[str, str, Any]] = {
    **{name: (method, CONTROL + path, None) for name, (method, path) in READS.items()},
    **{name: (method, CONTROL + path, body) for name, (method, path, body) in (WRITES | KEYS).items()},
    "listEvents, following": ("GET", f"{CONTROL}/events?after={{event}}&wait=1", None),
    "triggerEvent of another type": ("POST", f"{CONTROL}/events/trigger", {"type": "payment.received"}),
    "resetWorkspace to another": ("POST", f"{CONTROL}/reset", {"scenario": "demo", "seed": 7}),
    "resetWorkspace to an unknown one": ("POST", f"{CONTROL}/reset", {"scenario": "nowhere"}),
    "uploadSnapshot of a taken name": ("PUT", f"{CONTROL}/snapshots/kept/file", FILE),
    "uploadSnapshot of nonsense": ("PUT", f"{CONTROL}/snapshots/new/file", {"format": 1}),
    "takeSnapshot with faults": ("POST", f"{CONTROL}/snapshots", {"nome": 1}),
}
OF_THE_API: dict[str, tuple[str, str, Any]] = {
    "listCustomers": ("GET", f"{BASE}/customers", None),
    "getCustomer": ("GET", f"{BASE}/customers/1", None),
    "an unknown customer": ("GET", f"{BASE}/customers/99", None),
    "createCustomer": ("POST", f"{BASE}/customers", {"account": "Late"}),
    "createCustomer with faults": ("POST", f"{BASE}/customers", {"acount": 1}),
    "updateCustomer": ("PUT", f"{BASE}/customers/1", {"account": "Late"}),
    "deleteCustomer": ("DELETE", f"{BASE}/customers/2", None),
    "createInvoice": ("POST", f"{BASE}/invoices", INVOICE),
    "createUser": ("POST", f"{BASE}/users", {"name": "Late", "email": "late@example.com", "password": "securepassword", "role": "staff"}),
    "registerWebhook": ("POST", f"{BASE}/webhooks", {"url": "https://example.com/", "events": ["invoice.created"]}),
    "getFinancialReport": ("GET", f"{BASE}/reports/financial", None),
}
ALL = CONTROLLED | OF_THE_API
WAITING = {
    "downloadSnapshot",
    "restoreSnapshot",
    "uploadSnapshot",
    "resetWorkspace",
    "triggerEvent",
    "createWorkspace",
    "listEvents, following",
    "createUser",
}
"""Which surely wait, so that it is tried at all."""
MOST_WAITS = 12
"""Of one request at which it is tried; one that follows the log waits for ever anew."""


class At:
    """Awaits something, and has something happen while it waits for the so-manieth time."""

    def __init__(self, work: Any, number: int, happens: Callable[[], object]) -> None:
        self.work, self.number, self.happens = work, number, happens
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        work = self.work.__await__()
        go_on: Callable[[], Any] = partial(next, work)
        while True:
            try:
                waited_for = go_on()
            except StopIteration as end:
                return end.value
            self.waits += 1
            if self.waits == self.number:
                self.happens()
            try:
                value = yield waited_for
            except BaseException as problem:
                go_on = partial(work.throw, problem)
            else:
                go_on = partial(work.send, value)


@pytest.fixture(scope="module", params=["fast", "stock"])
def of_a_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """On disk, each commit of which is waited for."""
    plane = Plane(stack=request.param, data_dir=tmp_path_factory.mktemp("data"), durability="power")
    yield plane
    plane.close()


@pytest.fixture
def plane(of_a_stack: Plane, monkeypatch: pytest.MonkeyPatch) -> Plane:
    monkeypatch.setattr(long_polling, "_SECONDS_BETWEEN_LOOKS", 0.001)
    return of_a_stack


def furnish(plane: Plane) -> None:
    plane.begin_again()
    plane.customer()
    plane.customer()
    plane.webhook()
    plane.invoice()
    plane.post("/snapshots", {"name": "kept"})
    workspace = plane.server.workspaces.get("default")
    workspace.change(undo="kept")
    workspace.snapshots._at_hand.clear()


def what_is_there(plane: Plane) -> Any:
    registry = plane.server.admin_commands
    return plane.server.workspaces.get("default").image(), [one["name"] for one in registry.workspaces_list()], registry.keys_list("default")


def revoked_at(plane: Plane, name: str, number: int) -> tuple[Reply, Any, Any, int]:
    """The answer to an operation whose key is revoked at that wait; what there was before, and just then; and how often it waited."""
    furnish(plane)
    made = plane.post("/keys", {"label": "To go", "role": "administrator"}).data
    method, path, body = ALL[name]
    path = path.replace("{event}", plane.get("/events").data[0]["id"]).replace("{delivery}", str(plane.get("/deliveries").data[0]["id"]))
    path = path.replace("{new}", str(plane.post("/keys", {"label": "Another", "role": "staff"}).data["id"]))
    commits: list[object] = []
    observers = plane.server.workspaces.get("default").observers
    observers.append(commits.append)
    before, then, app = what_is_there(plane), [], plane.app

    def revoke() -> None:
        plane.server.admin_commands.keys_revoke("default", made["id"])
        then.append((*what_is_there(plane), bool(commits)))

    waited = At(None, number, revoke)

    async def in_pieces(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_later() -> Message:
            await asyncio.sleep(0)
            return await receive()

        waited.work = app(scope, receive_later, send)
        await waited

    plane.base, plane.app = "", in_pieces
    try:
        reply = plane.send(method, path, json=body, key=made["key"])
    finally:
        plane.base, plane.app = CONTROL, app
        observers.remove(commits.append)
    return reply, before, then[0] if then else None, waited.waits


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_done_or_shown_after_the_key_was_revoked(plane: Plane, name: str) -> None:
    number = 0
    while number < MOST_WAITS:
        number += 1
        reply, before, then, waits = revoked_at(plane, name, number)
        if then is None:
            break
        after = what_is_there(plane)
        assert after[0] == then[0], f"{name} did something after wait {number} of {waits}"
        assert {*after[1]} <= {*then[1]}
        assert after[2] == then[2]
        if reply.status == 401:
            assert reply.json == {"success": False, "message": "Invalid API key or unauthorized access"}
        else:
            assert then[3] or len(then[2]) != len(before[2]), f"{name} showed {reply.status} after wait {number} of {waits}"
            assert ALL[name][0] != "GET"
    assert number > 1 or name not in WAITING


def test_a_turn_that_a_revoked_key_waited_for_goes_to_the_next(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line of three for a reset, and for the one transfer at a time."""
    real_world, real_portions = Resets._world, portions
    for method, path in (("POST", "/reset"), ("GET", "/snapshots/kept/file")):
        furnish(plane)
        gate, begun = threading.Event(), threading.Event()

        def hold(work: Callable[..., Any], gate: threading.Event = gate, begun: threading.Event = begun) -> Callable[..., Any]:
            def held(*args: Any) -> Any:
                begun.set()
                assert gate.wait(30)
                return work(*args)

            return held

        monkeypatch.setattr(Resets, "_world", hold(real_world))
        monkeypatch.setattr(snapshot_transfer, "portions", hold(real_portions))
        keys = [plane.post("/keys", {"label": str(number), "role": "administrator"}).data for number in range(3)]
        statuses = [0, 0, 0]

        async def ask(place: int, key: str, method: str = method, path: str = path, statuses: list[int] = statuses) -> None:
            async def send(message: Message) -> None:
                statuses[place] = message.get("status", statuses[place])

            async def receive() -> Message:
                return {"type": "http.request", "body": b"", "more_body": False}

            scope = {
                "type": "http", "method": method, "path": CONTROL + path, "raw_path": (CONTROL + path).encode(), "query_string": b"",
                "headers": [(b"host", b"127.0.0.1:8000"), (b"authorization", f"Bearer {key}".encode()), (b"content-type", b"application/json")],
                "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "scheme": "http", "http_version": "1.1", "root_path": "", "state": {},
                "asgi": {"version": "3.0"},
            }  # fmt: skip
            await plane.app(scope, receive, send)

        async def three(gate: threading.Event = gate, begun: threading.Event = begun, keys: list[Any] = keys, ask: Any = ask) -> None:
            tasks = [asyncio.create_task(ask(0, keys[0]["key"]))]
            await until(begun.is_set)
            tasks += [asyncio.create_task(ask(place, keys[place]["key"])) for place in (1, 2)]
            for _ in range(20):
                await asyncio.sleep(0)
            plane.server.admin_commands.keys_revoke("default", keys[1]["id"])
            gate.set()
            await asyncio.wait_for(asyncio.gather(*tasks), 30)

        plane.run(three())
        assert statuses == [200, 401, 200], path
