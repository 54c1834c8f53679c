"""Filters and searches that keep too much, too little or something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.by_hand.rebuilt_pages import Rows, relisted
from tests.saboteurs.interceptors import as_value, called, is_one, query_of, requests, with_json, with_query
from tests.saboteurs.saboteur import Forward, Interceptor, Spec, editing, intercepting

_DAYS = ("date_from", "date_to")


def _searched(finds: Callable[[str, Any], bool], *, also_empty: bool = False) -> Interceptor:
    def choose(request: Request, rows: Rows) -> Rows:
        term = query_of(request, "search")
        return [row for row in rows if finds(term, row)] if term or (also_empty and term is not None) else rows

    return relisted(choose, "listCustomers", search=None)


def _held(row: Any, *names: str) -> list[str]:
    return [row[name] for name in names if name in row]


def _holds(row: Any, term: str) -> bool:
    return any(term.casefold() in text.casefold() for text in _held(row, "account", "email", "phone"))


@intercepting("filters")
def search_tells_capitals_from_small_letters() -> Interceptor:
    return _searched(lambda term, row: any(term in text for text in _held(row, "account", "email", "phone")))


@editing("filters")
def search_misses_phone(spec: Spec) -> None:
    _search_in(spec, "account", "email")


@editing("filters")
def search_misses_email(spec: Spec) -> None:
    _search_in(spec, "account", "phone")


@editing("filters")
def search_looks_into_the_city_too(spec: Spec) -> None:
    _search_in(spec, "account", "email", "phone", "city")


@intercepting("filters")
def search_finds_any_of_several_words() -> Interceptor:
    def finds(term: str, row: Any) -> bool:
        words = term.casefold().split() or [term]
        return any(word in text.casefold() for word in words for text in _held(row, "account", "email", "phone"))

    return _searched(finds)


@intercepting("filters")
def search_must_be_all_of_a_field() -> Interceptor:
    return _searched(lambda term, row: term.casefold() in [text.casefold() for text in _held(row, "account", "email", "phone")])


@intercepting("filters")
def search_takes_a_percent_sign_for_anything() -> Interceptor:
    def finds(term: str, row: Any) -> bool:
        parts = [part for part in term.casefold().replace("_", "%").split("%") if part]
        return any(all(part in text.casefold() for part in parts) for text in _held(row, "account", "email", "phone"))

    return _searched(finds)


@intercepting("filters")
def an_empty_search_finds_nothing() -> Interceptor:
    return _searched(lambda term, row: term != "" and _holds(row, term), also_empty=True)


@intercepting("filters", "paging")
def search_sees_the_first_five_customers_only() -> Interceptor:
    def finds(request: Request, rows: Rows) -> Rows:
        term = query_of(request, "search") or ""
        return [row for row in rows[:5] if _holds(row, term)] if term else rows

    return relisted(finds, "listCustomers", search=None)


@intercepting("filters")
def search_joins_the_fields_first() -> Interceptor:
    return _searched(lambda term, row: term.casefold() in "".join(_held(row, "account", "email", "phone")).casefold())


@editing("filters")
def date_to_is_exclusive(spec: Spec) -> None:
    spec["components"]["parameters"]["DateTo"]["x-filter"]["comparison"] = "lt"


@editing("filters")
def date_from_is_exclusive(spec: Spec) -> None:
    spec["components"]["parameters"]["DateFrom"]["x-filter"]["comparison"] = "gt"


@editing("filters")
def dates_of_invoices_are_those_when_they_are_due(spec: Spec) -> None:
    parameters = spec["paths"]["/invoices"]["get"]["parameters"]
    for place, one in enumerate(parameters):
        name = one.get("$ref", "").rsplit("/", 1)[-1]
        if name in ("DateFrom", "DateTo"):
            own = spec["components"]["parameters"][name]
            parameters[place] = {**own, "x-filter": {**own["x-filter"], "field": "due_date"}}


@editing("filters", "reports")
def date_from_is_ignored_on_transactions(spec: Spec) -> None:
    parameters = spec["paths"]["/transactions"]["get"]["parameters"]
    for place, one in enumerate(parameters):
        if one.get("$ref", "").endswith("/DateFrom"):
            parameters[place] = {name: value for name, value in spec["components"]["parameters"]["DateFrom"].items() if name != "x-filter"}


@intercepting("filters")
def date_from_is_ignored_when_date_to_is_sent() -> Interceptor:
    def ignored(request: Request) -> Request:
        start, end = (query_of(request, name) for name in _DAYS)
        return with_query(request, date_from=None) if start and end and start <= end else request

    return requests(ignored, "listInvoices", "listTransactions")


@intercepting("filters")
def a_crossed_range_is_an_empty_list() -> Interceptor:
    def crossed(request: Request, key: str | None, forward: Forward) -> Answer:
        start, end = (query_of(request, name) for name in _DAYS)
        if start and end and start > end and is_one(request, ["list"]):
            return forward(with_query(request, date_from="0001-01-01", date_to="0001-01-01"), key)
        return forward(request, key)

    return crossed


@intercepting("filters")
def a_day_that_there_is_not_is_taken_for_the_next() -> Interceptor:
    def taken(request: Request) -> Request:
        days = {name: query_of(request, name) for name in _DAYS}
        return with_query(request, **{name: f"{day[:5]}03-01" for name, day in days.items() if day and day.endswith(("-02-29", "-02-30", "-02-31"))})

    return requests(taken, "list")


@intercepting("filters")
def a_bad_status_of_tickets_is_an_empty_list() -> Interceptor:
    def empty(request: Request, key: str | None, forward: Forward) -> Answer:
        status = query_of(request, "status")
        if is_one(request, ["listTickets"]) and status is not None and status not in ("Open", "Closed", "Pending"):
            answer = forward(with_query(request, status="Closed"), key)
            value = as_value(answer)
            if answer.status == 200:
                value.update(data=[], meta={**value["meta"], "total_pages": 0, "total_records": 0})
                return with_json(answer, value)
        return forward(request, key)

    return empty


@intercepting("filters")
def a_status_may_be_written_small() -> Interceptor:
    def grown(request: Request) -> Request:
        status = query_of(request, "status") or ""
        known = ("Paid", "Unpaid", "Partially Paid", "Open", "Closed", "Pending")
        return with_query(request, status=status.title()) if status.title() in known else request

    return requests(grown, "listInvoices", "listTickets")


@intercepting("filters")
def a_customer_id_is_the_most_one() -> Interceptor:
    def choose(request: Request, rows: Rows) -> Rows:
        asked = query_of(request, "customer_id")
        return rows if asked is None else [row for row in rows if row["customer_id"] <= int(asked)]

    return relisted(choose, "listInvoices", customer_id=None)


@intercepting("filters")
def an_account_id_is_the_least_one() -> Interceptor:
    def choose(request: Request, rows: Rows) -> Rows:
        asked = query_of(request, "account_id")
        return rows if asked is None else [row for row in rows if row["account_id"] >= int(asked)]

    return relisted(choose, "listTransactions", account_id=None)


@intercepting("filters")
def of_several_filters_the_first_one_counts() -> Interceptor:
    def first(request: Request) -> Request:
        one = called(request)
        names = {filter.parameter for filter in one.filters} if one is not None else set()
        sent = [name for name, _ in request.query if name in names]
        days = [query_of(request, name) or "" for name in _DAYS]
        return request if all(days) and days[0] > days[1] else with_query(request, **dict.fromkeys(sent[1:]))

    return requests(first, "list")


@intercepting("filters", "reports")
def income_and_expenses_are_mixed_up() -> Interceptor:
    other = {"Income": "Expense", "Expense": "Income"}
    return requests(
        lambda request: with_query(request, type=other.get(query_of(request, "type") or "", query_of(request, "type"))), "listTransactions"
    )


@intercepting("filters")
def unpaid_invoices_are_all_that_are_not_paid() -> Interceptor:
    def choose(request: Request, rows: Rows) -> Rows:
        asked = query_of(request, "status")
        return [row for row in rows if row["status"] == asked or (asked == "Unpaid" and row["status"] == "Partially Paid") or asked is None]

    return relisted(choose, "listInvoices", status=None)


@intercepting("filters")
def tickets_without_a_department_are_in_all() -> Interceptor:
    def choose(request: Request, rows: Rows) -> Rows:
        asked = query_of(request, "department_id")
        return [row for row in rows if asked is None or row["department_id"] in (1, int(asked))]

    return relisted(choose, "listTickets", department_id=None)


def _search_in(spec: Spec, *fields: str) -> None:
    parameters = spec["paths"]["/customers"]["get"]["parameters"]
    next(one for one in parameters if one.get("name") == "search")["x-search"] = list(fields)
