"""The operations on deliveries of events to webhooks: listing them with their attempts, and redelivering.

Deliveries of events that the key may not see are left out, as the events are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.events import is_visible
from sandbox.control.paging import page_of
from sandbox.control.webhooks import moment, refuse_hidden
from sandbox.engine import Result
from sandbox.engine.filters import conditions_of
from sandbox.errors import Invalid, Missing
from sandbox.events import webhook_endpoints
from sandbox.events.outbox import DELIVERIES, EVENTS, number_of, refuse_surplus
from sandbox.events.retry_schedule import due_of
from sandbox.state.documents import Document
from sandbox.state.query import Condition
from sandbox.state.transaction import Transaction

_ATTEMPT = ("at", "timestamp", "duration", "status_code", "body", "error")


async def list_all(call: Call) -> Result:
    """A page, newest first. Raises Invalid for an `event_id` that can be none."""
    refuse_hidden(call)
    conditions, _ = conditions_of(call.exchange.called, call.params)
    if "event_id" in call.params:
        number = number_of(call.params["event_id"])
        if number is None:
            raise Invalid({"event_id": "Event_id must be the id of an event, such as evt_12_9f86d081884c7d65"})
        conditions.append(Condition("event", "eq", number))  # by which they are indexed
    with call.workspace.transaction() as tx:
        ids, meta = page_of(_visible(tx, call, tx.select(DELIVERIES, conditions, newest=True)), call.params)
        return Result([_shown(tx, one, call) for one in tx.several(DELIVERIES, ids)], meta)


async def read(call: Call) -> Result:
    """One by its id. Raises Missing."""
    with call.workspace.transaction() as tx:
        return Result(_shown(tx, _existing(tx, call), call))


async def redeliver(call: Call) -> Result:
    """Due at once, under the same event's id. Raises Missing, Invalid where its webhook is gone or disabled, and LimitExceeded."""
    workspace, limit, now = call.workspace, call.services.redelivery_limit, call.services.clock.now()
    with workspace.transaction() as tx:
        delivery = webhook_endpoints.redeliver(tx, _existing(tx, call))
        limit.refuse_too_soon(workspace.name, delivery["id"], now)
        refuse_surplus(tx, call.services.quotas.max_pending_deliveries)
        result = Result(_shown(tx, delivery, call))
    limit.count(workspace.name, delivery["id"], now)
    return result


def _visible(tx: Transaction, call: Call, ids: Sequence[int]) -> Sequence[int]:
    """The deliveries of events that the key may see."""
    if call.permissions.may_see_all_events(call.key.role):
        return ids
    numbers = tx.select(EVENTS)
    hidden = {number for number, event in zip(numbers, tx.several(EVENTS, numbers), strict=True) if not is_visible(call, event)}
    return [id for id, one in zip(ids, tx.several(DELIVERIES, ids), strict=True) if one["event"] not in hidden] if hidden else ids


def _existing(tx: Transaction, call: Call) -> Document:
    refuse_hidden(call)
    id = call.params["id"]
    delivery = tx.get(DELIVERIES, id)
    event = None if delivery is None else tx.get(EVENTS, delivery["event"])
    if delivery is None or (event is not None and not is_visible(call, event)):
        raise Missing(f"There is no delivery {id}; the log lets go of the oldest ones, and of all at a reset")
    return delivery


def _shown(tx: Transaction, delivery: Document, call: Call) -> dict[str, Any]:
    event, due = tx.get(EVENTS, delivery["event"]), due_of(delivery, tx.elapsed) if "due" in delivery else None
    assert event is not None  # the log never lets go of an event without its deliveries
    return {
        "id": delivery["id"],
        "event_id": delivery["event_id"],
        "event_type": event["type"],
        "webhook_id": delivery["webhook_id"],
        "url": call.permissions.address(call.key.role, delivery["url"]),
        "status": delivery["status"],
        "reason": delivery.get("reason"),
        "next_attempt_at": None if due is None else moment(tx, due),
        "attempts": [{name: attempt[name] for name in _ATTEMPT} for attempt in delivery["attempts"]],
    }


OPERATIONS: dict[str, Handler] = {"listDeliveries": list_all, "getDelivery": read, "redeliver": redeliver}
