"""Which schemas are used in requests, and which in responses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openapi.diff.changes import Way
from openapi.diff.schemas.normal import Parts, Schema, identity, schema_parts
from openapi.diff.schemas.reading import normal
from openapi.diff.tree import Node
from openapi.lint.operations import Operation, contents
from openapi.lint.places import followed
from openapi.parsing.errors import DiffError

HIDDEN = {Way.REQUEST: "readOnly", Way.ANSWER: "writeOnly"}
"""The word whose properties do not travel that way."""


@dataclass(frozen=True, slots=True)
class Cargo:
    """A schema on its way: as it is written, read with all that holds beside it, and whose it is."""

    node: Node
    schema: Schema
    way: Way
    operation: Operation
    in_path: bool
    """Whether it is a parameter of a path."""


class Reader:
    """Reads parts as one schema, each once; one that refers to nowhere, or is nested without end, says nothing."""

    def __init__(self) -> None:
        self._known: dict[Any, Schema] = {}

    def __call__(self, parts: Parts) -> Schema:
        key = identity(parts)
        if key not in self._known:
            try:
                self._known[key] = normal(parts)
            except (DiffError, RecursionError):
                self._known[key] = Schema(None)
        return self._known[key]


def media_types(operation: Operation) -> Iterator[tuple[Way, str, Node]]:
    """The media types of an operation's body and answers, and which way they travel for a client of the API."""
    sent, given = (Way.ANSWER, Way.REQUEST) if operation.pushed else (Way.REQUEST, Way.ANSWER)
    yield from ((sent, name, node) for name, node in contents(operation.body))
    for _, answer in operation.answers:
        yield from ((given, name, node) for name, node in contents(answer))


def travelling(operations: list[Operation], read: Reader) -> Iterator[Cargo]:
    """Every schema that travels, once for each way, those within others too."""
    seen: set[object] = set()
    for operation in operations:
        waiting = [(schema_parts(node), way, in_path) for way, node, in_path in _schemas(operation)]
        while waiting:
            parts, way, in_path = waiting.pop()
            if not parts or (key := (identity(parts), way, in_path)) in seen:
                continue
            seen.add(key)
            schema = read(parts)
            if schema.node is not None:
                yield Cargo(schema.node, schema, way, operation, in_path)
                waiting += [(part, way, in_path) for part in _within(schema, HIDDEN[way], read)]


def _schemas(operation: Operation) -> Iterator[tuple[Way, Node, bool]]:
    sent, given = (Way.ANSWER, Way.REQUEST) if operation.pushed else (Way.REQUEST, Way.ANSWER)
    carriers = [(sent, parameter) for parameter in operation.parameters]
    for _, answer in operation.answers:
        headers = answer.get("headers")
        carriers += [(given, header) for header in map(followed, dict(headers.items()).values() if headers is not None else ()) if header is not None]
    for way, carrier in carriers:
        schemas = (carrier.get("schema"), *(kind.get("schema") for _, kind in contents(carrier)))
        yield from ((way, node, carrier.of("in", str, "") == "path") for node in schemas if node is not None)
    for way, _, kind in media_types(operation):
        if (node := kind.get("schema")) is not None:
            yield way, node, False


def _within(schema: Schema, hidden: str, read: Reader) -> Iterator[Parts]:
    yield from (parts for parts in schema.properties.values() if read(parts).notes.get(hidden) is not True)
    yield from schema.pattern_properties.values()
    yield from schema.dependent_schemas.values()
    yield from (schema.additional, schema.items, *schema.prefix)
    yield from (parts for union in schema.unions for parts in union.alternatives)
    yield from (schema.single[word] for word in ("contains", "unevaluatedItems", "unevaluatedProperties") if word in schema.single)
