"""Limits: of numbers, lengths and counts, and `multipleOf`."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.normalized_schema import Schema
from openapi.diff.schemas.sentences import shown

AXES: tuple[tuple[str, bool, str, str], ...] = (
    ("maximum", True, "above", "at most"),
    ("minimum", False, "below", "at least"),
    ("maxLength", True, "longer than", "characters"),
    ("minLength", False, "shorter than", "characters"),
    ("maxItems", True, "with more than", "elements"),
    ("minItems", False, "with fewer than", "elements"),
    ("maxProperties", True, "with more than", "properties"),
    ("minProperties", False, "with fewer than", "properties"),
    ("maxContains", True, "with more than", "elements of the wanted kind"),
    ("minContains", False, "with fewer than", "elements of the wanted kind"),
)
_ONE = {"characters": "character", "elements": "element", "properties": "property", "elements of the wanted kind": "element of the wanted kind"}
_IMPLIED = {("int32", "maximum"): 2**31 - 1, ("int32", "minimum"): -(2**31), ("int64", "maximum"): 2**63 - 1, ("int64", "minimum"): -(2**63)}
_STRICT = {"maximum": "exclusiveMaximum", "minimum": "exclusiveMinimum"}


def kebab(word: str) -> str:
    """`maxLength` as `max-length`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", word).lower()


def compare_bounds(cursor: Cursor, base: Schema, head: Schema) -> None:
    """Each limit by itself."""
    for word, upper, *_ in AXES:
        old, new = _limit(base, word), _limit(head, word)
        if old != new:
            _report(cursor, word, upper, base, head)


def _limit(schema: Schema, word: str) -> tuple[Any, bool] | None:
    """The limit and whether it is itself outside. Of integers it is always inside; a format may be a limit too."""
    strict = _STRICT.get(word, "")
    value, outside = (schema.bounds[strict], True) if strict in schema.bounds else (schema.bounds.get(word), False)
    if value is None:
        implied = [_IMPLIED[form, word] for form in schema.formats if (form, word) in _IMPLIED]
        return (implied[0], False) if implied and schema.types is not None and schema.types <= {"integer", "null"} else None
    if outside and schema.types is not None and schema.types <= {"integer", "null"} and value == int(value):
        return (value - 1 if word == "maximum" else value + 1), False
    return value, outside


def _report(cursor: Cursor, word: str, upper: bool, base: Schema, head: Schema) -> None:
    old, new = _limit(base, word), _limit(head, word)
    if word in _STRICT and not any(name in schema.bounds for schema in (base, head) for name in (word, _STRICT[word])):
        return  # formats alone, which are compared as such
    if old is None:
        tighter, verb = True, "set"
    elif new is None:
        tighter, verb = False, "removed"
    else:
        higher = (new[0], not new[1]) > (old[0], not old[1]) if upper else (new[0], new[1]) > (old[0], old[1])
        tighter, verb = higher is not upper, "raised" if higher else "lowered"
    place = (word, _STRICT.get(word, word))
    what = f"{_name(word, base if verb == 'removed' else head)} of {cursor.subject} {_before_after(old, new)}"
    effect = Effect.NARROWS if tighter else Effect.WIDENS
    limits = {"old": _outside(cursor, word, new), "new": _outside(cursor, word, old)}
    cursor.report(f"{kebab(word)}-{verb}", effect, base.place(*place), head.place(*place), what, **limits)


def _name(word: str, schema: Schema) -> str:
    return f"`{_STRICT[word] if _STRICT.get(word) in schema.bounds else word}`"


def _before_after(old: tuple[Any, bool] | None, new: tuple[Any, bool] | None) -> str:
    if old is None or new is None:
        return f"is {_limit_shown(new)}, and there was none before" if new else f"was {_limit_shown(old)}, and there is none any more"
    return f"was {_limit_shown(old)} and is {_limit_shown(new)}"


def _limit_shown(limit: tuple[Any, bool] | None) -> str:
    return "" if limit is None else shown(limit[0]) + (f" ({shown(limit[0])} itself excluded)" if limit[1] else "")


def _outside(cursor: Cursor, word: str, limit: tuple[Any, bool] | None) -> str:
    """What a limit keeps out, in words."""
    if limit is None:
        return cursor.some
    _, upper, relation, unit = next(axis for axis in AXES if axis[0] == word)
    if word in _STRICT and limit[1]:
        return f"{cursor.some} of {shown(limit[0])} or {'above' if upper else 'below'}"
    count = shown(limit[0])
    return f"{cursor.some} {relation} {count}" + ("" if word in _STRICT else f" {_ONE.get(unit, unit) if limit[0] == 1 else unit}")


def compare_steps(cursor: Cursor, base: Schema, head: Schema) -> None:
    """`multipleOf`: a divisor of the old step allows more, a multiple of it less."""
    old, new = _step(base), _step(head)
    if old == new:
        return None
    places = base.place("multipleOf"), head.place("multipleOf")
    if old is None or new is None:
        kind, effect = ("multiple-of-set", Effect.NARROWS) if old is None else ("multiple-of-removed", Effect.WIDENS)
        told = _number(new if old is None else old)
        what = (
            f"`multipleOf` of {cursor.subject} is {told}, and there was none before"
            if old is None
            else f"`multipleOf` of {cursor.subject} was {told}, and there is none any more"
        )
        return cursor.report(kind, effect, *places, what, old=_off(cursor, new), new=_off(cursor, old))
    effect = Effect.WIDENS if (old / new).denominator == 1 else Effect.NARROWS if (new / old).denominator == 1 else Effect.CHANGES
    what = f"`multipleOf` of {cursor.subject} was {_number(old)} and is {_number(new)}"
    return cursor.report("multiple-of-changed", effect, *places, what, old=_off(cursor, new), new=_off(cursor, old))


def _step(schema: Schema) -> Fraction | None:
    if not schema.steps:
        return None
    step = reduce(lambda one, other: Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator)), schema.steps)
    return None if schema.types is not None and schema.types <= {"integer", "null"} and step.numerator == 1 else Fraction(step)


def _off(cursor: Cursor, step: Fraction | None) -> str:
    return cursor.some if step is None else f"{cursor.some} that is no multiple of {_number(step)}"


def _number(step: Fraction | None) -> str:
    return "" if step is None else str(step.numerator) if step.denominator == 1 else str(float(step))
