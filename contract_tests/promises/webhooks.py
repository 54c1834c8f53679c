"""Webhooks: a registration accepts only callable URLs and existing event types."""

from __future__ import annotations

from typing import Any

from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import creations
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Needs, promise
from contract_tests.judging.subscriptions import events_of, registers
from openapi.contract import Operation
from openapi.wording import quoted

_WRITES = Needs(writes=True)
_BAD_ADDRESSES = ("ftp://contract-tests.example/", "javascript:alert(1)", "contract-tests.example/hook", "https://", "")


@promise("webhook-registered", family="webhooks", documented="Webhook Notifications", cases=creations(registers), needs=_WRITES, weight=7)
def a_webhook_is_registered_as_sent(probe: Probe, operation: Operation) -> None:
    """A webhook takes an address by http or https, and any of the events, which come back in the order sent."""
    events = events_of(operation)
    for scheme, chosen in (("http", events), ("https", events[::-1])):
        body = {**probe.body(operation.resource), "events": chosen}
        body["url"] = f"{scheme}://contract-tests.example/{probe.bodies.text().replace(' ', '-')}?for=tests"
        exchange = probe.call(operation, json=body)
        probe.require(exchange.status == 201, exchange, f"201, since {scheme} and {', '.join(chosen)} are allowed")
        made = probe.created(operation.resource, body, exchange)
        if probe.reading("create-answer") == "object":
            seen = {name: made.document.get(name) for name in ("url", "events")}
            probe.check(seen == {name: body[name] for name in seen}, exchange, f"url and events as sent: {quoted(body)}", quoted(seen))


@promise("webhook-addresses", family="webhooks", inferred="webhook-events", cases=creations(registers), needs=_WRITES, weight=6)
def a_webhook_that_cannot_be_called_is_refused(probe: Probe, operation: Operation) -> None:
    """A webhook's address that is none, or goes by another scheme than http and https, is a 400 that names url."""
    for address in _BAD_ADDRESSES:
        _refused(probe, operation, "url", address)


@promise("webhook-events", family="webhooks", documented="Webhook Notifications", cases=creations(registers), needs=_WRITES, weight=6)
def a_webhook_needs_events_that_there_are(probe: Probe, operation: Operation) -> None:
    """A webhook needs at least one event, and takes none that the contract does not name."""
    events = events_of(operation)
    for chosen in ([], [*events[:1], "invoice.deleted"], events[0], [events[0].upper()]):
        _refused(probe, operation, "events", chosen)


def _refused(probe: Probe, operation: Operation, field: str, value: Any) -> None:
    body = {**probe.body(operation.resource), field: value}
    exchange = probe.call(operation, json=body)
    if not probe.expect(exchange, 400, why=f"since {quoted(value)} is no {field} that the contract allows"):
        _remember(probe, operation, body, exchange)
        return
    named = any(name == field or name.startswith((f"{field}.", f"{field}[")) for name in exchange.got.errors)
    probe.check(named, exchange, f"errors that name {field}", quoted(dict(exchange.got.errors)))


def _remember(probe: Probe, operation: Operation, body: dict[str, Any], exchange: Exchange) -> None:
    """What was created by mistake is one of the objects that the run leaves behind."""
    if exchange.status == 201 and isinstance(exchange.got.data, dict) and isinstance(exchange.got.data.get("id"), int):
        probe.created(operation.resource, body, exchange)
