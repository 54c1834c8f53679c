"""Readings that differ in the words of requests and answers alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from contract_tests.http.exchange import Answer, Request
from openapi.schemas import Schema
from tests.dialects.dialect import mixes, speaks
from tests.saboteurs.interceptors import (
    as_value,
    body_of,
    called,
    heads,
    is_one,
    refusal,
    requests,
    with_body,
    with_bytes,
    with_header,
    with_json,
    with_status,
    without_headers,
)
from tests.saboteurs.saboteur import Forward, Interceptor

_OUTSIDE = {405: 404, 408: 400, 413: 400, 415: 400, 431: 400}


# Answers.


def _only_an_id(request: Request, answer: Answer) -> Answer:
    value = as_value(answer)
    data = value["data"]
    value["data"] = [{"id": one["id"]} for one in data] if isinstance(data, list) else {"id": data["id"]}
    return with_json(answer, value)


def _nothing(request: Request, answer: Answer) -> Answer:
    return without_headers(Answer(204, answer.headers, b""), "content-type", "content-length")


def _bracketed(request: Request, answer: Answer) -> Answer:
    value = as_value(answer)
    if not isinstance(value, dict) or "errors" not in value:
        return answer
    value["errors"] = {_in_brackets(name): what for name, what in value["errors"].items()}
    return with_json(answer, value)


def _in_brackets(name: str) -> str:
    first, *rest = name.split(".")
    return first + "".join(f"[{part}]" for part in rest)


def _with_charset(request: Request, answer: Answer) -> Answer:
    return with_header(answer, "content-type", "application/json; charset=utf-8") if answer.header("content-type") else answer


def _uncached(request: Request, answer: Answer) -> Answer:
    return without_headers(answer, "etag", "cache-control")


def _as_listed(request: Request, answer: Answer) -> Answer:
    status = _OUTSIDE.get(answer.status, answer.status)
    return without_headers(with_status(answer, status), "allow") if status != answer.status else answer


def _otherwise_numbered(request: Request, answer: Answer) -> Answer:
    return with_bytes(answer, re.sub(rb"\bINV-(\d{4})-", rb"BIL/\1/", answer.body)) if answer.body else answer


def _unless_asked_for(*names: str) -> Interceptor:
    """Takes headers of a request away, so that nothing is asked for by them."""
    return requests(lambda request: replace(request, headers=tuple(one for one in request.headers if one[0].lower() not in names)))


def _in_turn(first: Interceptor, second: Interceptor) -> Interceptor:
    """Two, of which the second stands nearer to the server."""
    return lambda request, key, forward: first(request, key, lambda one, its_key: second(one, its_key, forward))


# Requests.


def _without_unknown_fields(request: Request) -> Request:
    operation, value = called(request), body_of(request)
    if operation is None or operation.body is None or not isinstance(value, dict):
        return request
    known = _known(operation.body, value)
    return request if known == value else with_body(request, known)


def _known(schema: Schema, value: Any) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        return {name: _known(schema["properties"][name], part) for name, part in value.items() if name in schema["properties"]}
    if isinstance(value, list):
        return [_known(schema.get("items", {}), part) for part in value]
    return value


def _without_unknown_parameters(request: Request) -> Request:
    operation = called(request)
    if operation is None:
        return request
    known = {one.name for one in operation.parameters} | {"api_key"}
    return replace(request, query=tuple(pair for pair in request.query if pair[0] in known))


def _without_other_spellings(request: Request) -> Request:
    """Where an integer should stand, a number with a fraction or an exponent becomes a text, which is refused as no integer."""
    operation, body = called(request), request.body or b""
    if operation is None or operation.body is None or not re.search(rb"[0-9.][eE.]", body):
        return request
    try:
        value = json.loads(body, parse_float=_Spelled)
    except (ValueError, RecursionError):
        return request
    return replace(request, body=json.dumps(_as_digits(operation.body, value), ensure_ascii=False).encode("utf-8", "surrogatepass"))


class _Spelled(float):
    """A number that was not written in digits alone."""


def _as_digits(schema: Schema, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_digits(schema.get("properties", {}).get(name, {}), part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_digits(schema.get("items", {}), part) for part in value]
    if isinstance(value, _Spelled):
        return "no integer" if schema.get("type") == "integer" else float(value)
    return value


def _missing_instead(request: Request, key: str | None, forward: Forward) -> Answer:
    """Looks at what was refused: one reference that names nothing makes it a 404."""
    answer = forward(request, key)
    errors = (as_value(answer) or {}).get("errors", {}) if answer.status == 400 else {}
    return refusal(answer, 404, "There is no such object") if any("names nothing" in str(what) for what in errors.values()) else answer


def _some(interceptor: Interceptor, *operations: str) -> Interceptor:
    """The same, for some operations alone."""
    return lambda request, key, forward: interceptor(request, key, forward) if is_one(request, operations) else forward(request, key)


_BRACKETS = heads(_bracketed, statuses=range(400, 500))
_CHARSET = heads(_with_charset)
_NO_CACHE = _in_turn(heads(_uncached), _unless_asked_for("if-none-match"))
_DIGITS = requests(_without_other_spellings)
_NO_UNKNOWN_FIELDS, _NO_UNKNOWN_PARAMETERS = requests(_without_unknown_fields), requests(_without_unknown_parameters)

speaks("create-answer", "id", between=heads(_only_an_id, "create", "batch-create", statuses={201}))
speaks("delete-answer", "empty", between=heads(_nothing, "delete", statuses={200}))
speaks("nested-errors", "brackets", between=_BRACKETS)
speaks("content-type", "charset", between=_CHARSET)
speaks("integers", "digits", between=_DIGITS)
speaks("caching", "none", between=_NO_CACHE)
speaks("status-codes", "400-404", between=heads(_as_listed))
speaks("invoice-number", "unique", between=heads(_otherwise_numbered))
speaks("unknown-field", "ignore", between=_NO_UNKNOWN_FIELDS)
speaks("unknown-parameter", "ignore", between=_NO_UNKNOWN_PARAMETERS)
speaks("unknown-reference", "404", between=_missing_instead)

mixes("create-answer", "id", between=heads(_only_an_id, "createTicket", statuses={201}))
mixes("nested-errors", "brackets", between=_some(_BRACKETS, "createQuote"))
mixes("content-type", "charset", between=heads(_with_charset, statuses=range(400, 500)))
mixes("integers", "digits", between=_some(_DIGITS, "createTicket"))
mixes("caching", "none", between=_some(_NO_CACHE, "listTickets"))
mixes("unknown-field", "ignore", between=_some(_NO_UNKNOWN_FIELDS, "createProduct"))
mixes("unknown-parameter", "ignore", between=_some(_NO_UNKNOWN_PARAMETERS, "listQuotes"))
mixes("unknown-reference", "404", between=_some(_missing_instead, "createTicket"))
mixes("status-codes", "400-404", between=heads(_as_listed, statuses={405}))
