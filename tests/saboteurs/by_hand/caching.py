"""Tags and 304 that tell a client the wrong thing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import heads, id_in, is_one, with_header, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor, intercepting


@intercepting("caching", raw=True)
def a_304_has_a_body() -> Interceptor:
    def fills(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 304:
            return answer
        plain = tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match")
        return Answer(304, answer.headers, forward(replace(request, headers=plain), key).body or b"{}")

    return fills


@intercepting("caching", raw=True)
def all_answers_have_one_tag() -> Interceptor:
    def tagged(request: Request, key: str | None, forward: Forward) -> Answer:
        known = [value for name, value in request.headers if name.lower() == "if-none-match"]
        plain = tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match")
        answer = forward(replace(request, headers=plain), key)
        if answer.status != 200 or answer.header("etag") is None:
            return answer
        answer = with_header(answer, "etag", '"1"')
        same = any(one.strip().removeprefix("W/") in ('"1"', "*") for value in known for one in value.split(","))
        return without_headers(Answer(304, answer.headers, b""), "content-type", "content-length") if same else answer

    return tagged


@intercepting("caching", raw=True)
def tags_are_weak() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "etag", f"W/{answer.header('etag')}") if answer.header("etag") else answer)


@intercepting("caching", raw=True)
def tags_have_no_quotes() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "etag", (answer.header("etag") or "").strip('"')) if answer.header("etag") else answer)


@intercepting("caching", raw=True)
def tags_change_with_every_answer() -> Interceptor:
    turns = count()
    return heads(lambda request, answer: with_header(answer, "etag", f'"{next(turns)}"') if answer.header("etag") else answer, statuses=(200,))


@intercepting("caching", raw=True)
def nothing_is_ever_not_modified() -> Interceptor:
    def asks_anew(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(replace(request, headers=tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match")), key)

    return asks_anew


@intercepting("caching", raw=True)
def whoever_asks_is_told_not_modified() -> Interceptor:
    def told(request: Request, key: str | None, forward: Forward) -> Answer:
        headers = tuple((name, "*" if name.lower() == "if-none-match" else value) for name, value in request.headers)
        return forward(replace(request, headers=headers), key)

    return told


@intercepting("caching", raw=True)
def a_star_is_no_tag() -> Interceptor:
    def ignored(request: Request, key: str | None, forward: Forward) -> Answer:
        headers = tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match" or pair[1] != "*")
        return forward(replace(request, headers=headers), key)

    return ignored


@intercepting("caching", raw=True)
def tags_are_compared_strongly() -> Interceptor:
    def compared(request: Request, key: str | None, forward: Forward) -> Answer:
        headers = tuple((name, value.replace("W/", "weak-") if name.lower() == "if-none-match" else value) for name, value in request.headers)
        return forward(replace(request, headers=headers), key)

    return compared


@intercepting("caching", raw=True)
def of_several_tags_none_is_known() -> Interceptor:
    def ignored(request: Request, key: str | None, forward: Forward) -> Answer:
        headers = tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match" or "," not in pair[1])
        return forward(replace(request, headers=headers), key)

    return ignored


@intercepting("caching", raw=True)
def a_list_of_products_has_no_tag() -> Interceptor:
    def plain(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["listProducts"]):
            return forward(request, key)
        headers = tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match")
        return without_headers(forward(replace(request, headers=headers), key), "etag", "cache-control")

    return plain


@intercepting("caching", raw=True)
def answers_may_be_kept_by_anybody() -> Interceptor:
    def public(request: Request, answer: Answer) -> Answer:
        return with_header(answer, "cache-control", "public, max-age=3600") if answer.header("cache-control") else answer

    return heads(public)


@intercepting("caching", raw=True)
def a_304_has_no_tag() -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, "etag"), statuses=(304,))


@intercepting("caching", raw=True)
def the_tag_of_a_customer_is_its_id() -> Interceptor:
    def tagged(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["getCustomer"]):
            return forward(request, key)
        tag = f'"{id_in(request)}"'
        known = [value for name, value in request.headers if name.lower() == "if-none-match"]
        headers = tuple(pair for pair in request.headers if pair[0].lower() != "if-none-match")
        answer = forward(replace(request, headers=headers), key)
        if answer.status != 200:
            return answer
        answer = with_header(answer, "etag", tag)
        return without_headers(Answer(304, answer.headers, b""), "content-type", "content-length") if tag in known or "*" in known else answer

    return tagged


@intercepting("caching", "state", raw=True)
def a_known_tag_lets_a_deletion_undone() -> Interceptor:
    def undone(request: Request, key: str | None, forward: Forward) -> Answer:
        asks = any(name.lower() == "if-none-match" for name, _ in request.headers)
        answer = forward(request, key)
        if asks and answer.status == 404:
            return without_headers(Answer(304, answer.headers, b""), "content-type", "content-length")
        return answer

    return undone
