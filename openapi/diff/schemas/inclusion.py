"""Does every value of one schema fit another? A value that does not is a proof, and is looked for at the borders.

The judge is jsonschema-rs; a schema that it cannot read is judged by nobody, and nothing is proved of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from openapi.diff.changes import Way
from openapi.diff.schemas.comparison import Walk
from openapi.diff.schemas.normalized_schema import Parts, identity
from openapi.diff.schemas.sample_values import Sampler
from openapi.diff.schemas.to_json_schema import translated


@dataclass(frozen=True, slots=True)
class Found:
    """A value that one side allows and the other does not."""

    value: Any


def refused(walk: Walk, parts: Parts, values: list[Any]) -> list[Any]:
    """Those of the values that the schema does not allow; none where nobody can judge."""
    judge = _judge(walk, parts)
    return [] if judge is None else [value for value in values if not _fits(judge, value)]


def holds(walk: Walk, parts: Parts, values: list[Any]) -> bool:
    """Whether the schema surely allows all of the values."""
    judge = _judge(walk, parts)
    return judge is not None and all(_fits(judge, value) for value in values)


def counterexample(walk: Walk, inner: Parts, outer: Parts) -> Found | None:
    """A value that fits the inner schema and not the outer one; None where none was found, which proves nothing."""
    one, other = _judge(walk, inner), _judge(walk, outer)
    if one is None or other is None:
        return None
    sampler: Sampler = walk.memory.setdefault(f"samples of a {walk.way.value}", Sampler(walk.read, _unseen(walk)))
    values = sampler.values(inner)
    return next((Found(value) for value in values if _fits(one, value) and not _fits(other, value)), None)


def _fits(judge: jsonschema_rs.Draft202012Validator, value: Any) -> bool:
    try:
        return judge.is_valid(value)
    except (ValueError, TypeError, OverflowError):
        return True


def _unseen(walk: Walk) -> str:
    return "readOnly" if walk.way is Way.REQUEST else "writeOnly"


def _judge(walk: Walk, parts: Parts) -> jsonschema_rs.Draft202012Validator | None:
    judges: dict[Any, Any] = walk.memory.setdefault("judges", {})
    key = (identity(parts), walk.way)
    if key not in judges:
        schema = translated(parts, walk.read, _unseen(walk))
        judges[key] = None if schema is None else judge_of(schema)
    return judges[key]  # type: ignore[no-any-return]


def judge_of(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator | None:
    """The validator of a schema in the words of 2020-12; None where it is none."""
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    except (ValueError, TypeError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return None
