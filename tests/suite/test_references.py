"""The promises on references are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, body_of, is_one, with_body, with_json
from tests.saboteurs.saboteur import Forward, Interceptor, Spec
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs

FAMILY = ("references", "speaks-paging", "speaks-order")


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("paging", "references")) < 160


@pytest.mark.parametrize("schema", ["InvoiceInput", "QuoteInput", "TicketInput"])
def test_a_reference_that_nobody_looks_at_is_found(schema: str) -> None:
    def forget(spec: Spec) -> None:
        del spec["components"]["schemas"][schema]["properties"]["customer_id"]["x-ref"]

    assert {"speaks-unknown-reference", "reference-deleted", "speaks-delete-referenced", "no-orphans"} <= promises_broken_by(*FAMILY, edit=forget)


def test_a_refused_object_that_is_stored_all_the_same_is_found() -> None:
    assert "reference-deleted" in promises_broken_by(*FAMILY, between=_stores_what_it_refuses())


def _stores_what_it_refuses() -> Interceptor:
    """Lists a ticket that was refused for its customer."""
    refused: list[Any] = []

    def store(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status == 400 and is_one(request, ["createTicket"]) and "customer_id" in value["errors"]:
            refused.append({"id": 900 + len(refused), **body_of(request)})
        if answer.status == 200 and is_one(request, ["listTickets"]):
            return with_json(answer, {**value, "data": [*value["data"], *refused]})
        return answer

    return store


def test_an_identifier_that_is_taken_as_a_text_is_found() -> None:
    def lenient(request: Request, key: str | None, forward: Forward) -> Answer:
        body = body_of(request)
        if is_one(request, ["createQuote"]) and isinstance(body, dict) and body.get("customer_id") == "abc":
            customer = json.loads(forward(replace(request, method="GET", path="/customers", body=None), key).body)["data"][0]["id"]
            request = with_body(request, {**body, "customer_id": customer})
        return forward(request, key)

    assert promises_broken_by(*FAMILY, between=lenient) == {"reference-form"}
