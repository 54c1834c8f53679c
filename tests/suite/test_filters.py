"""The promises on filters and search are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract_tests.http.exchange import Request
from tests.saboteurs.interceptors import query_of, requests, with_query
from tests.saboteurs.saboteur import Spec
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs

FAMILY = ("filters", "speaks-paging", "speaks-order")


def filter_of(spec: Spec, path: str, name: str) -> Spec:
    parameters = spec["paths"][path]["get"]["parameters"]
    node: Spec = next(one for one in parameters if one.get("name") == name)
    return node


def dates(spec: Spec, name: str) -> Spec:
    node: Spec = spec["components"]["parameters"][name]
    return node


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("paging", "filters", "search")) < 260


IGNORED = [
    ("/invoices", "customer_id"),
    ("/transactions", "type"),
    ("/transactions", "account_id"),
    ("/tickets", "department_id"),
    ("/tickets", "status"),
]


@pytest.mark.parametrize(("path", "name"), IGNORED)
def test_a_filter_that_is_ignored_is_found(path: str, name: str) -> None:
    def ignore(spec: Spec) -> None:
        del filter_of(spec, path, name)["x-filter"]

    assert "filter-exact" in promises_broken_by(*FAMILY, edit=ignore)


@pytest.mark.parametrize(("name", "comparison"), [("DateFrom", "gt"), ("DateTo", "lt"), ("DateFrom", "eq"), ("DateTo", "ge")])
def test_an_end_of_a_range_that_is_compared_otherwise_is_found(name: str, comparison: str) -> None:
    def compare(spec: Spec) -> None:
        dates(spec, name)["x-filter"]["comparison"] = comparison

    assert {"filter-exact", "filter-range"} <= promises_broken_by(*FAMILY, edit=compare)


def test_a_crossed_range_that_is_answered_is_found() -> None:
    def swap(request: Request) -> Request:
        first, last = query_of(request, "date_from"), query_of(request, "date_to")
        return with_query(request, date_from=last, date_to=first) if first and last and first > last else request

    assert promises_broken_by(*FAMILY, between=requests(swap, "listTransactions")) == {"filter-range-crossed"}


def test_a_value_that_is_taken_in_any_case_is_found() -> None:
    def capital(request: Request) -> Request:
        return with_query(request, type=(query_of(request, "type") or "").capitalize()) if query_of(request, "type") else request

    assert promises_broken_by(*FAMILY, between=requests(capital, "listTransactions")) == {"filter-value"}


def test_a_filter_that_is_dropped_beside_another_is_found() -> None:
    def drop(request: Request) -> Request:
        return with_query(request, account_id=None) if query_of(request, "type") else request

    assert "filter-together" in promises_broken_by(*FAMILY, between=requests(drop, "listTransactions"))


def test_a_filter_that_is_dropped_on_the_second_page_is_found() -> None:
    def drop(request: Request) -> Request:
        return with_query(request, customer_id=None) if query_of(request, "page") == "2" else request

    assert "filter-pages" in promises_broken_by(*FAMILY, between=requests(drop, "listInvoices"))


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        (lambda term: term if term.islower() else "nobody has this", "search-case"),
        (lambda term: "" if term in ("%", "_") else term, "search-literal"),
        (lambda term: term or "nobody has this", "search-empty"),
        (lambda term: term.split(" ")[0], "search-literal"),
        (lambda term: "", "search-fields"),
    ],
    ids=["case", "wildcards", "empty", "first word", "ignored"],
)
def test_a_term_that_means_something_else_is_found(change: Callable[[str], str], promise: str) -> None:
    def another(request: Request) -> Request:
        term = query_of(request, "search")
        return request if term is None else with_query(request, search=change(term))

    assert promise in promises_broken_by(*FAMILY, between=requests(another, "listCustomers"))


@pytest.mark.parametrize("fields", [["account", "email"], ["email", "phone"], ["account", "email", "phone", "city"]])
def test_a_search_in_other_fields_is_found(fields: list[str]) -> None:
    def look(spec: Spec) -> None:
        filter_of(spec, "/customers", "search")["x-search"] = fields

    assert {"search-fields", "speaks-search"} & promises_broken_by(*FAMILY, edit=look)
