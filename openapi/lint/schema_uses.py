"""Which schemas are used in requests, and which in responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.schemas.normalization import normalized
from openapi.diff.schemas.normalized_schema import Parts, Schema, identity, schema_parts
from openapi.lint.operations import Operation, contents
from openapi.lint.traversal import followed
from openapi.parsing.errors import SourceError
from openapi.schemas import Direction

HIDDEN = {Direction.REQUEST: "readOnly", Direction.ANSWER: "writeOnly"}
"""The word whose properties do not travel that way."""


@dataclass(frozen=True, slots=True)
class SchemaUse:
    """A schema on its way: as it is written, read with all that holds beside it, and whose it is."""

    node: Node
    schema: Schema
    direction: Direction
    operation: Operation
    in_path: bool
    """Whether it is a parameter of a path."""


class SchemaReader:
    """Reads parts as one schema, each once; one that refers to nowhere, or is nested without end, says nothing."""

    def __init__(self) -> None:
        self._known: dict[Any, Schema] = {}

    def __call__(self, parts: Parts) -> Schema:
        key = identity(parts)
        if key not in self._known:
            try:
                self._known[key] = normalized(parts)
            except (SourceError, RecursionError):
                self._known[key] = Schema(None)
        return self._known[key]


def media_types(operation: Operation) -> Iterator[tuple[Direction, str, Node]]:
    """The media types of an operation's body and answers, and which way they travel for a client of the API."""
    sent, given = (Direction.ANSWER, Direction.REQUEST) if operation.pushed else (Direction.REQUEST, Direction.ANSWER)
    yield from ((sent, name, node) for name, node in contents(operation.body))
    for _, answer in operation.answers:
        yield from ((given, name, node) for name, node in contents(answer))


def uses_of(operations: list[Operation], read: SchemaReader) -> Iterator[SchemaUse]:
    """Every schema that travels, once for each way, those within others too."""
    seen: set[object] = set()
    for operation in operations:
        waiting = [(schema_parts(node), direction, in_path) for direction, node, in_path in _schemas(operation)]
        while waiting:
            parts, direction, in_path = waiting.pop()
            if not parts or (key := (identity(parts), direction, in_path)) in seen:
                continue
            seen.add(key)
            schema = read(parts)
            if schema.node is not None:
                yield SchemaUse(schema.node, schema, direction, operation, in_path)
                waiting += [(part, direction, in_path) for part in _within(schema, HIDDEN[direction], read)]


def _schemas(operation: Operation) -> Iterator[tuple[Direction, Node, bool]]:
    sent, given = (Direction.ANSWER, Direction.REQUEST) if operation.pushed else (Direction.REQUEST, Direction.ANSWER)
    carriers = [(sent, parameter) for parameter in operation.parameters]
    for _, answer in operation.answers:
        headers = answer.get("headers")
        carriers += [(given, header) for header in map(followed, dict(headers.items()).values() if headers is not None else ()) if header is not None]
    for direction, carrier in carriers:
        schemas = (carrier.get("schema"), *(kind.get("schema") for _, kind in contents(carrier)))
        yield from ((direction, node, carrier.of("in", str, "") == "path") for node in schemas if node is not None)
    for direction, _, kind in media_types(operation):
        if (node := kind.get("schema")) is not None:
            yield direction, node, False


def _within(schema: Schema, hidden: str, read: SchemaReader) -> Iterator[Parts]:
    yield from (parts for parts in schema.properties.values() if read(parts).annotations.get(hidden) is not True)
    yield from schema.pattern_properties.values()
    yield from schema.dependent_schemas.values()
    yield from (schema.additional, schema.items, *schema.prefix)
    yield from (parts for union in schema.unions for parts in union.alternatives)
    yield from (schema.single[word] for word in ("contains", "unevaluatedItems", "unevaluatedProperties") if word in schema.single)
