"""Whether a value is valid against its schema, in a request or in a response."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.schemas.inclusion import validator_of
from openapi.diff.schemas.normalized_schema import schema_parts
from openapi.diff.schemas.to_json_schema import to_json_schema
from openapi.lint.schema_uses import HIDDEN, SchemaReader
from openapi.schemas import Direction

_MOST = 3
BOTH = (Direction.REQUEST, Direction.ANSWER)


class ValueValidator:
    """Judges values; a schema is put together once for each direction."""

    def __init__(self, read: SchemaReader) -> None:
        self._read = read
        self._known: dict[Any, Any] = {}

    def faults(self, value: Any, schema: Node, directions: Iterable[Direction] = BOTH) -> list[str]:
        """What is wrong with a value; nothing where it fits in one of the directions, or where the schema cannot be read."""
        told: list[str] = []
        for direction in directions:
            found = self._faults(value, schema, direction)
            if not found:
                return []
            told = told or found
        return told

    def _faults(self, value: Any, schema: Node, direction: Direction) -> list[str]:
        key = (schema.identity, direction)
        if key not in self._known:
            self._known[key] = self._validator(schema, direction)
        validator = self._known[key]
        try:
            errors = [] if validator is None else list(islice(validator.iter_errors(value), _MOST))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return []
        return [f"{_path(error.instance_path)}{error.message}" for error in errors]

    def _validator(self, schema: Node, direction: Direction) -> Any:
        if schema.value is False:
            return validator_of({"not": {}})
        parts = schema_parts(schema)
        try:
            whole = to_json_schema(parts, self._read, HIDDEN[direction]) if parts else None
            return None if whole is None else validator_of(whole)
        except RecursionError:
            return None


def _path(parts: Iterable[str | int]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
    return f"`{path}`: " if path else ""
