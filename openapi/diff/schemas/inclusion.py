"""Does every value of one schema fit another? A value that does not is a proof, and is looked for at the borders.

The judge is jsonschema-rs; a schema that it cannot read is judged by nobody, and nothing is proved of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.normalized_schema import Parts, identity
from openapi.diff.schemas.sample_values import Sampler
from openapi.diff.schemas.to_json_schema import to_json_schema
from openapi.schemas import Direction


@dataclass(frozen=True, slots=True)
class Found:
    """A value that one side allows and the other does not."""

    value: Any


def refused(cursor: Cursor, parts: Parts, values: list[Any]) -> list[Any]:
    """Those of the values that the schema does not allow; none where nobody can judge."""
    validator = _validator(cursor, parts)
    return [] if validator is None else [value for value in values if not _fits(validator, value)]


def holds(cursor: Cursor, parts: Parts, values: list[Any]) -> bool:
    """Whether the schema surely allows all of the values."""
    validator = _validator(cursor, parts)
    return validator is not None and all(_fits(validator, value) for value in values)


def counterexample(cursor: Cursor, inner: Parts, outer: Parts) -> Found | None:
    """A value that fits the inner schema and not the outer one; None where none was found, which proves nothing."""
    one, other = _validator(cursor, inner), _validator(cursor, outer)
    if one is None or other is None:
        return None
    sampler: Sampler = cursor.memory.setdefault(f"samples of a {cursor.direction.value}", Sampler(cursor.read, _unseen(cursor)))
    values = sampler.values(inner)
    return next((Found(value) for value in values if _fits(one, value) and not _fits(other, value)), None)


def _fits(validator: jsonschema_rs.Draft202012Validator, value: Any) -> bool:
    try:
        return validator.is_valid(value)
    except (ValueError, TypeError, OverflowError):
        return True


def _unseen(cursor: Cursor) -> str:
    return "readOnly" if cursor.direction is Direction.REQUEST else "writeOnly"


def _validator(cursor: Cursor, parts: Parts) -> jsonschema_rs.Draft202012Validator | None:
    validators: dict[Any, Any] = cursor.memory.setdefault("judges", {})
    key = (identity(parts), cursor.direction)
    if key not in validators:
        schema = to_json_schema(parts, cursor.read, _unseen(cursor))
        validators[key] = None if schema is None else validator_of(schema)
    return validators[key]  # type: ignore[no-any-return]


def validator_of(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator | None:
    """The validator of a schema in the words of 2020-12; None where it is none."""
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    except (ValueError, TypeError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return None
