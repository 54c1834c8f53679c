"""A server in process upon a disk that fails: its state as it shows it, as the disk holds it, and requests to try on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sandbox import log
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from sandbox.state.replay import replay
from tests.asgi import ADMINISTRATOR, BASE, Reply, Sandbox, sandbox_of
from tests.crash.failing_disk import FailingDisk

CONTROL = "/_sandbox"
_SNAPSHOTS_EVER = "id/_snapshots"  # a reset that fails gives back its snapshot, but not its number, which nobody sees
States = dict[str, Image]


class Room:
    """The server begins with an empty world; it can be started again on what the disk holds."""

    def __init__(self, place: Path, patch: pytest.MonkeyPatch, durability: str) -> None:
        self.place, self._durability = place, durability
        self.disk = FailingDisk(patch)
        self.logged: list[str] = []
        patch.setattr(log, "error", lambda event, **metadata: self.logged.append(event))
        self._numbers = count(1)
        self.server = self._start()

    def _start(self) -> Sandbox:
        server = sandbox_of(data_dir=self.place, durability=self._durability, rate_limit="100000000/3600")
        server.base = ""
        return server

    def restart(self) -> None:
        self.server.close()
        self.server = self._start()

    def send(self, method: str, target: str, body: Any = None, key: str = ADMINISTRATOR) -> Reply:
        return self.server.send(method, target, json=body, key=key)

    def ok(self, method: str, target: str, body: Any = None) -> Any:
        reply = self.send(method, target, body)
        assert reply.status in (200, 201), reply.body
        return reply.json.get("data")

    # Its state.

    def live(self) -> States:
        """By workspace, as far as they are open."""
        return _plain({one.name: one.image() for one in self.server.server.workspaces.all_opened()})

    def kept(self) -> States:
        """What a server that starts now would find; all the images that it needs are there."""
        return _plain({path.parent.name: _told(path, self.place / "images") for path in self.place.glob("workspaces/*/journal")})

    def keys(self) -> list[Any]:
        """What the server knows of keys, in all workspaces."""
        return [*self._command("keys_list"), *self._command("workspaces_list")]

    def keys_kept(self) -> dict[str, Any]:
        """The same as a server that starts now would find it, by table."""
        return _told(self.place / "server.journal", self.place / "images").tables

    def _command(self, command: str, **arguments: Any) -> Any:
        return asyncio.run(self.server.server.admin_commands.perform(command, arguments))

    # What can be asked of it.

    def number(self) -> int:
        """Another one each time."""
        return next(self._numbers)

    def customer(self) -> int:
        id: int = self.ok("POST", f"{BASE}/customers", {"account": f"Customer {self.number()}"})["id"]
        return id

    def invoice(self) -> Any:
        line = {"description": "Work", "amount": 40, "qty": 1}
        return {"customer_id": self.customer(), "date": "2025-06-01", "due_date": "2025-07-01", "items": [line]}

    def snapshot(self) -> str:
        """A new one, in the place of all others."""
        for one in self.ok("GET", f"{CONTROL}/snapshots?limit=100"):
            self.ok("DELETE", f"{CONTROL}/snapshots/{one['name']}")
        name = f"taken-{self.number()}"
        self.ok("POST", f"{CONTROL}/snapshots", {"name": name})
        return name

    def key(self) -> int:
        id: int = self.ok("POST", f"{CONTROL}/keys", {"label": "new", "role": "staff"})["id"]
        return id

    def workspace(self) -> str:
        """A key of a workspace that nobody has opened yet."""
        name = f"workspace-{self.number()}"
        self._command("workspaces_create", name=name)
        key: str = self._command("keys_create", workspace=name, label="first", role="staff")["key"]
        return key


def _told(journal: Path, pool: Path) -> Image:
    persistence = DiskPersistence(journal, pool)
    image = replay(journal, persistence.get).image
    for snapshot in image.tables.get("_snapshots", {}).values():
        persistence.get(snapshot["digest"])
    return image


def _plain(states: States) -> States:
    return {
        name: Image(one.tables, {counter: last for counter, last in one.counters.items() if counter != _SNAPSHOTS_EVER})
        for name, one in states.items()
    }


@dataclass(frozen=True)
class Request:
    """What is asked. Whatever must be there for it was made while the disk was well."""

    method: str
    target: str
    body: Any = None
    key: str = ADMINISTRATOR


def _payment(room: Room) -> Request:
    invoice = room.ok("POST", f"{BASE}/invoices", room.invoice())
    return Request("POST", f"{CONTROL}/invoices/{invoice['id']}/payments", {"amount": 15})


def _snapshot(room: Room) -> Request:
    room.snapshot()
    room.customer()
    return Request("POST", f"{CONTROL}/snapshots", {"name": f"new-{room.number()}"})


def _restore(room: Room) -> Request:
    name = room.snapshot()
    room.customer()
    return Request("POST", f"{CONTROL}/snapshots/{name}/restore")


def _upload(room: Room) -> Request:
    file = room.send("GET", f"{CONTROL}/snapshots/{room.snapshot()}/file").json
    return Request("PUT", f"{CONTROL}/snapshots/sent-{room.number()}/file", file)


def _reset(room: Room) -> Request:
    room.snapshot()
    room.customer()
    return Request("POST", f"{CONTROL}/reset", {"scenario": ("demo", "empty")[room.number() % 2]})


def _undo(room: Room) -> Request:
    room.customer()
    room.ok("POST", f"{CONTROL}/reset", {"scenario": "empty"})
    return Request("POST", f"{CONTROL}/reset/undo")


def _pin(room: Room) -> Request:
    room.server.server.workspaces.get("default").change(pinned=None)
    room.customer()  # with whose answer the change has reached the disk too
    return Request("POST", f"{CONTROL}/reset/pin")


REQUESTS: dict[str, Callable[[Room], Request]] = {
    "create": lambda room: Request("POST", f"{BASE}/customers", {"account": "New"}),
    "batch": lambda room: Request("POST", f"{BASE}/batch/customers", {"customers": [{"account": "One"}, {"account": "Two"}]}),
    "update": lambda room: Request("PUT", f"{BASE}/customers/{room.customer()}", {"account": "Changed"}),
    "delete": lambda room: Request("DELETE", f"{BASE}/customers/{room.customer()}"),
    "invoice": lambda room: Request("POST", f"{BASE}/invoices", room.invoice()),
    "payment": _payment,
    "snapshot": _snapshot,
    "delete-snapshot": lambda room: Request("DELETE", f"{CONTROL}/snapshots/{room.snapshot()}"),
    "restore": _restore,
    "upload": _upload,
    "reset": _reset,
    "undo": _undo,
    "pin": _pin,
    "advance": lambda room: Request("POST", f"{CONTROL}/clock/advance", {"by": "PT1H"}),
    "limit": lambda room: Request("PUT", f"{CONTROL}/rate-limit", {"limit": 100_000 + room.number(), "window": 60}),
    "key": lambda room: Request("POST", f"{CONTROL}/keys", {"label": "new", "role": "staff"}),
    "revoke-key": lambda room: Request("DELETE", f"{CONTROL}/keys/{room.key()}"),
    "first-use": lambda room: Request("GET", f"{BASE}/customers", key=room.workspace()),
}
