"""The promises on webhooks are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, body_of, is_one, objects, with_body
from tests.saboteurs.saboteur import Forward, Interceptor
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs


def instead(field: str, value: Any) -> Interceptor:
    """Takes a registration whose field is at fault, with another value in its place."""

    def lenient(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 400 or not is_one(request, ["registerWebhook"]):
            return answer
        at_fault = any(name.startswith(field) for name in as_value(answer)["errors"])
        return forward(with_body(request, {**body_of(request), field: value}), key) if at_fault else answer

    return lenient


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("webhooks")) < 20


@pytest.mark.parametrize(
    ("field", "value", "promise"),
    [("url", "https://contract-tests.example/", "webhook-addresses"), ("events", ["invoice.created"], "webhook-events")],
)
def test_a_registration_that_should_be_refused_is_found(field: str, value: Any, promise: str) -> None:
    assert promises_broken_by("webhooks", between=instead(field, value)) == {promise}


def test_events_in_another_order_are_found() -> None:
    assert promises_broken_by("webhooks", between=objects(lambda one: one["events"].sort(), "registerWebhook")) == {"webhook-registered"}


def test_an_address_that_is_changed_is_found() -> None:
    upgraded = objects(lambda one: one.update(url=one["url"].replace("http:", "https:")), "registerWebhook")
    assert promises_broken_by("webhooks", between=upgraded) == {"webhook-registered"}
