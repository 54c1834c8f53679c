"""A webhook that the suite registers at the target for a check, and the deliveries to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.control_plane import Control
from contract_tests.http.exchange import Exchange
from contract_tests.http.transport import NoAnswer
from contract_tests.http.webhook_receiver import Delivery, Inbox, Receiver
from contract_tests.judging.probe import CreatedObject, Probe
from openapi.contract import Operation
from openapi.schemas import Schema

PATIENCE = 10.0
"""So many seconds a delivery may take."""
_HURRY = 1.0
NEEDED = "the target has to call this suite: give --receiver-url, an address at which it reaches this machine"
Data = Callable[[Mapping[str, Any]], bool]
"""Whether an event's data are those that are meant."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook that is registered for some events."""

    registration: Exchange
    made: CreatedObject
    inbox: Inbox
    receiver: Receiver
    control: Control | None

    @property
    def secret(self) -> str:
        """What its deliveries are signed with; Unable where the registration did not tell it."""
        data = self.registration.got.data
        secret = data.get("secret") if isinstance(data, dict) else None
        if not isinstance(secret, str):
            raise Unable("the registration tells no secret")
        return secret

    def first(self, event: str, data: Data) -> Delivery | None:
        """The first delivery of an event with these data; None where none comes in time."""
        return self.wait(lambda one: one.event.get("type") == event and data(one.data))

    def wait(self, wanted: Callable[[Delivery], bool]) -> Delivery | None:
        """The first delivery that is wanted; None where none comes in time, which is short where nothing ever came in this run."""
        found = self.inbox.wait(wanted, min(PATIENCE, _HURRY) if self.receiver.in_vain else PATIENCE)
        self.receiver.in_vain = found is None and not self.receiver.heard
        return found

    def must_get(self, event: str, data: Data) -> Delivery:
        """The same; Unable where none comes, which is what another promise is about."""
        found = self.first(event, data)
        if found is None:
            raise Unable(f"{event} was not delivered in time")
        return found

    def seen(self) -> str:
        """What came, in a line; where nothing did, what the target itself says of that, if it says anything."""
        came = self.inbox.all()
        if came:
            return f"{came[0]}, and {len(came) - 1} more" if len(came) > 1 else str(came[0])
        nothing, why = f"nothing came to {self.inbox.url}", self._why_nothing_came()
        return nothing if why is None else f"{nothing}; the target's log says: {why}"

    def _why_nothing_came(self) -> str | None:
        """By the log of the control plane, where there is one: a connection that was refused, for instance."""
        if self.control is None:
            return None
        try:
            logged = self.control.get("/deliveries", webhook_id=self.made.id, limit=1).rows
            error = logged[0]["attempts"][-1]["error"]
        except (NoAnswer, LookupError, TypeError):  # none was tried, or it is a control plane of another form
            return None
        return error if isinstance(error, str) else None


def registers(operation: Operation) -> bool:
    """Whether it registers webhooks."""
    properties: Schema = (operation.body or {}).get("properties", {})
    return operation.action == "create" and {"url", "events"} <= properties.keys()


def events_of(operation: Operation) -> list[str]:
    """The events that a registration may ask for; Unable where the contract names none."""
    events: list[str] = (operation.body or {})["properties"]["events"].get("items", {}).get("enum", [])
    if not events:
        raise Unable("the contract names no events")
    return events


def registration(probe: Probe) -> Operation:
    """The operation that registers webhooks; Unable where the contract has none."""
    found = next(filter(registers, probe.contract.operations.values()), None)
    if found is None:
        raise Unable("the contract has no operation that registers webhooks")
    return found


@contextmanager
def subscribed(probe: Probe, *events: str, answers: Sequence[int] = ()) -> Iterator[Subscription]:
    """A webhook for these events, whose first deliveries are answered with `answers`. Unable where the target does not take it.

    Afterwards its address wants no more, and where there is a control plane the webhook is deleted.
    """
    receiver, register = probe.context.receiver, registration(probe)
    if receiver is None:
        raise Unable(NEEDED)
    inbox = receiver.inbox(answers)
    body = {**probe.body(register.resource), "url": inbox.url, "events": list(events)}
    exchange = probe.call(register, json=body)
    if exchange.status == 400 and "url" in exchange.got.errors:
        raise Unable(f"the target does not take the receiver's address {receiver.url}: {exchange.got.errors['url']}")
    made = probe.created(register.resource, body, exchange)
    try:
        yield Subscription(exchange, made, inbox, receiver, probe.control)
    finally:
        inbox.close()
        if probe.control is not None:
            probe.control.delete_webhook(made.id)
