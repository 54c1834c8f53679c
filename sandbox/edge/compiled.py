"""Compiles the validators of the edge: formats are checked, and a date is one that calendars have."""

from __future__ import annotations

from datetime import date

from jsonschema_rs import Draft4Validator

from openapi.schemas import Schema


def compiled(schema: Schema) -> Draft4Validator:
    """A validator for a schema in the words of JSON Schema."""
    return Draft4Validator(schema, validate_formats=True, formats={"date": _is_a_date})


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
