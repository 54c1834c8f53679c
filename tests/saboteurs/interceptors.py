"""The transport of an interceptor, and what most interceptors are made of: edits of answers and requests of some operations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from typing import Any, Protocol

from contract_tests.http.control_plane import PREFIX
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from openapi.contract import Operation
from openapi.reader import load_contract
from tests.saboteurs.saboteur import Forward, Interceptor

GOOD = range(200, 300)
BAD = range(400, 600)
ANY = range(1000)
Edit = Callable[[Any], Any]
"""Changes a value in place and returns None, or returns what takes its place."""


class Behind(Transport, Protocol):
    """The way to the server, which is told when the suite's next request begins."""

    def begin(self) -> None: ...


class InterceptedTransport:
    """A transport with an interceptor in it. The control plane is left alone.

    Unless it is `raw`, a change of a body changes nothing else: the tag, 304 and the answers to HEAD agree with it.
    """

    def __init__(self, behind: Behind, interceptor: Interceptor, raw: bool) -> None:
        self._behind, self._interceptor, self._raw = behind, interceptor, raw

    def send(self, request: Request, key: str | None) -> Answer:
        self._behind.begin()
        if request.path.startswith(PREFIX):
            return self._behind.send(request, key)
        if self._raw:
            return self._interceptor(request, key, self._behind.send)
        return self._in_order(request, key)

    def close(self) -> None:
        self._behind.close()

    def _in_order(self, request: Request, key: str | None) -> Answer:
        known = next((value for name, value in request.headers if name.lower() == "if-none-match"), None)
        asked = replace(
            request,
            method="GET" if request.method == "HEAD" else request.method,
            headers=tuple((name, value) for name, value in request.headers if name.lower() != "if-none-match"),
        )
        answer = self._interceptor(asked, key, self._behind.send)
        if answer.status == 200 and answer.header("etag"):
            tag = f'"{blake2b(answer.body, digest_size=12).hexdigest()}"'
            answer = with_header(answer, "etag", tag)
            if known is not None and any(one.strip().removeprefix("W/") in (tag, "*") for one in known.split(",")):
                return without_headers(Answer(304, answer.headers, b""), "content-type", "content-length")
        return Answer(answer.status, answer.headers, b"") if request.method == "HEAD" else answer


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Mapping[str, Operation]], ...]:
    found = (
        (re.compile("".join("[^/]+" if place % 2 else re.escape(part) for place, part in enumerate(re.split(r"(\{[^{}]+\})", path)))), methods)
        for path, methods in load_contract().paths.items()
    )
    return tuple(sorted(found, key=lambda one: "[^/]" in one[0].pattern))


def called(request: Request) -> Operation | None:
    """The operation of the true contract that a request means; HEAD is GET."""
    method = "GET" if request.method == "HEAD" else request.method
    return next((methods.get(method) for pattern, methods in _patterns() if pattern.fullmatch(request.path)), None)


def is_one(request: Request, operations: Collection[str]) -> bool:
    """Whether it means one of these operations (ids, or names of actions); none named: any request at all."""
    one = called(request)
    return not operations or (one is not None and not {one.id, one.action}.isdisjoint(operations))


def id_in(request: Request) -> int | None:
    """The id in the path."""
    last = request.path.rsplit("/", 1)[-1]
    return int(last) if last.isdigit() else None


def query_of(request: Request, name: str) -> str | None:
    return next((value for one, value in request.query if one == name), None)


def with_query(request: Request, **values: Any) -> Request:
    """With these parameters in the place of those of their names; None takes one away."""
    kept = tuple(pair for pair in request.query if pair[0] not in values)
    return replace(request, query=(*kept, *((name, str(value)) for name, value in values.items() if value is not None)))


def body_of(request: Request) -> Any:
    """The body's value, None where it is no JSON."""
    try:
        return json.loads(request.body or b"")
    except (ValueError, RecursionError):
        return None


def with_body(request: Request, value: Any) -> Request:
    return replace(request, body=_encoded(value))


def with_json(answer: Answer, value: Any) -> Answer:
    """The answer with another value for a body, and its true length."""
    return with_bytes(answer, _encoded(value))


def with_bytes(answer: Answer, body: bytes) -> Answer:
    return Answer(answer.status, with_header(answer, "content-length", str(len(body))).headers, body)


def with_status(answer: Answer, status: int) -> Answer:
    return Answer(status, answer.headers, answer.body)


def with_header(answer: Answer, name: str, value: str) -> Answer:
    """The answer with a header in the place of those of its name."""
    kept = tuple(pair for pair in answer.headers if pair[0] != name)
    return Answer(answer.status, (*kept, (name, value)), answer.body)


def without_headers(answer: Answer, *names: str) -> Answer:
    return Answer(answer.status, tuple(pair for pair in answer.headers if pair[0] not in names), answer.body)


def refusal(answer: Answer, status: int, message: str, errors: Mapping[str, str] | None = None) -> Answer:
    """A refusal in the headers of another answer."""
    value = {"success": False, **({"errors": dict(errors)} if errors else {}), "message": message}
    plain = without_headers(Answer(status, answer.headers, b""), "etag", "cache-control", "location", "content-type")
    return with_json(with_header(plain, "content-type", "application/json"), value)


def as_value(answer: Answer) -> Any:
    """The body's value, None where it is no JSON."""
    try:
        return answer.json
    except (ValueError, RecursionError):
        return None


# What most interceptors are.


def answers(edit: Edit, *operations: str, statuses: Collection[int] = GOOD) -> Interceptor:
    """Edits the body of the answers to some operations."""

    def intercept(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value = as_value(answer)
        if value is None or answer.status not in statuses or not is_one(request, operations):
            return answer
        edited = edit(value)
        return with_json(answer, value if edited is None else edited)

    return intercept


def objects(edit: Edit, *operations: str) -> Interceptor:
    """Edits each object in the answers to some operations: the one, or those of a list."""

    def each(envelope: Any) -> None:
        data = envelope.get("data")
        if isinstance(data, list):
            envelope["data"] = [_edited(edit, one) for one in data]
        elif isinstance(data, dict):
            envelope["data"] = _edited(edit, data)

    return answers(each, *operations)


def heads(change: Callable[[Request, Answer], Answer], *operations: str, statuses: Collection[int] = ANY) -> Interceptor:
    """Changes answers, status and headers too."""

    def intercept(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return change(request, answer) if answer.status in statuses and is_one(request, operations) else answer

    return intercept


def requests(change: Callable[[Request], Request], *operations: str) -> Interceptor:
    """Changes requests before the server sees them."""

    def intercept(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(change(request) if is_one(request, operations) else request, key)

    return intercept


def bodies(edit: Edit, *operations: str) -> Interceptor:
    """Edits the bodies of requests, where they are JSON objects."""

    def change(request: Request) -> Request:
        value = body_of(request)
        if not isinstance(value, dict):
            return request
        edited = edit(value)
        return with_body(request, value if edited is None else edited)

    return requests(change, *operations)


def _edited(edit: Edit, value: Any) -> Any:
    edited = edit(value)
    return value if edited is None else edited


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
