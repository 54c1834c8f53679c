"""The operations on the event log: its pages, one event, and the events after one, to follow the log.

Events of collections that the key may not read are left out, as if they had not happened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from openapi.contract import Contract
from openapi.wording import printable, quoted
from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.control.webhooks import are_shown
from sandbox.edge.messages import one_of
from sandbox.engine import Result
from sandbox.engine.filters import conditions_of
from sandbox.errors import Forbidden, Invalid, Missing
from sandbox.events.outbox import EVENTS, WEBHOOKS, deliveries_of, event_of, number_of
from sandbox.state.changes import id_counter
from sandbox.state.documents import Document
from sandbox.state.transaction import Transaction
from sandbox.state.workspace import Workspace

BEGINNING = "evt_0_0000000000000000"
"""After which everything comes."""
_LONGEST_SHOWN = 64


async def list_all(call: Call) -> Result:
    """A page, newest first; with `after` oldest first. Raises Invalid for a type or an `after` that can be none.

    Raises Forbidden for a type of which the key may never see an event, rather than let a client wait for one.
    """
    if "type" in call.params:
        refuse_unknown(call.params["type"], call.services.contract)
        if not call.permissions.may_see_type(call.key.role, call.params["type"]):
            raise hidden_type(call, call.params["type"])
    after = None if "after" not in call.params else _number_after(call.workspace, call.params["after"])
    if call.params["wait"]:
        await call.services.followers.wait(
            call.workspace,
            call.params["wait"],
            until=lambda: _is_there_any(call, after),
            receive=call.receive,
            key=call.key.digest,
        )
    with call.workspace.transaction() as tx:
        ids, meta = page_of(_ids(tx, call, after), call.params)
        return Result([shown(tx, one, call) for one in tx.several(EVENTS, ids)], meta)


async def read(call: Call) -> Result:
    """One by its id."""
    id = call.params["id"]
    with call.workspace.transaction() as tx:
        event = event_of(tx, id)
        if event is None or not is_visible(call, event):
            raise Missing(f"There is no event {quoted(id, _LONGEST_SHOWN)}; the log lets go of the oldest ones, and of all at a reset")
        return Result(shown(tx, event, call))


def shown(tx: Transaction, event: Document, call: Call) -> dict[str, Any]:
    """An event as the key may see it, with how its deliveries stand."""
    data = call.permissions.data_of(call.key.role, event)
    deliveries = [
        {"id": one["id"], "webhook_id": one["webhook_id"], "status": one["status"], "attempts": len(one["attempts"])}
        for one in (deliveries_of(tx, event) if are_shown(call) else ())
    ]
    return {"id": event["event_id"], "type": event["type"], "created_at": event["created_at"], "data": data, "deliveries": deliveries}


def is_visible(call: Call, event: Document) -> bool:
    """Whether the key may see the event."""
    return call.permissions.may_see_event(call.key.role, event)


def hidden_type(call: Call, type: str) -> Forbidden:
    """The refusal of a type of which the key may see no event."""
    return Forbidden(f"Events of the type {type} contain data that a key with the role {call.key.role} may not read")


def known_types(contract: Contract) -> list[str]:
    """The types that a contract speaks of: what operations emit, and what a webhook can ask for."""
    emitted = {emission.event for operation in contract.operations.values() for emission in operation.emits}
    webhooks = contract.resources.get(WEBHOOKS)
    asked_for = {} if webhooks is None else webhooks.input.get("properties", {}).get("events", {}).get("items", {})
    return sorted(emitted.union(one for one in asked_for.get("enum", ()) if isinstance(one, str)))


def refuse_unknown(type: str, contract: Contract) -> None:
    """Raises Invalid, with those that there are, for a type that the contract does not speak of."""
    known = known_types(contract)
    if type not in known:
        which = one_of(known, type) if known else "that of an event, and the contract that is served speaks of none"
        raise Invalid({"type": f"Type must be {which}"})


def _number_after(workspace: Workspace, id: str) -> int:
    """The number behind which to go on. One that is gone by now still has its place in the order."""
    number = number_of(id)
    if number is None:
        raise Invalid({"after": "After must be the id of an event, such as evt_12_9f86d081884c7d65"})
    event = workspace.table(EVENTS).at(number)
    if number > _last_number(workspace) or (event is not None and event["event_id"] != id):
        raise Invalid({"after": f"After {printable(id, _LONGEST_SHOWN)} is no event of this workspace's log; {BEGINNING} stands for its beginning"})
    return number


def _last_number(workspace: Workspace) -> int:
    """The last one given, also where a reset has emptied the log since."""
    numbers = workspace.table(EVENTS).ids()
    return numbers[-1] if numbers else workspace.counter(id_counter(EVENTS))


def _is_there_any(call: Call, after: int | None) -> bool:
    with call.workspace.transaction() as tx:
        return bool(_ids(tx, call, after))


def _ids(tx: Transaction, call: Call, after: int | None) -> Sequence[int]:
    conditions, _ = conditions_of(call.exchange.called, call.params)
    ids = tx.select(EVENTS, conditions, newest=after is None)
    ids = ids if after is None else ids[bisect_right(ids, after) :]
    if call.permissions.may_see_all_events(call.key.role):
        return ids
    return [id for id, event in zip(ids, tx.several(EVENTS, ids), strict=True) if is_visible(call, event)]


OPERATIONS: dict[str, Handler] = {"listEvents": list_all, "getEvent": read}
