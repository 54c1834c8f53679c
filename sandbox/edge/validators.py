"""The validators of the edge, compiled on first use: formats are checked, and a date must exist in the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from jsonschema_rs import Draft4Validator, ValidationError

from openapi.schemas import Schema


def compiled(schema: Schema) -> Draft4Validator:
    """A validator for a schema in the words of JSON Schema."""
    return cast("Draft4Validator", _CompiledWhenAsked(schema))


class _CompiledWhenAsked:
    """What the validator's callers use of it: a server has more than a hundred, and most clients ask for a few operations."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def is_valid(self, value: Any) -> bool:
        return self._compile().is_valid(value)

    def iter_errors(self, value: Any) -> Iterator[ValidationError]:
        return self._compile().iter_errors(value)

    def _compile(self) -> Draft4Validator:
        """Takes the place of its own methods, so that the first call alone is longer."""
        validator = Draft4Validator(self._schema, validate_formats=True, formats={"date": _is_a_date})
        self.is_valid = validator.is_valid  # type: ignore[assignment, method-assign]
        self.iter_errors = validator.iter_errors  # type: ignore[assignment, method-assign]
        return validator


def _is_a_date(text: str) -> bool:
    """RFC 3339 counts a year 0, which no date of Python's, nor the proleptic calendar of most clients, can hold."""
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def bounds_of(schema: Schema) -> tuple[int, int] | None:
    """The least and the greatest value, where that is all that a schema of a whole number says."""
    if schema.get("type") != "integer" or not schema.keys() <= {"type", "format", "minimum", "maximum", "default", "example", "description"}:
        return None
    return (schema["minimum"], schema["maximum"]) if {"minimum", "maximum"} <= schema.keys() else None
