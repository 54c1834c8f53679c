"""Responses: every operation documents success, errors and rate-limit headers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.operations import Operation, contents
from openapi.lint.registry import rule

_RATE = re.compile(r"(x-)?rate-?limit(-.+)?", re.IGNORECASE)
_SHARED = ("429", "500")
"""Where most operations of a document answer with these, the others do too."""


@rule("success-documented", "warning", "Every operation documents at least one successful response.")
def success_documented(api: Api) -> Iterator[Found]:
    for one in api.operations:
        if not any(status[:1] in ("1", "2", "3") or status == "DEFAULT" for status in one.statuses):
            yield Found(
                one.node.get("responses") or one.node, f"{one.name} documents no success: add what it answers when all goes well, such as 200"
            )


@rule("error-documented", "warning", "Every operation documents the error responses that its parameters, body and security make possible.")
def error_documented(api: Api) -> Iterator[Found]:
    usual = _usual(api)
    for one in api.operations:
        missing = [text for statuses, text in _possible(one) if not one.documents(*statuses)]
        missing += [f"{status}, as most operations here do" for status in usual if not one.documents(status)]
        if missing:
            yield Found(one.node.get("responses") or one.node, f"{one.name} does not document {'; nor '.join(missing)}")


@rule("rate-headers", "warning", "If any response of the document has rate-limit headers, every response has them.")
def rate_headers(api: Api) -> Iterator[Found]:
    carried = [(one, status, answer, _headers(answer)) for one in api.operations for status, answer in one.answers]
    wanted = dict.fromkeys(name for _, _, _, names in carried for name in names if _RATE.fullmatch(name))
    told = set[object]()
    for one, status, answer, names in carried:
        have = {name.lower() for name in names}
        missing = [name for name in wanted if name.lower() not in have]
        if missing and answer.identity not in told:
            told.add(answer.identity)
            yield Found(answer, f"{status} of {one.name} has no {', '.join(missing)}, which other answers have: add it under `headers`")


@rule("answer-empty", "error", "A response with status 204, 205 or 304 has no content.")
def answer_empty(api: Api) -> Iterator[Found]:
    for one in api.everything:
        for status, answer in one.answers:
            if status in ("204", "205", "304") and any(True for _ in contents(answer)):
                yield Found(
                    answer.get("content") or answer, f"{status} of {one.name} has no body, as HTTP says: remove `content`, or answer with 200"
                )


@rule("body-unexpected", "warning", "GET, HEAD and DELETE have no request body.")
def body_unexpected(api: Api) -> Iterator[Found]:
    for one in api.operations:
        if one.method in ("get", "head", "delete") and one.body is not None:
            yield Found(
                one.node.get("requestBody") or one.node, f"{one.name} sends a body, which may be dropped on its way: use query parameters, or POST"
            )


def _possible(one: Operation) -> Iterator[tuple[tuple[str, ...], str]]:
    places = {parameter.of("in", str, "") for parameter in one.parameters}
    if one.body is not None or places & {"query", "header", "cookie"}:
        yield ("400", "422"), "400, though what is sent may be wrong"
    if one.secured:
        yield ("401", "403"), "401, though it wants a key"
    if "path" in places:
        yield ("404", "410"), "404, though its path may lead to nothing"


def _usual(api: Api) -> list[str]:
    counted = Counter(status for one in api.operations for status in _SHARED if one.documents(status))
    return [status for status in _SHARED if counted[status] * 2 > len(api.operations)]


def _headers(answer: Node) -> list[str]:
    headers = answer.get("headers")
    return [name for name, _ in headers.items()] if headers is not None else []
