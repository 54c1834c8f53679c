"""The promises on HTTP's manners are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import NoAnswer
from contract_tests.judging.bounds import LARGEST_OF_ALL
from tests.asgi import ADMINISTRATOR
from tests.saboteurs.interceptors import called, heads, id_in, refusal, with_header, with_status, without_headers
from tests.saboteurs.saboteur import Forward
from tests.suite.broken_promises import requests_of_three_runs
from tests.suite.conftest import FindBetween


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("http", "not_found")) < 110


@pytest.mark.parametrize("allow", ["GET", "GET, POST", "GET, POST, HEAD, DELETE", ""])
def test_an_allow_that_is_not_what_the_path_has_is_found(allow: str, find_between: FindBetween) -> None:
    wrong = heads(lambda request, answer: with_header(answer, "allow", allow) if request.path == "/tickets" else answer, statuses=(405,))
    assert find_between("speaks-status-codes", "allow-is-complete", between=wrong) == {"allow-is-complete"}


def test_a_405_without_allow_is_found(find_between: FindBetween) -> None:
    bare = heads(lambda request, answer: without_headers(answer, "allow"), statuses=(405,))
    assert find_between("speaks-status-codes", "allow-is-complete", between=bare) == {"allow-is-complete"}


def test_an_allow_that_names_options_too_is_fine(find_between: FindBetween) -> None:
    more = heads(lambda request, answer: with_header(answer, "allow", f"{answer.header('allow')}, OPTIONS"), statuses=(405,))
    assert find_between("speaks-status-codes", "allow-is-complete", between=more) == set()


@pytest.mark.parametrize("status", [405, 415])
def test_one_path_that_speaks_another_code_is_mixed(status: int, find_between: FindBetween) -> None:
    other = heads(lambda request, answer: with_status(answer, 400) if request.path == "/leads" else answer, statuses=(status,))
    assert "speaks-status-codes" in find_between("speaks-status-codes", between=other)


def test_an_unlisted_code_is_found(find_between: FindBetween) -> None:
    assert find_between("speaks-status-codes", between=heads(lambda request, answer: with_status(answer, 501), statuses=(405,))) == {
        "speaks-status-codes"
    }


def test_an_unknown_path_that_is_answered_otherwise_is_found(find_between: FindBetween) -> None:
    redirect = heads(lambda request, answer: with_status(answer, 302) if called(request) is None else answer, statuses=(404,))
    assert find_between("unknown-paths-are-404", between=redirect) == {"unknown-paths-are-404"}


def test_a_path_with_a_slash_behind_it_is_another(find_between: FindBetween) -> None:
    def lenient(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(replace(request, path=request.path.rstrip("/")), key)

    assert find_between("unknown-paths-are-404", between=lenient) == {"unknown-paths-are-404"}


@pytest.mark.parametrize("operation", ["getCustomer", "updateCustomer", "deleteCustomer"])
def test_an_unknown_id_that_is_answered_otherwise_is_found(operation: str, find_between: FindBetween) -> None:
    fine = heads(lambda request, answer: with_status(answer, 400) if id_in(request) == LARGEST_OF_ALL else answer, operation, statuses=(404,))
    assert find_between("unknown-ids-are-404", between=fine) == {"unknown-ids-are-404"}


@pytest.mark.parametrize("text", ["abc", "0", "9007199254740992", "9" * 30])
def test_a_path_id_that_is_no_id_and_fails_is_found(text: str, find_between: FindBetween) -> None:
    fails = heads(lambda request, answer: with_status(answer, 500) if request.path.endswith(f"/{text}") else answer, statuses=(404,))
    assert find_between("ids-that-are-none-are-404", between=fails) == {"ids-that-are-none-are-404"}


def test_a_head_that_is_answered_405_is_found(find_between: FindBetween) -> None:
    def lacks(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return with_status(answer, 405) if request.method == "HEAD" and request.path == "/quotes" else answer

    assert find_between("head-is-get-without-body", between=lacks) == {"head-is-get-without-body"}


@pytest.mark.parametrize("name", ["content-length", "content-type", "etag", "cache-control"])
def test_a_head_with_another_header_than_a_get_is_found(name: str, find_between: FindBetween) -> None:
    def other(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return with_header(answer, name, "1") if request.method == "HEAD" and answer.status == 200 else answer

    assert find_between("head-is-get-without-body", between=other) == {"head-is-get-without-body"}


def test_a_head_with_a_body_is_found_wherever_it_was_asked(find_between: FindBetween) -> None:
    def talks(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(replace(request, method="GET") if request.method == "HEAD" else request, key)

    assert find_between("head-is-get-without-body", "no-body-where-none-may-be", between=talks) >= {"no-body-where-none-may-be"}


def test_a_head_that_needs_no_key_is_found(find_between: FindBetween) -> None:
    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(request, ADMINISTRATOR if request.method == "HEAD" else key)

    assert find_between("head-is-get-without-body", between=opens) == {"head-is-get-without-body"}


def test_a_key_that_is_looked_at_before_the_method_is_found(find_between: FindBetween) -> None:
    def key_first(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return refusal(answer, 401, "Invalid API key") if answer.status == 405 and key != ADMINISTRATOR else answer

    assert "refusals-stand-in-order" in find_between("refusals-stand-in-order", between=key_first)


def test_a_body_that_is_looked_at_before_the_role_is_found(find_between: FindBetween) -> None:
    def body_first(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return refusal(answer, 400, "Body is required") if answer.status == 403 and not request.body else answer

    assert find_between("refusals-stand-in-order", between=body_first) == {"refusals-stand-in-order"}


def test_headers_without_a_bound_are_found(find_between: FindBetween) -> None:
    def any_length(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(replace(request, headers=tuple(pair for pair in request.headers if len(pair[1]) < 10_000)), key)

    assert find_between("long-headers-are-431", between=any_length) == {"long-headers-are-431"}


def test_a_connection_that_is_closed_without_an_answer_is_found(find_between: FindBetween) -> None:
    def closes(request: Request, key: str | None, forward: Forward) -> Answer:
        if request.path == "/tickets" and request.method == "PATCH":
            raise NoAnswer("the server closed the connection without an answer")
        return forward(request, key)

    assert "every-request-is-answered" in find_between("speaks-status-codes", "every-request-is-answered", between=closes)
