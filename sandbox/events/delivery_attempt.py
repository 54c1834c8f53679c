"""One attempt of a delivery: what is sent, and what is recorded about the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from sandbox.events.http_client import Outcome
from sandbox.events.outbox import DELIVERED, DELIVERIES, DISABLED, EVENTS, FAILED, PENDING, WEBHOOKS, finished, payload
from sandbox.events.retry_schedule import RETRY_AFTER, next_due
from sandbox.events.signing import headers
from sandbox.events.webhook_endpoints import GONE, disable, give_up, secrets_of
from sandbox.state.clock import Clock, timestamp
from sandbox.state.documents import Document
from sandbox.state.transaction import Transaction
from sandbox.state.workspace import Workspace

MOST_ATTEMPTS = 20
"""So many a delivery shows, the newest."""
_GONE = 410


class Sender(Protocol):
    """What posts: raises nothing, whatever the receiver does."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome: ...


@dataclass(frozen=True)
class Call:
    """One attempt that is about to be made: the delivery as it is then, and the workspace's time."""

    delivery: Document
    at: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def url(self) -> str:
        return str(self.delivery["url"])


def load() -> None:
    """Import what signs and sends, in any thread: that takes a tenth of a second, which the event loop has not."""
    import_module("httpcore")
    import_module("standardwebhooks")


def prepare(workspace: Workspace, delivery_id: int, clock: Clock) -> Call | None:
    """What is to be sent, by what is stored now; `clock` is the server's, by which receivers judge the signature.

    None where nothing is: the delivery is not pending, or it is given up here, since there is nobody to call. OSError.
    """
    delivery = workspace.table(DELIVERIES).at(delivery_id)
    if delivery is None or delivery["status"] != PENDING:
        return None
    webhook = workspace.table(WEBHOOKS).at(delivery["webhook_id"])
    event = workspace.table(EVENTS).at(delivery["event"])
    if webhook is None or event is None or "_disabled" in webhook or webhook.get("url") != delivery["url"]:
        with workspace.transaction() as tx:
            tx.replace(DELIVERIES, finished(delivery, DISABLED, _why_nobody_is_called(webhook, event)))
            give_up(tx, delivery["webhook_id"])
        return None
    body = payload(event)
    signed = headers(event["event_id"], clock.now(), body, secrets_of(webhook, workspace.elapsed()))
    return Call(delivery, timestamp(workspace.clock.now()), signed, body)


def _why_nobody_is_called(webhook: Document | None, event: Document | None) -> str:
    """Deleting and disabling tell it themselves; a world that is restored changes its webhooks unasked."""
    if event is None:
        return "The event is not there any more"
    if webhook is None:
        return GONE
    return str(webhook["_disabled"]["reason"]) if "_disabled" in webhook else "The webhook has another address now"


def record(workspace: Workspace, call: Call, outcome: Outcome) -> None:
    """Write down how it went and, unless somebody decided meanwhile what becomes of the delivery, what follows. OSError."""
    before = call.delivery
    with workspace.transaction() as tx:
        delivery = tx.get(DELIVERIES, before["id"])
        if delivery is None:
            return  # the workspace was reset meanwhile
        attempts = [*delivery["attempts"], _attempt(call, outcome)][-MOST_ATTEMPTS:]
        decided = any(delivery.get(name) != before.get(name) for name in ("status", "due", "failures"))
        delivery = {**delivery, "attempts": attempts}
        if decided:
            tx.replace(DELIVERIES, delivery)
        else:
            _decide(tx, delivery, outcome)


def _attempt(call: Call, outcome: Outcome) -> dict[str, object]:
    return {
        "at": call.at,
        "timestamp": int(call.headers["webhook-timestamp"]),
        "duration": round(outcome.duration, 3),
        "status_code": outcome.status_code,
        "body": None if outcome.status_code is None else outcome.body.decode(errors="replace"),
        "error": outcome.error,
    }


def is_success(outcome: Outcome) -> bool:
    """2xx, and nothing else."""
    return outcome.status_code is not None and 200 <= outcome.status_code < 300 and outcome.error is None


def _decide(tx: Transaction, delivery: Document, outcome: Outcome) -> None:
    if is_success(outcome):
        tx.replace(DELIVERIES, finished(delivery, DELIVERED))
        return
    delivery = {**delivery, "failures": delivery["failures"] + 1}
    due = next_due(delivery["failures"], tx.elapsed, outcome.retry_after)
    if outcome.status_code == _GONE:
        _fail(tx, delivery, "The receiver answered 410: it wants no more calls")
    elif due is None:
        _fail(tx, delivery, f"The last of {len(RETRY_AFTER) + 1} attempts failed")
    else:
        tx.replace(DELIVERIES, delivery | {"due": due})


def _fail(tx: Transaction, delivery: Document, reason: str) -> None:
    """The delivery for good, and its endpoint with it."""
    tx.replace(DELIVERIES, finished(delivery, FAILED, reason))
    webhook = tx.get(WEBHOOKS, delivery["webhook_id"])
    if webhook is not None and webhook.get("url") == delivery["url"]:
        disable(tx, webhook, f"{reason} (delivery {delivery['id']})")
