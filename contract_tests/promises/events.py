"""Events (`x-emits`), if the target's control plane lists them at `/_sandbox/events`, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.decimal_fields import exact
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.registry import Case, Needs, promise, reading
from contract_tests.judging.subscriptions import subscribed
from contract_tests.promises.invoices import far_year, invoice, pay
from openapi.contract import Contract, Emission, Operation
from openapi.wording import quoted

_FAMILY = "webhooks"
_NEEDS = Needs(writes=True, control=True)
PAYMENT = "payment.received"
_MOST_PAGES = 50
_PAGE = 100
LATER = 3.0
"""So many seconds one delivery may come after another that was caused later."""
Event = Mapping[str, Any]


class Watch:
    """What was emitted since it began. The log's newest stand first, so no more is read of it than is new.

    Raises Unable where the target shows no events.
    """

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        rows, _ = self._page(1, 1)
        self._newest = str(rows[0].get("id")) if rows else None

    def new(self, type: str | None = None) -> list[Event]:
        """The new events, of one type or of any, the newest first."""
        found: list[Event] = []
        for page in range(1, _MOST_PAGES + 1):
            rows, pages = self._page(page, _PAGE)
            for row in rows:
                if str(row.get("id")) == self._newest:
                    pages = page
                    break
                found.append(row)
            if not rows or page >= pages:
                return [one for one in found if type in (None, one.get("type"))]
        raise Unable("the target keeps too many events to look through")

    def _page(self, page: int, limit: int) -> tuple[list[Event], int]:
        """The events on a page, and how many pages there are."""
        answer = self._probe.require_control().get("/events", page=page, limit=limit)
        if answer.status != 200 or not isinstance(answer.data, list):
            raise Unable("the target's control plane shows no events")
        meta = answer.envelope.get("meta")
        pages = meta.get("total_pages") if isinstance(meta, dict) else None
        return [one for one in answer.rows if isinstance(one, dict)], pages if isinstance(pages, int) else page


def each_emission(contract: Contract) -> Iterable[Case]:
    """What is looked at: each emission of a create, its condition where it has one, a refusal, and a payment."""
    for operation in contract.operations.values():
        if operation.action == "create" and operation.emits:
            yield Case(f"{operation.id} succeeds", operation.id, partial(_a_success_emits, operation=operation))
            yield Case(f"{operation.id} is refused", operation.id, partial(_a_refusal_emits_nothing, operation=operation))
            yield Case(f"{operation.id} otherwise", operation.id, partial(_other_values_emit_nothing, operation=operation))
    yield Case("a payment", None, _a_payment_emits)


def is_spoken(probe: Probe, emission: Emission) -> bool:
    """Whether the target emits it at all: that recorded Income does is a reading."""
    return emission.event != PAYMENT or not emission.when or probe.reading("transaction-events") == "yes"


def _of(events: Iterable[Event], made: CreatedObject) -> list[Event]:
    return [one for one in events if isinstance(one.get("data"), dict) and one["data"].get("id") == made.id]


@reading("transaction-events", family=_FAMILY, needs=Needs(writes=True), weight=7)
def whether_recorded_income_is_a_payment(probe: Probe) -> str | None:
    """Recording Income by the API emits payment.received."""
    operations = [one for one in probe.contract.operations.values() for emission in one.emits if emission.event == PAYMENT and emission.when]
    if not operations:
        raise Unable("the contract has no operation that emits payment.received on a condition")
    emission = next(one for one in operations[0].emits if one.event == PAYMENT)
    try:
        watch = Watch(probe)
    except Unable:
        if probe.context.receiver is None:
            raise
        return _as_delivered(probe, operations[0], emission)
    made = probe.make(operations[0].resource, **emission.when)
    return "yes" if _of(watch.new(PAYMENT), made) else "no"


def _as_delivered(probe: Probe, operation: Operation, emission: Emission) -> str:
    """The same by what is delivered: where another event comes and this one does not, it was not emitted."""
    others = ((one, each) for one in probe.contract.operations.values() for each in one.emits if one.action == "create" and each.event != PAYMENT)
    other, beside = next(others, (None, None))
    if other is None or beside is None:
        raise Unable("the contract has no other event to compare with")
    with subscribed(probe, PAYMENT, beside.event) as hook:
        income = probe.make(operation.resource, **emission.when)
        compared = probe.make(other.resource, **beside.when)
        hook.must_get(beside.event, lambda data: data.get("id") == compared.id)
        came = hook.inbox.wait(lambda one: one.event.get("type") == PAYMENT and one.data.get("id") == income.id, LATER)
        return "yes" if came is not None else "no"


@promise("events", family=_FAMILY, documented="Webhook Notifications", cases=each_emission, needs=_NEEDS, weight=5)
def events_are_emitted_when_they_should_be(probe: Probe, look: Callable[[Probe], None]) -> None:
    """A success emits the events that the contract names, once each, and whatever is refused or does not fit the condition emits none."""
    look(probe)


def _a_success_emits(probe: Probe, operation: Operation) -> None:
    watch = Watch(probe)
    for emission in operation.emits:
        made = probe.make(operation.resource, **emission.when)
        found = _of(watch.new(emission.event), made)
        times = 1 if is_spoken(probe, emission) else 0
        probe.check(len(found) == times, made.exchange, f"{times} × the event {emission.event} of object {made.id}", f"{len(found)} of them")
        for event in found:
            missing = {"id", "type", "created_at", "data"} - event.keys()
            probe.check(not missing, made.exchange, "an event with id, type, created_at and data", f"no {', '.join(sorted(missing))}")


def _other_values_emit_nothing(probe: Probe, operation: Operation) -> None:
    properties = (operation.body or {}).get("properties", {})
    for emission in operation.emits:
        for name, value in emission.when.items():
            others = [one for one in properties.get(name, {}).get("enum", []) if one != value]
            watch = Watch(probe)
            for other in others[:1]:
                made = probe.make(operation.resource, **{name: other})
                found = _of(watch.new(emission.event), made)
                probe.check(not found, made.exchange, f"no {emission.event}, since {name} is {quoted(other)}", f"{len(found)} of them")


def _a_refusal_emits_nothing(probe: Probe, operation: Operation) -> None:
    watch = Watch(probe)
    attempts = refusals(probe, operation)
    types = {emission.event for emission in operation.emits}
    found = [one for one in watch.new() if one.get("type") in types]
    probe.check(not found, attempts[-1], "no event, since the request was refused", f"{len(found)} of them")


def refusals(probe: Probe, operation: Operation) -> list[Exchange]:
    """Creates that are refused, for their form and for what they point to. Unable where the target takes one."""
    body = probe.body(operation.resource, optional=False)
    unknown = {path.path[0]: 2**53 - 1 for path in probe.resource(operation.resource).references if len(path.path) == 1}
    wrong = [{name: value for name, value in body.items() if name != next(iter(body))}, *([{**body, **unknown}] if unknown else [])]
    attempts = [probe.call(operation, json=one) for one in wrong]
    if any(one.status < 400 for one in attempts):
        raise Unable("the target took what it should have refused")
    return attempts


def _a_payment_emits(probe: Probe) -> None:
    """Its data are the Income transaction (decision `invoice-status`)."""
    watch = Watch(probe)
    made = invoice(probe, ("40.00", 1), date=f"{far_year(probe)}-11-11")
    pay(probe.require_control(), made, 40.0)
    found = [one["data"] for one in watch.new(PAYMENT) if isinstance(one.get("data"), dict)]
    ours = [one for one in found if one.get("type") == "Income" and exact(one.get("amount")) == 40]
    probe.check(len(ours) == 1, made.exchange, "one payment.received with the Income transaction of 40 in data", f"{found}")
