"""The promises on caching are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import heads, is_one, with_header, without_headers
from tests.saboteurs.saboteur import Forward
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("caching")) < 70


def test_a_304_with_a_body_is_found() -> None:
    talkative = heads(lambda request, answer: Answer(304, answer.headers, b"{}"), "listQuotes", statuses=(304,))
    assert promises_broken_by("caching", between=talkative) == {"caching-unchanged"}


@pytest.mark.parametrize("name", ["x-ratelimit-remaining", "etag"])
def test_a_304_without_a_header_is_found(name: str) -> None:
    assert "caching-unchanged" in promises_broken_by("caching", between=heads(lambda request, answer: without_headers(answer, name), statuses=(304,)))


def test_a_condition_that_is_ignored_is_found() -> None:
    def ignore(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(replace(request, headers=()) if is_one(request, ["getFinancialReport"]) else request, key)

    assert promises_broken_by("caching", between=ignore) == {"caching-unchanged"}


def test_a_tag_for_ever_is_found() -> None:
    def constant(request: Request, key: str | None, forward: Forward) -> Answer:
        known = any(name == "if-none-match" for name, _ in request.headers)
        answer = forward(replace(request, headers=()), key)
        if request.method != "GET" or answer.status != 200:
            return answer
        tagged = with_header(answer, "etag", '"for-ever"')
        return Answer(304, tagged.headers, b"") if known else tagged

    assert {"caching-changed", "caching-forms"} <= promises_broken_by("caching", between=constant)


@pytest.mark.parametrize(("name", "value"), [("etag", 'W/"6e3a1c0b"'), ("cache-control", "public, max-age=60")])
def test_another_header_of_caching_is_found(name: str, value: str) -> None:
    other = heads(lambda request, answer: with_header(answer, name, value), "listUsers", statuses=(200,))
    assert "caching-headers" in promises_broken_by("caching", between=other)


def test_one_answer_without_a_tag_is_found_as_a_second_mind() -> None:
    bare = heads(lambda request, answer: without_headers(answer, "etag"), "listTickets", "listProducts", statuses=(200,))
    assert "speaks-caching" in promises_broken_by("caching", between=bare)


def test_no_caching_at_all_is_a_dialect() -> None:
    def none(request: Request, key: str | None, forward: Forward) -> Answer:
        return without_headers(forward(replace(request, headers=()), key), "etag", "cache-control")

    assert promises_broken_by("caching", between=none) == set()
