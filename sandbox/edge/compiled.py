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
