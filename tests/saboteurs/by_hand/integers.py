"""Integers that are taken for something else, and what is none and taken for one; bounds that lie elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.meddling import bodies, heads, objects, refusal, requests
from tests.saboteurs.saboteur import Meddler, meddling

_EXPONENT = re.compile(rb"(:)(\d[\d.]*[eE][-+]?\d+)(?=[,}])")


def _written(change: Callable[[bytes], bytes], *operations: str) -> Meddler:
    """Changes the bytes of bodies."""
    return requests(lambda request: replace(request, body=change(request.body)) if request.body else request, *operations)


def _failing(pattern: bytes, message: str, *operations: str) -> Meddler:
    def fails(request: Request, answer: Answer) -> Answer:
        return refusal(answer, 500, message) if re.search(pattern, request.body or b"") else answer

    return heads(fails, *operations)


@meddling("errors")
def an_integer_with_an_exponent_is_a_failure_of_the_server() -> Meddler:
    return _failing(rb":\d+e0[,}]", "'float' object cannot be interpreted as an integer", "recordTransaction")


@meddling("errors")
def an_integer_may_have_a_fraction_of_nothing_and_no_exponent() -> Meddler:
    return _written(lambda body: _EXPONENT.sub(rb'\1"\2"', body))


@meddling("errors", "shape", "state")
def an_integer_is_shown_with_a_fraction() -> Meddler:
    return objects(lambda one: one.update(account_id=float(one["account_id"])), "recordTransaction")


@meddling("errors", "references", "state")
def true_is_the_first_customer() -> Meddler:
    def first(body: Any) -> None:
        if body.get("customer_id") is True:
            body["customer_id"] = 1

    return bodies(first, "createQuote", "createTicket", "createInvoice")


@meddling("errors", "money")
def fractions_of_an_integer_are_cut_off() -> Meddler:
    def cut(body: Any) -> None:
        for line in body.get("items", ()) if isinstance(body.get("items"), list) else ():
            if isinstance(line, dict) and isinstance(line.get("qty"), float):
                line["qty"] = int(line["qty"])

    return bodies(cut, "createInvoice")


@meddling("errors")
def a_number_beyond_all_doubles_is_a_failure_of_the_server() -> Meddler:
    return _failing(rb":1e400[,}]", "cannot convert float infinity to integer", "createTicket")


@meddling("errors", "paging", "filters")
def a_page_may_have_a_fraction_of_nothing() -> Meddler:
    def whole(request: Request) -> Request:
        return replace(request, query=tuple((name, value.removesuffix(".0")) for name, value in request.query))

    return requests(whole)


@meddling("errors", "paging")
def pages_end_at_a_million() -> Meddler:
    def ends(request: Request, answer: Answer) -> Answer:
        page = dict(request.query).get("page", "1")
        beyond = page.isdecimal() and int(page) > 1_000_000
        return refusal(answer, 400, "Validation failed", {"page": "must be at most 1000000"}) if beyond else answer

    return heads(ends, statuses=(200,))


@meddling("errors", "filters")
def too_long_a_search_is_a_failure_of_the_server() -> Meddler:
    def fails(request: Request, answer: Answer) -> Answer:
        return refusal(answer, 500, "value too long") if len(dict(request.query).get("search", "")) > 255 else answer

    return heads(fails, statuses=(400,))
