"""Deliveries of webhooks, if the target can call the suite: their content, signature and retries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.http.webhook_receiver import Delivery
from contract_tests.judging.decimal_fields import exact
from contract_tests.judging.probe import Probe, same
from contract_tests.judging.registry import Case, Needs, promise
from contract_tests.judging.subscriptions import PATIENCE, Data, Subscription, events_of, registration, subscribed
from contract_tests.promises.events import PAYMENT, is_spoken, refusals
from contract_tests.promises.invoices import far_year, invoice, pay
from contract_tests.promises.shapes import misfits, strict_json
from openapi.contract import Contract, Emission, Operation
from openapi.schemas import Direction, json_schema
from openapi.wording import quoted

_FAMILY = "webhooks"
_NEEDS = Needs(writes=True, receiver=True)
PAUSE = 2.0
"""So many seconds pass at least before what failed is asked for again: then its timestamp is another."""
_STEPS = 6


@dataclass(frozen=True, slots=True)
class Happening:
    """A change that causes an event: the exchange that made it, and how the event's data are told from others'.

    `document` is what the data must hold, as far as it is known.
    """

    exchange: Exchange
    is_meant: Data
    document: Mapping[str, Any]

    def is_told(self, data: Mapping[str, Any]) -> bool:
        """Whether the data are all that they should be."""
        return self.is_meant(data) and all(same(value, data.get(name)) for name, value in self.document.items())


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event, and what causes it: a create on a condition, or, where neither stands here, a payment."""

    event: str
    operation: Operation | None = None
    emission: Emission | None = None

    def cause(self, probe: Probe) -> Happening:
        """Makes the change. Unable where the target cannot, or means it otherwise."""
        if self.operation is None or self.emission is None:
            return _pay(probe)
        if not is_spoken(probe, self.emission):
            raise Unable(f"the target does not emit {self.event} here, which is a listed reading")
        made = probe.make(self.operation.resource, **self.emission.when)
        return Happening(made.exchange, lambda data: data.get("id") == made.id, made.document)

    def is_possible(self, probe: Probe) -> bool:
        """Whether the target is known to be able to do it."""
        return probe.control is not None if self.emission is None else is_spoken(probe, self.emission)


def each_emission(contract: Contract) -> Iterable[Case]:
    """Each event that a create causes."""
    for operation in contract.operations.values():
        if operation.action == "create":
            for one in operation.emits:
                yield Case(f"{one.event} by {operation.id}", operation.id, Occasion(one.event, operation, one))


def each_occasion(contract: Contract) -> Iterable[Case]:
    """What is looked at: each event that a create causes, and a payment."""
    yield from each_emission(contract)
    yield Case(f"{PAYMENT} by a payment", None, Occasion(PAYMENT))


def _pay(probe: Probe) -> Happening:
    """Its data are the Income transaction (decision `webhook-events`); an amount that hardly anybody else pays tells whose it is."""
    control = probe.require_control()
    made = invoice(probe, ("5000.00", 1), date=f"{far_year(probe)}-11-12")
    amount = probe.bodies.amount("1000.01", "4999.99")
    pay(control, made, amount)
    return Happening(made.exchange, lambda data: exact(data.get("amount")) == exact(amount), {"type": "Income", "amount": amount})


@promise("webhook-delivered", family=_FAMILY, documented="Webhook Notifications", cases=each_occasion, needs=_NEEDS, weight=6)
def an_event_is_delivered_after_the_change(probe: Probe, occasion: Occasion) -> None:
    """An event is delivered by POST to the webhook that asked for it, within ten seconds after the change."""
    with subscribed(probe, occasion.event) as hook:
        happening = occasion.cause(probe)
        found = hook.first(occasion.event, happening.is_meant) or next(iter(hook.inbox.all()), None)
        expected = f"a POST of {occasion.event} to {hook.inbox.url} within {PATIENCE:g} s"
        probe.check(found is not None and found.method == "POST", happening.exchange, expected, hook.seen(), before=[hook.registration])


@promise("webhook-payload", family=_FAMILY, inferred="webhook-events", cases=each_occasion, needs=_NEEDS, weight=5)
def a_delivery_tells_what_happened(probe: Probe, occasion: Occasion) -> None:
    """A delivery is JSON with `id`, `type`, `created_at` and `data`, which fits the contract's callback; its data are the object itself."""
    schema = registration(probe).callbacks.get(occasion.event)
    if schema is None:
        raise Unable(f"the contract does not describe what is sent for {occasion.event}")
    with subscribed(probe, occasion.event) as hook:
        happening = occasion.cause(probe)
        found = _came(hook, occasion, happening)
        before, exchange = [hook.registration], happening.exchange
        media = found.headers.get("content-type", "no content type")
        probe.check(media.partition(";")[0].strip().lower() == "application/json", exchange, "Content-Type: application/json", media, before=before)
        try:
            value = strict_json(found.body)
        except (ValueError, RecursionError) as problem:
            probe.fault(exchange, "a delivery in JSON", f"{problem}: {found}", before=before)
            return
        wrong = misfits(json_schema(schema, Direction.ANSWER), value)
        probe.check(not wrong, exchange, f"a delivery that fits the callback {occasion.event}", f"{'; '.join(wrong)}: {found}", before=before)
        probe.check(happening.is_told(found.data), exchange, f"data with {quoted(dict(happening.document))}"[:400], f"{found}", before=before)


@promise("webhook-signed", family=_FAMILY, inferred="webhook-events", cases=each_occasion, needs=_NEEDS, weight=5)
def a_delivery_is_signed_with_the_secret_of_its_webhook(probe: Probe, occasion: Occasion) -> None:
    """A delivery is signed by the Standard Webhooks scheme, with the secret of its own registration."""
    with subscribed(probe, occasion.event) as hook:
        happening = occasion.cause(probe)
        found = _came(hook, occasion, happening)
        wrong = _unverified(found, hook.secret)
        expected = "a delivery that the secret of the registration verifies, by Standard Webhooks"
        probe.check(wrong is None, happening.exchange, expected, f"{wrong}: {found}", before=[hook.registration])


@promise("webhook-subscriptions", family=_FAMILY, documented="Webhook Notifications", needs=_NEEDS, weight=4)
def a_webhook_gets_only_what_it_asked_for(probe: Probe) -> None:
    """A webhook gets the events that it asked for, and no others."""
    occasions = _one_of_each(probe)
    if len(occasions) < 2:
        raise Unable("the contract has no two events that the suite can cause here")
    for asked, other in ((occasions[0], occasions[1]), (occasions[1], occasions[0])):
        with subscribed(probe, asked.event) as hook, subscribed(probe, other.event) as beside:
            foreign = other.cause(probe)
            beside.must_get(other.event, foreign.is_meant)
            hook.must_get(asked.event, asked.cause(probe).is_meant)
            strange = next((one for one in hook.inbox.all() if one.event.get("type") != asked.event), None)
            expected = f"{asked.event} and nothing else at {hook.inbox.url}"
            probe.check(strange is None, foreign.exchange, expected, f"{strange}", before=[hook.registration])


@promise("webhook-refused", family=_FAMILY, inferred="webhook-events", cases=each_emission, needs=_NEEDS, weight=4)
def a_refused_request_delivers_nothing(probe: Probe, occasion: Occasion) -> None:
    """A request that is refused delivers nothing, and a change is delivered under one id."""
    operation = occasion.operation
    assert operation is not None
    with subscribed(probe, occasion.event) as hook:
        refused = refusals(probe, operation)
        happening = occasion.cause(probe)
        hook.must_get(occasion.event, happening.is_meant)
        came = hook.inbox.all()
        strange = next((one for one in came if not happening.is_meant(one.data) and not _is_there(probe, operation, one)), None)
        expected = f"no delivery, since the {'request was' if len(refused) == 1 else 'requests were'} refused"
        probe.check(strange is None, refused[-1], expected, f"{strange}", before=[hook.registration])
        ids = sorted({one.headers.get("webhook-id", "no webhook-id") for one in came if happening.is_meant(one.data)})
        probe.check(len(ids) == 1, happening.exchange, "one webhook-id for one change", ", ".join(ids), before=[hook.registration])


@promise("webhook-retried", family=_FAMILY, inferred="webhook-events", needs=_NEEDS, weight=4)
def a_delivery_that_failed_comes_again(probe: Probe) -> None:
    """A delivery that was answered with 500 comes again under the same id with the same body, and is signed anew."""
    occasion = next(iter(_one_of_each(probe)), None)
    if occasion is None:
        raise Unable("the contract has no event that the suite can cause")
    with subscribed(probe, occasion.event, answers=(500,)) as hook:
        happening = occasion.cause(probe)
        first = _came(hook, occasion, happening)
        again = _again(probe, hook, first)
        before, exchange = [hook.registration], happening.exchange
        if again is None and probe.control is None:
            raise Unable(f"nothing came again within {PATIENCE:g} s, and there is no control plane to move the clock with")
        if not probe.check(again is not None, exchange, "the same delivery again, since it was answered with 500", f"only {first}", before=before):
            return
        assert again is not None
        id, other = (one.headers.get("webhook-id") for one in (first, again))
        probe.check(id == other, exchange, f"webhook-id: {id}, as at first", f"webhook-id: {other}", before=before)
        probe.check(first.body == again.body, exchange, f"the body as at first: {first}", f"{again}", before=before)
        wrong = _unverified(again, hook.secret)
        probe.check(wrong is None, exchange, "a signature that verifies the second time too", f"{wrong}: {again}", before=before)
        if again.moment - first.moment > PAUSE:
            old, new = first.timestamp or 0, again.timestamp or 0
            probe.check(new > old, exchange, f"a webhook-timestamp after {old}", f"webhook-timestamp: {new}", before=before)


def _again(probe: Probe, hook: Subscription, first: Delivery) -> Delivery | None:
    """The second attempt: where there is a control plane, the workspace's clock is moved on until it comes."""

    def is_it(one: Delivery) -> bool:
        return one is not first and (one.body == first.body or (bool(one.data) and one.data.get("id") == first.data.get("id")))

    if probe.control is None:
        return hook.wait(is_it)
    found = hook.inbox.wait(is_it, PAUSE)
    for _ in range(_STEPS):
        if found is None:
            probe.control.advance("PT10S")
            found = hook.inbox.wait(is_it, PAUSE)
    return found


def _came(hook: Subscription, occasion: Occasion, happening: Happening) -> Delivery:
    """What tells of the change, else whatever came; Unable where nothing comes, which is what another promise is about."""
    found = hook.first(occasion.event, happening.is_meant) or next(iter(hook.inbox.all()), None)
    if found is None:
        raise Unable("nothing was delivered in time")
    return found


def _unverified(delivery: Delivery, secret: str) -> str | None:
    """Why the library that receivers use does not verify it; None where it does. Its clock is this machine's."""
    from standardwebhooks import Webhook, WebhookVerificationError

    try:
        Webhook(secret).verify(delivery.body, dict(delivery.headers), json_parse=False)
    except WebhookVerificationError as problem:
        return str(problem) or "it does not verify"
    except Exception:  # what it raises for another form says nothing to whoever reads it
        return "the secret or a header has another form than Standard Webhooks gives it"
    return None


def _one_of_each(probe: Probe) -> list[Occasion]:
    """For each event that a webhook may ask for one change that causes it, as far as the suite can make one."""
    known = events_of(registration(probe))
    found: dict[str, Occasion] = {}
    for case in each_occasion(probe.contract):
        occasion: Occasion = case.subject
        if occasion.event in known and occasion.is_possible(probe):
            found.setdefault(occasion.event, occasion)
    return list(found.values())


def _is_there(probe: Probe, operation: Operation, delivery: Delivery) -> bool:
    """Whether an event tells of an object that the target has: then somebody else made it, and all is well."""
    id = delivery.data.get("id")
    return isinstance(id, int) and not isinstance(id, bool) and probe.found(operation.resource, id) is not None
