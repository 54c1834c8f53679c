"""Integers that are taken for something else, and what is none and taken for one; bounds that lie elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import bodies, heads, objects, refusal, requests
from tests.saboteurs.saboteur import Interceptor, intercepting

_EXPONENT = re.compile(rb"(:)(\d[\d.]*[eE][-+]?\d+)(?=[,}])")


def _written(change: Callable[[bytes], bytes], *operations: str) -> Interceptor:
    """Changes the bytes of bodies."""
    return requests(lambda request: replace(request, body=change(request.body)) if request.body else request, *operations)


def _failing(pattern: bytes, message: str, *operations: str) -> Interceptor:
    def fails(request: Request, answer: Answer) -> Answer:
        return refusal(answer, 500, message) if re.search(pattern, request.body or b"") else answer

    return heads(fails, *operations)


@intercepting("errors")
def an_integer_with_an_exponent_is_a_failure_of_the_server() -> Interceptor:
    return _failing(rb":\d+e0[,}]", "'float' object cannot be interpreted as an integer", "recordTransaction")


@intercepting("errors")
def an_integer_may_have_a_fraction_of_nothing_and_no_exponent() -> Interceptor:
    return _written(lambda body: _EXPONENT.sub(rb'\1"\2"', body))


@intercepting("errors", "shape", "state")
def an_integer_is_shown_with_a_fraction() -> Interceptor:
    return objects(lambda one: one.update(account_id=float(one["account_id"])), "recordTransaction")


@intercepting("errors", "references", "state")
def true_is_the_first_customer() -> Interceptor:
    def first(body: Any) -> None:
        if body.get("customer_id") is True:
            body["customer_id"] = 1

    return bodies(first, "createQuote", "createTicket", "createInvoice")


@intercepting("errors", "money")
def fractions_of_an_integer_are_cut_off() -> Interceptor:
    def cut(body: Any) -> None:
        for line in body.get("items", ()) if isinstance(body.get("items"), list) else ():
            if isinstance(line, dict) and isinstance(line.get("qty"), float):
                line["qty"] = int(line["qty"])

    return bodies(cut, "createInvoice")


@intercepting("errors")
def a_number_beyond_all_doubles_is_a_failure_of_the_server() -> Interceptor:
    return _failing(rb":1e400[,}]", "cannot convert float infinity to integer", "createTicket")


@intercepting("errors", "paging", "filters")
def a_page_may_have_a_fraction_of_nothing() -> Interceptor:
    def whole(request: Request) -> Request:
        return replace(request, query=tuple((name, value.removesuffix(".0")) for name, value in request.query))

    return requests(whole)


@intercepting("errors", "paging")
def pages_end_at_a_million() -> Interceptor:
    def ends(request: Request, answer: Answer) -> Answer:
        page = dict(request.query).get("page", "1")
        beyond = page.isdecimal() and int(page) > 1_000_000
        return refusal(answer, 400, "Validation failed", {"page": "must be at most 1000000"}) if beyond else answer

    return heads(ends, statuses=(200,))


@intercepting("errors", "filters")
def too_long_a_search_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, answer: Answer) -> Answer:
        return refusal(answer, 500, "value too long") if len(dict(request.query).get("search", "")) > 255 else answer

    return heads(fails, statuses=(400,))
