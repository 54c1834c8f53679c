"""What HTTP itself asks for: methods, HEAD, paths, hosts, media types."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.requests import STRANGER
from tests.saboteurs.interceptors import (
    BAD,
    GOOD,
    as_value,
    heads,
    id_in,
    refusal,
    requests,
    with_bytes,
    with_header,
    with_json,
    with_status,
    without_headers,
)
from tests.saboteurs.saboteur import Forward, Interceptor, intercepting


@intercepting("http")
def a_405_does_not_say_what_is_allowed() -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, "allow"), statuses=(405,))


@intercepting("http")
def a_405_names_one_method_of_several() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "allow", (answer.header("allow") or "").split(",")[0]), statuses=(405,))


@intercepting("http")
def a_405_forgets_head() -> Interceptor:
    def forgets(request: Request, answer: Answer) -> Answer:
        names = [name.strip() for name in (answer.header("allow") or "").split(",")]
        return with_header(answer, "allow", ", ".join(name for name in names if name != "HEAD"))

    return heads(forgets, statuses=(405,))


@intercepting("http")
def a_405_allows_what_there_is_not() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"), statuses=(405,))


@intercepting("http", "errors")
def an_unknown_path_is_fine() -> Interceptor:
    def fine(request: Request, answer: Answer) -> Answer:
        nothing = as_value(answer) is not None and "There is nothing at" in as_value(answer).get("message", "")
        return with_json(with_status(answer, 200), {"success": True, "data": None}) if nothing else answer

    return heads(fine, statuses=(404,))


@intercepting("http", "errors", "shape")
def an_unknown_path_is_answered_in_html() -> Interceptor:
    def page(request: Request, answer: Answer) -> Answer:
        if b"There is nothing at" not in answer.body:
            return answer
        return with_header(with_bytes(answer, b"<h1>Not Found</h1>"), "content-type", "text/html")

    return heads(page, statuses=(404,))


@intercepting("http", "errors", raw=True)
def head_is_not_allowed() -> Interceptor:
    def refuses(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if request.method != "HEAD" or answer.status != 200:
            return answer
        return Answer(405, (*(pair for pair in answer.headers if pair[0].startswith("x-rate")), ("allow", "GET")), b"")

    return refuses


@intercepting("http", raw=True)
def head_has_a_body() -> Interceptor:
    def fills(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return Answer(answer.status, answer.headers, b'{"success":true}') if request.method == "HEAD" else answer

    return fills


@intercepting("http", raw=True)
def head_says_that_there_is_nothing() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "content-length", "0") if request.method == "HEAD" else answer, statuses=GOOD)


@intercepting("http", "caching", raw=True)
def head_has_no_tag() -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, "etag") if request.method == "HEAD" else answer)


@intercepting("http", "errors", raw=True)
def head_of_an_unknown_customer_is_fine() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 200) if request.method == "HEAD" else answer, "getCustomer", statuses=(404,))


@intercepting("http", "state")
def a_slash_at_the_end_makes_no_difference() -> Interceptor:
    def same(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(replace(request, path=request.path.rstrip("/")), key)

    return same


@intercepting("http", "state")
def an_encoded_slash_is_a_slash() -> Interceptor:
    return requests(lambda request: replace(request, path=request.path.replace("%2F", "/").replace("%2f", "/")))


@intercepting("http")
def zeros_before_an_id_make_no_difference() -> Interceptor:
    return requests(lambda request: replace(request, path=re.sub(r"/0+(?=[1-9])", "/", request.path)))


@intercepting("http")
def a_request_needs_no_host() -> Interceptor:
    return requests(lambda request: replace(request, without=tuple(name for name in request.without if name != "host")))


@intercepting("http")
def of_two_hosts_the_last_one_counts() -> Interceptor:
    return requests(lambda request: replace(request, headers=tuple(dict(request.headers).items())))


@intercepting("http")
def a_host_may_be_any_text() -> Interceptor:
    def any_text(request: Request) -> Request:
        hosts = [value for name, value in request.headers if name == "host"]
        return replace(request, headers=()) if len(hosts) == 1 else request

    return requests(any_text)


@intercepting("http", "errors")
def a_body_must_say_that_it_is_json() -> Interceptor:
    def refuses(request: Request, key: str | None, forward: Forward) -> Answer:
        untold = "content-type" in request.without
        return forward(replace(request, without=(), headers=(*request.headers, ("content-type", "text/plain"))) if untold else request, key)

    return refuses


@intercepting("http", "authentication")
def the_key_is_looked_at_before_the_size_of_the_headers() -> Interceptor:
    def looked(request: Request, answer: Answer) -> Answer:
        stranger = request.key is None or request.key == STRANGER
        return with_header(refusal(answer, 401, "Invalid API key or unauthorized access"), "www-authenticate", "Bearer") if stranger else answer

    return heads(looked, statuses=(431,))


@intercepting("http", "errors")
def an_id_beyond_all_bounds_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, answer: Answer) -> Answer:
        beyond = request.path.startswith("/customers/") and (id_in(request) or 0) >= 2**53
        return refusal(answer, 500, "Python int too large to convert to SQLite INTEGER") if beyond else answer

    return heads(fails, statuses=(404,))


@intercepting("http", "shape", "errors")
def a_405_is_answered_by_501() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 501), statuses=(405,))


@intercepting("http", "authentication")
def the_key_is_looked_at_before_the_path() -> Interceptor:
    def looked(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status in (404, 405) and key is None:
            return with_header(refusal(answer, 401, "Invalid API key or unauthorized access"), "www-authenticate", "Bearer")
        return answer

    return looked


@intercepting("http", "errors", "shape")
def a_wrong_media_type_is_a_bad_request() -> Interceptor:
    return heads(lambda request, answer: with_status(answer, 400), "createTicket", statuses=(415,))


@intercepting("http", "shape")
def a_success_is_answered_in_another_charset() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "content-type", "application/json; charset=latin-1"), statuses=GOOD)


@intercepting("http", "shape")
def answers_have_no_content_type() -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, "content-type"), "getFinancialReport", statuses=GOOD)


@intercepting("http", "errors")
def every_fifteenth_request_fails() -> Interceptor:
    turns = count(1)
    return heads(lambda request, answer: refusal(answer, 500, "Try again") if next(turns) % 15 == 0 else answer)


@intercepting("http", "errors")
def a_body_in_another_encoding_is_a_failure_of_the_server() -> Interceptor:
    def fails(request: Request, answer: Answer) -> Answer:
        try:
            (request.body or b"").decode()
        except UnicodeDecodeError:
            return refusal(answer, 500, "'utf-8' codec can't decode byte 0xff")
        return answer

    return heads(fails, statuses=BAD)
