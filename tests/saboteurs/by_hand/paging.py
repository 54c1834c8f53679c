"""Lists that lose, repeat or invent rows, or count them wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.by_hand.rebuilt_pages import Rows, relisted, whole
from tests.saboteurs.interceptors import GOOD, answers, as_value, called, heads, is_one, query_of, refusal, requests, with_json, with_query
from tests.saboteurs.saboteur import Forward, Interceptor, intercepting


def _page(request: Request) -> int:
    return int(query_of(request, "page") or 1)


def _limit(request: Request) -> int:
    """The limit that was asked for where it is one that the contract allows, else 0."""
    asked = query_of(request, "limit") or ""
    return int(asked) if asked.isdigit() and int(asked) <= 100 else 0


@intercepting("paging")
def page_two_repeats_the_last_row_of_page_one() -> Interceptor:
    def repeats(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status != 200 or not is_one(request, ["list"]) or _page(request) != 2 or not value["data"]:
            return answer
        before = as_value(forward(replace(with_query(request, page=1), method="GET"), key))
        value["data"] = [before["data"][-1], *value["data"]][: int(query_of(request, "limit") or 20)]
        return with_json(answer, value)

    return repeats


@intercepting("paging")
def page_two_begins_one_row_too_late() -> Interceptor:
    def skips(request: Request, value: Any) -> None:
        if _page(request) > 1:
            value["data"] = value["data"][1:]

    return _paged(skips)


@intercepting("paging", "filters")
def total_records_counts_what_was_filtered_out_too() -> Interceptor:
    def counts(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status != 200 or not is_one(request, ["list"]):
            return answer
        kept = tuple(pair for pair in request.query if pair[0] in ("page", "limit", "api_key"))
        whole = as_value(forward(replace(request, method="GET", query=kept), key))
        value["meta"]["total_records"] = whole["meta"]["total_records"]
        return with_json(answer, value)

    return counts


@intercepting("paging")
def total_records_counts_the_page() -> Interceptor:
    return _paged(lambda request, value: value["meta"].update(total_records=len(value["data"])))


@intercepting("paging")
def total_pages_is_rounded_down() -> Interceptor:
    def rounded(request: Request, value: Any) -> None:
        value["meta"]["total_pages"] = value["meta"]["total_records"] // int(query_of(request, "limit") or 20)

    return _paged(rounded)


@intercepting("paging")
def an_empty_list_has_one_page() -> Interceptor:
    return _paged(lambda request, value: value["meta"].update(total_pages=max(1, value["meta"]["total_pages"])))


@intercepting("paging")
def current_page_is_always_one() -> Interceptor:
    return _paged(lambda request, value: value["meta"].update(current_page=1))


@intercepting("paging")
def current_page_counts_from_zero() -> Interceptor:
    return _paged(lambda request, value: value["meta"].update(current_page=value["meta"]["current_page"] - 1))


@intercepting("paging")
def a_page_has_at_most_fifty_rows() -> Interceptor:
    return requests(lambda request: with_query(request, limit=50) if _limit(request) > 50 else request, "list")


@intercepting("paging")
def a_page_has_ten_rows_unless_it_is_told() -> Interceptor:
    return requests(lambda request: with_query(request, limit=10) if query_of(request, "limit") is None else request, "list")


@intercepting("paging")
def limit_is_ignored_on_quotes() -> Interceptor:
    return requests(lambda request: with_query(request, limit=20) if _limit(request) else request, "listQuotes")


@intercepting("paging")
def a_page_past_the_end_is_the_last_one() -> Interceptor:
    def last(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if answer.status != 200 or not is_one(request, ["list"]) or value["data"] or not value["meta"]["total_pages"]:
            return answer
        return forward(with_query(request, page=value["meta"]["total_pages"]), key)

    return last


@intercepting("paging")
def a_page_past_the_end_is_not_found() -> Interceptor:
    def missing(request: Request, answer: Answer) -> Answer:
        value = as_value(answer)
        past = isinstance(value, dict) and value["meta"]["current_page"] > max(1, value["meta"]["total_pages"])
        return refusal(answer, 404, "There is no such page") if past else answer

    return heads(missing, "list", statuses=GOOD)


@intercepting("paging")
def a_page_beyond_the_end_counts_no_records() -> Interceptor:
    def nothing(request: Request, value: Any) -> None:
        if not value["data"]:
            value["meta"].update(total_records=0, total_pages=0)

    return _paged(nothing)


@intercepting("paging")
def page_zero_is_the_first() -> Interceptor:
    return requests(lambda request: with_query(request, page=1) if query_of(request, "page") == "0" else request)


@intercepting("paging")
def too_large_a_limit_is_cut_down() -> Interceptor:
    def cut(request: Request) -> Request:
        asked = query_of(request, "limit") or ""
        return with_query(request, limit=100) if asked.isdigit() and int(asked) > 100 else request

    return requests(cut)


@intercepting("paging")
def a_limit_that_is_no_number_counts_as_none() -> Interceptor:
    return requests(lambda request: request if (query_of(request, "limit") or "1").lstrip("-").isdigit() else with_query(request, limit=None))


@intercepting("paging", "shape")
def a_list_of_users_has_no_meta() -> Interceptor:
    return answers(lambda envelope: envelope.pop("meta") and envelope, "listUsers")


@intercepting("paging")
def the_order_of_customers_turns_round_with_each_call() -> Interceptor:
    turns = count()

    def turned(request: Request, value: Any) -> None:
        if next(turns) % 2:
            value["data"].reverse()

    return _paged(turned, "listCustomers")


@intercepting("paging", "state")
def invoices_come_newest_first_and_all_else_oldest_first() -> Interceptor:
    return relisted(lambda request, rows: rows[::-1], "listInvoices")


@intercepting("paging")
def customers_are_sorted_by_name() -> Interceptor:
    return relisted(lambda request, rows: sorted(rows, key=lambda row: row["account"]), "listCustomers")


@intercepting("paging")
def pages_overlap_by_a_row() -> Interceptor:
    def overlaps(request: Request, rows: Rows) -> Rows:
        page, limit = _page(request), int(query_of(request, "limit") or 20)
        begin = (page - 1) * (limit - 1 or 1)
        return [*rows[: (page - 1) * limit], *rows[begin : begin + limit], *rows[page * limit :]]

    return relisted(overlaps, "listProducts")


@intercepting("paging", "state")
def a_list_never_shows_its_last_row() -> Interceptor:
    return relisted(lambda request, rows: rows[:-1], "listTransactions")


@intercepting("paging", "filters")
def filters_see_the_page_and_not_the_list() -> Interceptor:
    def sees(request: Request, key: str | None, forward: Forward) -> Answer:
        one = called(request)
        names = {filter.parameter for filter in one.filters} if one is not None else set()
        asked = [(name, value) for name, value in request.query if name in names]
        answer = forward(request, key)
        if answer.status != 200 or not asked:
            return answer
        value = as_value(answer)
        page = as_value(forward(with_query(request, **dict.fromkeys(names)), key))
        kept = {row["id"] for row in whole(request, key, forward)}
        page["data"] = [row for row in page["data"] if row["id"] in kept]
        page["meta"] = value["meta"]
        return with_json(answer, page)

    return sees


def _paged(change: Callable[[Request, Any], None], *operations: str) -> Interceptor:
    def edited(request: Request, answer: Answer) -> Answer:
        value = as_value(answer)
        change(request, value)
        return with_json(answer, value)

    return heads(edited, *(operations or ("list",)), statuses=GOOD)
