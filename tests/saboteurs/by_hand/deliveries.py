"""Webhooks that are delivered wrongly, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import is_one
from tests.saboteurs.saboteur import delivering
from tests.saboteurs.webhook_delivery import Attempt, Deliverer, Event, as_json, asked_for, signed

_FOREIGN = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"


def _told(attempt: Attempt, **other: Any) -> bytes:
    return json.dumps({**attempt.event, **other}).encode()


@delivering("webhooks")
def webhooks_are_registered_and_never_called() -> Deliverer:
    return Deliverer(wanted=lambda hook, event: False)


@delivering("webhooks")
def payments_are_not_delivered() -> Deliverer:
    return Deliverer(wanted=lambda hook, event: asked_for(hook, event) and event["type"] != "payment.received")


@delivering("webhooks")
def a_webhook_is_called_about_events_that_it_did_not_ask_for() -> Deliverer:
    return Deliverer(wanted=lambda hook, event: True)


@delivering("webhooks")
def deliveries_go_by_put() -> Deliverer:
    return Deliverer(method="PUT")


@delivering("webhooks")
def deliveries_are_not_signed() -> Deliverer:
    return Deliverer(head=lambda attempt, body: {"content-type": "application/json", "webhook-id": attempt.event["id"]})


@delivering("webhooks")
def all_deliveries_are_signed_with_one_secret() -> Deliverer:
    return Deliverer(head=lambda attempt, body: signed(attempt, body, secret=_FOREIGN))


@delivering("webhooks")
def a_delivery_is_written_anew_after_it_was_signed() -> Deliverer:
    return Deliverer(head=lambda attempt, body: signed(attempt, json.dumps(attempt.event, indent=1).encode()))


@delivering("webhooks")
def deliveries_are_signed_in_the_time_of_an_hour_ago() -> Deliverer:
    return Deliverer(head=lambda attempt, body: signed(Attempt(attempt.hook, attempt.event, attempt.number, attempt.moment - 3_600), body))


@delivering("webhooks")
def deliveries_say_that_they_are_a_form() -> Deliverer:
    return Deliverer(head=lambda attempt, body: {**signed(attempt, body), "content-type": "application/x-www-form-urlencoded"})


@delivering("webhooks")
def deliveries_have_no_id_in_the_body() -> Deliverer:
    return Deliverer(body=lambda attempt: json.dumps({name: value for name, value in attempt.event.items() if name != "id"}).encode())


@delivering("webhooks")
def deliveries_hold_the_object_alone() -> Deliverer:
    return Deliverer(body=lambda attempt: json.dumps(attempt.event["data"]).encode())


@delivering("webhooks")
def deliveries_hold_only_the_id_of_the_object() -> Deliverer:
    return Deliverer(body=lambda attempt: _told(attempt, data={"id": attempt.event["data"]["id"]}))


@delivering("webhooks")
def deliveries_tell_more_than_they_should() -> Deliverer:
    return Deliverer(body=lambda attempt: _told(attempt, data={**attempt.event["data"], "_paid": 0}))


@delivering("webhooks")
def deliveries_give_money_as_text() -> Deliverer:
    return Deliverer(body=lambda attempt: _told(attempt, data={**attempt.event["data"], "amount": str(attempt.event["data"]["amount"])}))


@delivering("webhooks")
def deliveries_tell_of_the_object_before() -> Deliverer:
    return Deliverer(body=lambda attempt: _told(attempt, data={**attempt.event["data"], "id": attempt.event["data"]["id"] + 1}))


@delivering("webhooks")
def an_invoice_is_delivered_as_paid() -> Deliverer:
    def paid(attempt: Attempt) -> bytes:
        return _told(attempt, data={**attempt.event["data"], "status": "Paid"}) if "status" in attempt.event["data"] else as_json(attempt)

    return Deliverer(body=paid)


@delivering("webhooks")
def events_are_called_otherwise_when_they_are_delivered() -> Deliverer:
    return Deliverer(body=lambda attempt: _told(attempt, type=attempt.event["type"].replace(".", "_")))


@delivering("webhooks")
def refused_invoices_are_delivered() -> Deliverer:
    def refused(request: Request, answer: Answer) -> Iterable[Event]:
        if is_one(request, ["createInvoice"]):
            yield {"id": "evt_0", "type": "invoice.created", "created_at": "2025-07-01T09:00:00Z", "data": {"id": 2**53 - 1}}

    return Deliverer(refused=refused)


@delivering("webhooks")
def what_failed_is_not_delivered_again() -> Deliverer:
    return Deliverer(most=1)


@delivering("webhooks")
def what_failed_comes_again_under_another_id() -> Deliverer:
    return Deliverer(head=lambda attempt, body: signed(attempt, body, id=f"{attempt.event['id']}.{attempt.number}"))


@delivering("webhooks")
def what_failed_comes_again_with_another_body() -> Deliverer:
    return Deliverer(body=lambda attempt: as_json(attempt) if attempt.number == 1 else _told(attempt, created_at="2025-07-01T09:00:05Z"))


@delivering("webhooks")
def what_failed_comes_again_with_its_old_signature() -> Deliverer:
    def as_at_first(attempt: Attempt, body: bytes) -> dict[str, str]:
        moment = attempt.moment - attempt.number + 1
        return signed(Attempt(attempt.hook, attempt.event, attempt.number, moment), body)

    return Deliverer(head=as_at_first)
