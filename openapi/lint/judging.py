"""Whether a value is valid against its schema, in a request or in a response."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from openapi.diff.changes import Way
from openapi.diff.schemas.inclusion import judge_of
from openapi.diff.schemas.normal import schema_parts
from openapi.diff.schemas.translation import translated
from openapi.diff.tree import Node
from openapi.lint.travel import HIDDEN, Reader

_MOST = 3
BOTH = (Way.REQUEST, Way.ANSWER)


class Judge:
    """Judges values; a schema is put together once for each direction."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._known: dict[Any, Any] = {}

    def faults(self, value: Any, schema: Node, ways: Iterable[Way] = BOTH) -> list[str]:
        """What is wrong with a value; nothing where it fits in one of the directions, or where the schema cannot be read."""
        told: list[str] = []
        for way in ways:
            found = self._faults(value, schema, way)
            if not found:
                return []
            told = told or found
        return told

    def _faults(self, value: Any, schema: Node, way: Way) -> list[str]:
        key = (schema.identity, way)
        if key not in self._known:
            self._known[key] = self._validator(schema, way)
        validator = self._known[key]
        try:
            errors = [] if validator is None else list(islice(validator.iter_errors(value), _MOST))
        except (ValueError, TypeError, OverflowError, RecursionError):
            return []
        return [f"{_path(error.instance_path)}{error.message}" for error in errors]

    def _validator(self, schema: Node, way: Way) -> Any:
        if schema.value is False:
            return judge_of({"not": {}})
        parts = schema_parts(schema)
        try:
            whole = translated(parts, self._read, HIDDEN[way]) if parts else None
            return None if whole is None else judge_of(whole)
        except RecursionError:
            return None


def _path(parts: Iterable[str | int]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")
    return f"`{path}`: " if path else ""
