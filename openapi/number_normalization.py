"""Makes of the numbers of a document those that are stored and shown, before it is validated: what is validated is what is stored.

JSON Schema counts every spelling of a whole number as an integer (`7`, `7.0`, `7e0`, `1E3`); it is kept as the integer
(decision `integers`). Bodies, uploads and seeded objects come through here.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import partial
from math import isfinite
from sys import float_info
from typing import Any, TypeVar

from openapi.schemas import Schema

LEAST, GREATEST = -(2**63), 2**63 - 1
TOO_LARGE = "is out of range; no number that large can be kept"
TOO_LONG = "has more digits than can be kept; write it with at most 15"
TOO_SMALL = "is nearer to 0 than any number that can be kept; write 0"
Place = tuple[Any, Any] | None
"""A field or an index, and the place that it lies in."""
Lost = list[tuple[str, str]]
"""The dotted place of each number that cannot be kept, and the end of a sentence that says why."""
Convert = Callable[[Any, Place, Lost], Any]
"""Any value, with its numbers as they are stored; it may change dictionaries and lists in their place.

In the place of a number that cannot be kept comes the nearest one that can, so that the rest may be looked at still.
"""
_Number = TypeVar("_Number", int, float)
_LONGEST_WHOLE = 20
_MOST_LOST = 100
_AS_LONG_AS_DOUBLES = Context(prec=17, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
"""With so many digits every double can be written."""
_COMPOSITES = frozenset({"allOf", "anyOf", "oneOf", "not"})


class StoredNumbers:
    """What a schema says of the numbers in its values; worked out once."""

    def __init__(self, schema: Schema) -> None:
        self._convert = _of_schema(schema, _number)

    def read(self, value: Any) -> tuple[Any, Lost]:
        """The value as it is stored, and the numbers of it that cannot be."""
        lost: Lost = []
        return (value if self._convert is None else self._convert(value, None, lost)), lost


def as_stored(value: Any) -> Any:
    """Any value of no known schema, with its numbers as they are stored, or the nearest that can be."""
    return _any(value, None, [])


def _of_schema(schema: Schema, number: Convert) -> Convert | None:
    """What only the server sets is left, since it is ignored; None where no value of the schema may hold a number."""
    if not _COMPOSITES.isdisjoint(schema):
        number = _any  # one part may ask for a number, and another for an integer
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null"]
        kind = kinds[0] if len(kinds) == 1 else None
    match kind:
        case "object":
            return _of_objects(schema, number)
        case "array":
            item = _of_schema(schema.get("items", {}), number)
            return None if item is None else partial(_list, item)
        case "integer":
            return _integer
        case "number":
            return _exact_number if "multipleOf" in schema and number is _number else number
        case "string" | "boolean" | "null":
            return None
        case _:
            return (_of_objects(schema, number) if "properties" in schema else None) or _any


def _of_objects(schema: Schema, number: Convert) -> Convert | None:
    named, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    others = None if rest is False else _any if rest is True else _of_schema(rest, number)
    parts = {name: None if part.get("readOnly") else _of_schema(part, number) for name, part in named.items()}
    if others is None:
        known = {name: part for name, part in parts.items() if part is not None}
        return partial(_closed_object, known) if known else None
    return partial(_open_object, parts, others)


def _closed_object(parts: dict[str, Convert], value: Any, place: Place, lost: Lost) -> Any:
    if type(value) is not dict:
        return _any(value, place, lost)
    for name, convert in parts.items():
        if name in value:
            value[name] = convert(value[name], (place, name), lost)
    return value


def _open_object(parts: dict[str, Convert | None], others: Convert, value: Any, place: Place, lost: Lost) -> Any:
    if type(value) is not dict:
        return _any(value, place, lost)
    for name, part in value.items():
        convert = parts.get(name, others)
        if convert is not None:
            value[name] = convert(part, (place, name), lost)
    return value


def _list(item: Convert, value: Any, place: Place, lost: Lost) -> Any:
    if type(value) is not list:
        return _any(value, place, lost)
    return [item(part, (place, number), lost) for number, part in enumerate(value)]


def _any(value: Any, place: Place, lost: Lost) -> Any:
    """Where the schema asks for no kind of number: whole where it is whole, as far as there are integers."""
    kind = type(value)
    if kind is Decimal or kind is float or kind is int:
        return int(value) if _is_whole(value) else _double(value, place, lost)
    if kind is dict:
        for name, part in value.items():
            value[name] = _any(part, (place, name), lost)
    elif kind is list:
        return [_any(part, (place, number), lost) for number, part in enumerate(value)]
    return value


def _integer(value: Any, place: Place, lost: Lost) -> Any:
    kind = type(value)
    if kind is int and LEAST <= value <= GREATEST:
        return value
    if kind is Decimal or kind is float or kind is int:
        if _is_whole(value):
            return int(value)
        if not LEAST <= value <= GREATEST:
            return _lose(LEAST if value < 0 else GREATEST, TOO_LARGE, place, lost)
        return _double(value, place, lost)  # which is none, and refused as such
    return _any(value, place, lost)


def _number(value: Any, place: Place, lost: Lost, rounds: bool = True) -> Any:
    """A number that is written with a fraction keeps it, even where that is nothing."""
    kind = type(value)
    if kind is Decimal or kind is float or (kind is int and not LEAST <= value <= GREATEST):
        return _double(value, place, lost, rounds)
    return _any(value, place, lost)


def _exact_number(value: Any, place: Place, lost: Lost) -> Any:
    """Where steps are asked for, no digit is rounded away, or what lies beside a step would come to lie on it."""
    return _number(value, place, lost, rounds=False)


def _is_whole(value: Decimal | float | int) -> bool:
    """Whether it is an integer that can be kept."""
    if isinstance(value, Decimal):
        # The first question spares the others a number of a million digits; nothing times ten to whatever power (`0e400`) is nothing.
        return not value or (value.adjusted() < _LONGEST_WHOLE and LEAST <= value <= GREATEST and value == value.to_integral_value())
    return LEAST <= value <= GREATEST and value == int(value)


def _double(value: Decimal | float | int, place: Place, lost: Lost, rounds: bool = True) -> float:
    """The nearest double, which is a loss where the number has more digits than any double needs or, unless it `rounds`, says."""
    if type(value) is float:
        return value + 0.0 if isfinite(value) else _lose(float_info.max, TOO_LARGE, place, lost)
    exact = value if isinstance(value, Decimal) else Decimal(value)
    short = _AS_LONG_AS_DOUBLES.plus(exact)  # also since a number of a million digits takes a second to become a double
    number = float(short) + 0.0  # no negative zero
    if not isfinite(number):
        return _lose(-float_info.max if short < 0 else float_info.max, TOO_LARGE, place, lost)
    if not number and short:
        return _lose(number, TOO_SMALL, place, lost)
    if short != exact or not (rounds or Decimal(repr(number)) == exact):
        return _lose(number, TOO_LONG, place, lost)
    return number


def _lose(nearest: _Number, why: str, place: Place, lost: Lost) -> _Number:
    if len(lost) < _MOST_LOST:
        lost.append((_dotted(place), why))
    return nearest


def _dotted(place: Place) -> str:
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(str(name))
    return ".".join(reversed(names))
