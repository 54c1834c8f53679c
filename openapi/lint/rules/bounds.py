"""Limits of values in requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from openapi.diff.schemas.normalized_schema import Schema
from openapi.lint.api import Api
from openapi.lint.finding import Found
from openapi.lint.registry import rule
from openapi.lint.schema_uses import SchemaReader
from openapi.schemas import Direction

_SHORT_FORMATS = frozenset({"date", "date-time", "time", "uuid", "ipv4", "ipv6", "binary"})
"""Texts whose form bounds them; a binary body is bounded by whoever takes uploads."""
_INTEGERS = frozenset({"int32", "int64"})
Bounded = Callable[[Schema], bool]


@rule(
    "unbounded-string",
    "warning",
    "A string in a query, header or body has a `maxLength`, an `enum`, or a format or pattern that limits its length.",
)
def unbounded_string(api: Api) -> Iterator[Found]:
    yield from _unbounded(api, "string", _string, "any text of any length may be sent: add `maxLength`")


@rule("unbounded-array", "warning", "An array in a request has `maxItems`.")
def unbounded_array(api: Api) -> Iterator[Found]:
    yield from _unbounded(api, "array", lambda schema: "maxItems" in schema.bounds, "a list of any length may be sent: add `maxItems`")


@rule("unbounded-number", "warning", "A number in a request has `minimum` and `maximum`, or the format int32 or int64.")
def unbounded_number(api: Api) -> Iterator[Found]:
    yield from _unbounded(api, "number", _number, "a number of any size may be sent: add `minimum` and `maximum`, or for integers a format")


def _unbounded(api: Api, type: str, bounded: Bounded, text: str) -> Iterator[Found]:
    for use in api.schema_uses:
        types = use.schema.types or frozenset()
        wanted = {"integer", "number"} if type == "number" else {type}
        told = use.direction is Direction.REQUEST and not use.operation.pushed and not (use.in_path and type == "string")
        if told and types & wanted and not _is_bounded(use.schema, bounded, api.read):
            yield Found(use.node, text)


def _is_bounded(schema: Schema, bounded: Bounded, read: SchemaReader, depth: int = 0) -> bool:
    """By itself, or by all alternatives of a choice that it has to make."""
    if schema.values is not None or bounded(schema):
        return True
    return depth < 5 and any(all(_is_bounded(read(parts), bounded, read, depth + 1) for parts in union.alternatives) for union in schema.unions)


def _string(schema: Schema) -> bool:
    return "maxLength" in schema.bounds or bool(schema.formats & _SHORT_FORMATS) or any(map(_is_short, schema.patterns))


def _number(schema: Schema) -> bool:
    below = "minimum" in schema.bounds or "exclusiveMinimum" in schema.bounds
    above = "maximum" in schema.bounds or "exclusiveMaximum" in schema.bounds
    return (below and above) or bool(schema.formats & _INTEGERS)


def _is_short(pattern: str) -> bool:
    """Whether an expression is bound at both ends and repeats nothing without end."""
    plain = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", pattern)
    return plain.startswith("^") and plain.endswith("$") and "|" not in plain and not re.search(r"[*+]|\{\d*,\}", plain)
