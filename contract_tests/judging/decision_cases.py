"""Which decision alone says whether a generated request is taken: how integers are spelled, or where our own bounds lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft4Validator

from contract_tests.http.exchange import Request
from contract_tests.judging.bounds import IN_QUERIES, modest, without_bounds
from contract_tests.judging.number_spellings import whole
from openapi.contract import Operation
from openapi.schemas import Direction, Schema, json_schema

Change = Callable[..., Any]
"""Makes of a schema another one; see `without_bounds`."""
_NO_JSON: Any = object()


def decision_of(operation: Operation, request: Request, *, fits: bool) -> str | None:
    """The decision's name, of a request that is said to fit the contract or not; None where none decides alone."""
    as_sent, whole = (_taken(operation, request, _as_it_is, is_whole=is_whole) for is_whole in (False, True))
    if whole and not as_sent:
        return "integers"
    if fits:
        return "bounds" if as_sent and not _taken(operation, request, modest) else None
    return "bounds" if not as_sent and _taken(operation, request, without_bounds, is_whole=True) else None


def _taken(operation: Operation, request: Request, change: Change, *, is_whole: bool = False) -> bool:
    """Whether body and query fit the contract with its schemas changed, and whole numbers taken for integers or not."""
    known = {one.name: one.schema for one in operation.parameters if one.place == "query"}
    names = [name for name, _ in request.query]
    if len(set(names)) < len(names) or not set(names) <= known.keys():
        return False
    if not all(_fits(change(known[name], name, IN_QUERIES), _read(known[name], text)) for name, text in request.query):
        return False
    if operation.body is None:
        return not request.body
    value = _decoded(request.body or b"")
    return value is not _NO_JSON and _fits(change(operation.body), whole(value) if is_whole else value)


def _as_it_is(schema: Schema, *place: Any) -> Schema:
    return schema


def _fits(schema: Schema, value: Any) -> bool:
    return _validator(json.dumps(json_schema(schema, Direction.REQUEST))).is_valid(value)


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft4Validator:
    return Draft4Validator(json.loads(schema), validate_formats=True)


def _read(schema: Schema, text: str) -> Any:
    """What a parameter's text stands for; the text where it stands for nothing of its type."""
    if schema.get("type") == "integer" and text.removeprefix("-").isdecimal() and text.isascii():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if schema.get("type") == "boolean" else text


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return _NO_JSON
