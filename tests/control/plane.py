"""A whole server in process, spoken to on its control plane, and on its API to see what that did."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from sandbox.events.outbox import DELIVERIES, EVENTS, Outbox
from sandbox.settings import load_settings
from sandbox.state.clock import timestamp
from tests.asgi import ADMINISTRATOR, BASE, Reply, Sandbox

CONTROL = "/_sandbox"
FILE = {"format": "business-suite-snapshot", "version": 1, "collections": {}, "counters": {}}
READS = {
    "listScenarios": ("GET", "/scenarios"),
    "getClock": ("GET", "/clock"),
    "listSnapshots": ("GET", "/snapshots"),
    "getSnapshot": ("GET", "/snapshots/kept"),
    "downloadSnapshot": ("GET", "/snapshots/kept/file"),
    "getReset": ("GET", "/reset"),
    "listDocuments": ("GET", "/documents/customers"),
    "getDocument": ("GET", "/documents/customers/1"),
    "getRateLimit": ("GET", "/rate-limit"),
    "listEvents": ("GET", "/events"),
    "getEvent": ("GET", "/events/{event}"),
    "listWebhooks": ("GET", "/webhooks"),
    "getWebhook": ("GET", "/webhooks/1"),
    "listDeliveries": ("GET", "/deliveries"),
    "getDelivery": ("GET", "/deliveries/{delivery}"),
}
WRITES: dict[str, tuple[str, str, Any]] = {
    "advanceClock": ("POST", "/clock/advance", {"by": "PT1H"}),
    "resetClock": ("POST", "/clock/reset", None),
    "takeSnapshot": ("POST", "/snapshots", {"name": "taken"}),
    "deleteSnapshot": ("DELETE", "/snapshots/kept", None),
    "restoreSnapshot": ("POST", "/snapshots/kept/restore", None),
    "uploadSnapshot": ("PUT", "/snapshots/uploaded/file", FILE),
    "resetWorkspace": ("POST", "/reset", None),
    "undoReset": ("POST", "/reset/undo", None),
    "pinReset": ("POST", "/reset/pin", None),
    "payInvoice": ("POST", "/invoices/1/payments", {"amount": 1}),
    "setRateLimit": ("PUT", "/rate-limit", {"limit": 3, "window": 60}),
    "removeRateLimit": ("DELETE", "/rate-limit", None),
    "triggerEvent": ("POST", "/events/trigger", {"type": "invoice.created"}),
    "deleteWebhook": ("DELETE", "/webhooks/1", None),
    "disableWebhook": ("POST", "/webhooks/1/disable", None),
    "enableWebhook": ("POST", "/webhooks/1/enable", None),
    "rotateWebhookSecret": ("POST", "/webhooks/1/rotate-secret", None),
    "redeliver": ("POST", "/deliveries/{delivery}/redeliver", None),
}
KEYS: dict[str, tuple[str, str, Any]] = {
    "listKeys": ("GET", "/keys", None),
    "createKey": ("POST", "/keys", {"label": "Our build server", "role": "staff"}),
    "revokeKey": ("DELETE", "/keys/{new}", None),
    "createWorkspace": ("POST", "/workspaces", {"scenario": "empty"}),
}
USERS = {"listDocuments of users": ("GET", "/documents/users"), "getDocument of users": ("GET", "/documents/users/1")}


Edit = Callable[[dict[str, Any]], None]
"""Of the contract's document."""


class Plane(Sandbox):
    """Speaks below `/_sandbox`; `api` speaks below the API's base path."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(load_settings({"scenario": "empty", **settings}))
        self.base = CONTROL

    def api(self, method: str, target: str, json: Any = None, key: str | None = ADMINISTRATOR) -> Reply:
        """One request to the API."""
        self.base = BASE
        try:
            return self.send(method, target, json=json, key=key)
        finally:
            self.base = CONTROL

    def customer(self, **fields: Any) -> int:
        """The id of a new customer."""
        reply = self.api("POST", "/customers", {"account": "Jane Smith", **fields})
        assert reply.status == 201, reply.body
        created: int = reply.data["id"]
        return created

    def invoice(self, amount: float = 1500.0, key: str = ADMINISTRATOR, **fields: Any) -> int:
        """The id of a new invoice, of a new customer's."""
        customer = self.api("POST", "/customers", {"account": "Jane Smith"}, key).data["id"]
        line = {"description": "Web Development", "amount": amount, "qty": 1}
        body = {"customer_id": customer, "date": "2025-07-01", "due_date": "2025-08-01", "items": [line], **fields}
        reply = self.api("POST", "/invoices", body, key)
        assert reply.status == 201, reply.body
        created: int = reply.data["id"]
        return created

    def webhook(self, url: str = "https://your-domain.com/webhook", *events: str) -> dict[str, Any]:
        """A new webhook as its registration shows it, for all events unless some are named."""
        reply = self.api("POST", "/webhooks", {"url": url, "events": list(events) or ["invoice.created", "payment.received"]})
        assert reply.status == 201, reply.body
        registered: dict[str, Any] = reply.data
        return registered

    def happen(self, type: str = "invoice.created", workspace: str = "default") -> str:
        """The id of an event of nothing in particular, written as the engine writes one."""
        with self.server.workspaces.get(workspace).transaction() as tx:
            return str(Outbox(bytes).record(tx, type, {"id": 1})["event_id"])

    def user(self, **fields: Any) -> None:
        """A new user, stored as they are; by the API it would take long, since passwords are made hard to guess."""
        told = {"name": "Admin User", "email": "john@example.com", "role": "administrator", "_password": "$argon2id$v=19$secret"}
        now = timestamp(self.clock.now())
        with self.server.workspaces.get("default").transaction() as tx:
            tx.insert("users", {**told, "created_at": now, "updated_at": now, **fields})

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Something of a test's own, on the event loop of its requests."""
        self._runner.run(work)

    def meanwhile(self, happens: Callable[[], object]) -> None:
        """During the next request, as soon as it waits for news of the workspace `default` or `other`."""
        workspaces = [self.server.workspaces.get(name) for name in ("default", "other")]
        before = sum(len(one.observers) for one in workspaces)
        loop = self._runner.get_loop()

        def look() -> None:
            if sum(len(one.observers) for one in workspaces) > before:
                happens()
            else:
                loop.call_soon(look)

        loop.call_soon(look)

    def upload(self, name: str, body: bytes, key: str = ADMINISTRATOR) -> Reply:
        """A file, as it is."""
        return self.put(f"/snapshots/{name}/file", key=key, body=body, headers={"content-type": "application/json"})

    def begin_again(self) -> None:
        """As it was at first, but for the keys; a day later."""
        super().begin_again()
        for name in ("default", "other"):
            workspace = self.server.workspaces.get(name)
            for snapshot in workspace.snapshots.all():
                workspace.snapshots.delete(snapshot.name)
            with workspace.transaction() as tx:
                for table in (DELIVERIES, EVENTS):
                    for id in list(tx.select(table)):
                        tx.remove(table, id)
            workspace.change(scenario="empty", seed=42, offset=0, limit=None, pinned=None, undo=None, since=timestamp(self.clock.now()))


PlaneOf = Callable[[Edit], Plane]
"""A server of the contract as edited."""
