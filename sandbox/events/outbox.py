"""The log of events, written in the transaction of the change that causes them: both are kept, or neither.

Two of a workspace's own tables hold it, which a reset clears and a restore leaves alone:

    _events      {"id": number, "event_id": "evt_12_9f86d081884c7d65", "type", "created_at", "data": the object as the API answers it,
                 "collection": where it belongs, which an older event lacks}
    _deliveries  {"id", "event": number, "event_id", "webhook_id", "url", "status", "attempts": […], "failures": of the schedule
                 under way, and as far as there is one: "due", "since" (when a retry's pause began), "waiting" (the webhook's
                 id, while pending), "reason"}

A number is never given twice in the life of a workspace, so that whoever follows the log may keep the last one he saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson

from openapi.wording import counted
from sandbox.errors import LimitExceeded
from sandbox.quotas import LOCAL, UNLIMITED, Quotas, size
from sandbox.state.changes import Changes
from sandbox.state.documents import Document
from sandbox.state.indexes import IndexPlan
from sandbox.state.query import Condition
from sandbox.state.transaction import Transaction
from sandbox.state.usage import size_of
from sandbox.state.workspace import Workspace

EVENTS, DELIVERIES, WEBHOOKS = "_events", "_deliveries", "webhooks"
OWNER = "_role"
"""The field of a webhook that holds the role of the key by which it was registered; one that a scenario made has none."""
PENDING, DELIVERED, FAILED, DISABLED = "pending", "delivered", "failed", "disabled"
INDEXES: Mapping[str, IndexPlan] = {
    EVENTS: IndexPlan(equal=frozenset({"type"})),
    DELIVERIES: IndexPlan(equal=frozenset({"event", "webhook_id", "waiting", "status"})),
}
_EVERY = 100
_LOOK_AGAIN_AFTER = 60
"""Seconds after which some of what is pending may well be delivered, or given up."""
_ENTROPY = 8


class Outbox:
    """Records events; `entropy` makes their ids such that no two workspaces, nor two servers, give the same."""

    def __init__(self, entropy: Callable[[int], bytes], quotas: Quotas = LOCAL) -> None:
        self._entropy, self._quotas = entropy, quotas

    def record(
        self,
        tx: Transaction,
        type: str,
        data: Document,
        collection: str | None = None,
        may_be_told: Callable[[Document], bool] = lambda webhook: True,
    ) -> Document:
        """The event, and a delivery for each webhook that wants it: due at once, or, where the webhook is disabled, not at all.

        `collection` is where the data belong, and `may_be_told` says which webhooks may be called with them. Raises LimitExceeded
        where too much is pending, so that what causes the event does not happen.
        """
        make_room(tx, self._quotas.max_event_log_size)
        of_a_collection = {} if collection is None else {"collection": collection}
        event = tx.insert(EVENTS, {"type": type, "created_at": tx.timestamp, "data": data, **of_a_collection})
        event = tx.replace(EVENTS, {**event, "event_id": f"evt_{event['id']}_{self._entropy(_ENTROPY).hex()}"})
        for webhook in tx.documents(WEBHOOKS):
            if type in wanted_by(webhook) and isinstance(webhook.get("url"), str) and may_be_told(webhook):
                delivery = tx.insert(DELIVERIES, _delivery(event, webhook, tx.elapsed))
                if delivery["status"] == PENDING:
                    refuse_surplus(tx, self._quotas.max_pending_deliveries)
        return event


def wanted_by(webhook: Document) -> list[str]:
    """The types of events that a webhook asks for; under a contract of an author's own the field may be anything, or not there."""
    events = webhook.get("events")
    return [one for one in events if isinstance(one, str)] if isinstance(events, list) else []


def payload(event: Mapping[str, Any]) -> bytes:
    """The body in which an event is sent, each time the same bytes (decision `webhook-events`)."""
    return orjson.dumps({"id": event["event_id"], "type": event["type"], "created_at": event["created_at"], "data": event["data"]})


def number_of(event_id: str) -> int | None:
    """The number within an event's id; None for what has not the form of one."""
    prefix, _, rest = event_id.partition("_")
    number, _, suffix = rest.partition("_")
    well_formed = prefix == "evt" and number.isascii() and number.isdigit() and len(number) < 16 and len(suffix) == 2 * _ENTROPY
    return int(number) if well_formed else None


def event_of(tx: Transaction, event_id: str) -> Document | None:
    """The event of an id, if the log has it."""
    number = number_of(event_id)
    event = None if number is None else tx.get(EVENTS, number)
    return event if event is not None and event["event_id"] == event_id else None


def deliveries_of(tx: Transaction, event: Document) -> list[Document]:
    """The deliveries of an event, in the order in which they were made."""
    return tx.find(DELIVERIES, "event", event["id"])


def refuse_surplus(tx: Transaction, most: int) -> None:
    """Raises LimitExceeded where more deliveries are pending than may be."""
    if most < UNLIMITED and (pending := tx.filed(DELIVERIES, "status", PENDING)) > most:
        raise LimitExceeded(
            f"{counted(pending, 'delivery')} would be pending, and a workspace has at most {most}; wait until some are delivered, "
            "or disable the webhook that does not answer",
            _LOOK_AGAIN_AFTER,
        )


def make_room(tx: Transaction, most: int) -> None:
    """Let go of the oldest events where the log has as many bytes as it may. LimitExceeded where all of them have pending deliveries."""
    if most >= UNLIMITED or (over := tx.held(EVENTS, DELIVERIES) - most) < 0:
        return
    done_with = list[tuple[int, list[Document]]]()
    for number, deliveries in islice(_done_with(tx, tx.select(EVENTS)), 2 * _EVERY):
        done_with.append((number, deliveries))
        event = tx.get(EVENTS, number)
        over -= sum(map(size_of, deliveries)) + (0 if event is None else size_of(event))
        if over < 0:
            break
    if not done_with:
        raise LimitExceeded(
            f"The log of events has more than {size(most)}, which is what it may have, and all of them have pending deliveries; "
            "wait until some are delivered, or disable the webhook that does not answer",
            _LOOK_AGAIN_AFTER,
        )
    _let_go(tx, done_with)


def keep_short(workspace: Workspace, most: int) -> None:
    """From now on, let go of what the log need not keep: with every hundredth event, so that it costs the others nothing."""

    def observe(changes: Changes) -> None:
        if EVENTS in changes.tables and any(event is not None and number % _EVERY == 0 for number, event in changes.tables.get(EVENTS, {}).items()):
            with suppress(OSError), workspace.transaction() as tx:  # where the disk is full, a later one will do it
                trim(tx, most)

    workspace.observers.append(observe)


def trim(tx: Transaction, most: int) -> None:
    """Let go of some of what is more than `most` events, with their deliveries: twice as many as come until it is called again."""
    numbers = tx.select(EVENTS)
    _let_go(tx, list(islice(_done_with(tx, numbers[: max(0, len(numbers) - most)]), 2 * _EVERY)))


def _let_go(tx: Transaction, surplus: list[tuple[int, list[Document]]]) -> None:
    """All were looked up before the first is written: what is not written yet is found by its index alone."""
    for number, deliveries in surplus:
        for one in deliveries:
            tx.remove(DELIVERIES, one["id"])
        tx.remove(EVENTS, number)


def _done_with(tx: Transaction, numbers: Iterable[int]) -> Iterator[tuple[int, list[Document]]]:
    """Those of which no delivery is pending, with their deliveries."""
    for number in numbers:
        deliveries = tx.find(DELIVERIES, "event", number)
        if all(one["status"] != PENDING for one in deliveries):
            yield number, deliveries


def pending_to(tx: Transaction, webhook_id: int) -> Sequence[int]:
    """The ids of the pending deliveries to a webhook."""
    return tx.select(DELIVERIES, [Condition("waiting", "eq", webhook_id)])


def _delivery(event: Document, webhook: Document, elapsed: int) -> dict[str, Any]:
    delivery = {
        "event": event["id"],
        "event_id": event["event_id"],
        "webhook_id": webhook["id"],
        "url": webhook["url"],
        "failures": 0,
        "attempts": [],
    }
    if (disabled := webhook.get("_disabled")) is not None:
        return delivery | {"status": DISABLED, "reason": disabled["reason"]}
    return delivery | {"status": PENDING, "waiting": webhook["id"], "due": elapsed}


def finished(delivery: Document, status: str, reason: str | None = None) -> Document:
    """The delivery, no longer pending."""
    rest = {name: value for name, value in delivery.items() if name not in ("due", "since", "waiting", "reason")}
    return rest | {"status": status} | ({} if reason is None else {"reason": reason})
