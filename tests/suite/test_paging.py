"""The promises on paging are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.target import Target
from tests.saboteurs.interceptors import as_value, heads, query_of, requests, with_json, with_query
from tests.saboteurs.saboteur import Interceptor, Spec
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs, written_in
from tests.suite.in_process import broken, served, suite_run


def reworded(change: Callable[[Request, dict[str, Any]], Any], *operations: str) -> Interceptor:
    """Changes the envelopes of lists."""

    def edit(request: Request, answer: Answer) -> Answer:
        value = as_value(answer)
        change(request, value)
        return with_json(answer, value)

    return heads(edit, *(operations or ("list",)), statuses=(200,))


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("paging")) < 150


def test_an_empty_server_keeps_them_too() -> None:
    assert max(requests_of_three_runs("paging", scenario="empty")) < 300


@pytest.mark.parametrize(
    "change",
    [
        lambda request, value: value["meta"].update(total_records=value["meta"]["total_records"] + 1),
        lambda request, value: value["meta"].update(total_pages=value["meta"]["total_pages"] + 1),
        lambda request, value: value["meta"].update(current_page=1),
        lambda request, value: value["data"].pop() if len(value["data"]) > 1 else None,
        lambda request, value: value["data"].reverse() if query_of(request, "page") == "1" else None,
    ],
    ids=["records", "pages", "current", "a row lost", "another order"],
)
def test_a_page_that_does_not_belong_to_the_others_is_found(change: Callable[[Request, dict[str, Any]], Any]) -> None:
    assert "paging-crawl" in promises_broken_by("paging", between=reworded(change, "listTickets"))


def test_a_second_page_that_repeats_the_first_is_found() -> None:
    again = requests(lambda request: with_query(request, page=1) if query_of(request, "page") == "2" else request, "listTickets", "listProducts")
    assert "paging-crawl" in promises_broken_by("paging", between=again)


def test_a_larger_limit_that_is_allowed_is_found() -> None:
    def allow(spec: Spec) -> None:
        spec["components"]["parameters"]["Limit"]["schema"]["maximum"] = 1_000
        for schema in spec["components"]["schemas"].values():
            schema.get("properties", {}).get("data", {}).pop("maxItems", None)  # which the server would not serve beside it

    assert promises_broken_by("paging", edit=allow) == {"paging-bounds"}


def test_another_default_is_found() -> None:
    def change(spec: Spec) -> None:
        spec["components"]["parameters"]["Limit"]["schema"]["default"] = 10

    assert promises_broken_by("paging", edit=change) == {"paging-default"}


def test_one_list_in_another_order_is_found_as_a_second_mind() -> None:
    assert "speaks-order" in promises_broken_by("paging", between=reworded(lambda request, value: value["data"].reverse(), "listQuotes"))


def test_one_list_that_is_not_paged_is_found_as_a_second_mind() -> None:
    assert "speaks-paging" in promises_broken_by("paging", between=reworded(lambda request, value: value.pop("meta"), "listUsers"))


def test_where_only_reading_is_allowed_lists_are_read_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(scenario="demo") as server:
        monkeypatch.setattr(Target, "__init__", _reading(Target.__init__))
        run = suite_run(server.app, only=written_in("paging"))
    assert broken(run) == {}
    assert {one.request.method for one in run.context.target.exchanges} == {"GET"}
    assert run.outcomes["paging-crawl"].checks > 50


def _reading(true: Callable[..., None]) -> Callable[..., None]:
    def only_reads(self: Target, *words: Any, **more: Any) -> None:
        true(self, *words, **{**more, "safe": True})

    return only_reads
