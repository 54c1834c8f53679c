"""Makes of exact decimals the numbers that are stored and shown, as a schema says: what is validated is what is stored.

JSON Schema counts every spelling of a whole number as an integer (`7`, `7.0`, `7e0`, `1E3`); it is kept as the integer
(decision `integers`). A number that no double or 64 bits can hold is out of range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from math import isinf
from typing import Any

from openapi.schemas import Schema

Convert = Callable[[Any], Any]
"""Of a value that fits its schema; it may change dictionaries and lists in their place. Raises OverflowError."""
_LEAST, _GREATEST = -(2**63), 2**63 - 1
_MOST_DIGITS = 19
_MAY_HOLD_NUMBERS = (Decimal, int, dict, list)


def whole_numbers(schema: Schema) -> Convert | None:
    """For a body before it is validated: each spelling of a whole number as the integer, where the schema asks for one."""
    return _by_schema(schema, _whole, None)


def stored_numbers(schema: Schema) -> Convert | None:
    """For a body that fits: all numbers as they are stored; None where no value of the schema may hold one."""
    return _by_schema(schema, _in_range, converted)


def _by_schema(schema: Schema, integer: Convert, other: Convert | None) -> Convert | None:
    """What applies `integer` to whole numbers, and `other` to whatever else may hold numbers; what only the server sets is left, and ignored."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null"]
        return _by_schema({**schema, "type": kinds[0]}, integer, other) if len(kinds) == 1 else other
    match kind:
        case "object" if schema.get("additionalProperties") is False or other is None:
            named = schema.get("properties", {})
            parts = {
                name: convert
                for name, part in named.items()
                if not part.get("readOnly") and (convert := _by_schema(part, integer, other)) is not None
            }
            return partial(_object, parts) if parts else None
        case "array":
            convert = _by_schema(schema.get("items", {}), integer, other)
            return None if convert is None else partial(_array, convert)
        case "integer":
            return integer
        case "string" | "boolean" | "null":
            return None
        case _:
            return other


def converted(value: Any) -> Any:
    """Any value; here a decimal stays a number with a fraction, even where that is nothing."""
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, _MAY_HOLD_NUMBERS):
                value[name] = converted(part)
    elif isinstance(value, list):
        return _array(converted, value)
    elif isinstance(value, int):
        return _in_range(value)
    return value


def out_of_range(value: Any, place: str = "") -> Iterator[str]:
    """The places of all numbers that cannot be stored."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from out_of_range(part, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from out_of_range(part, f"{place}.{number}" if place else str(number))
    elif isinstance(value, Decimal | int):
        try:
            converted(value)
        except OverflowError:
            yield place or "body"


def _object(parts: dict[str, Convert], value: Any) -> Any:
    if type(value) is dict:
        for name, convert in parts.items():
            if name in value:
                value[name] = convert(value[name])
    return value


def _array(convert: Convert, value: Any) -> Any:
    return [convert(part) for part in value] if type(value) is list else value


def _whole(value: Any) -> Any:
    if type(value) is Decimal and value.adjusted() < _MOST_DIGITS and value == value.to_integral_value():
        return int(value)
    return value


def _in_range(value: Any) -> Any:
    """A decimal that is here, and fits, has too many digits to be made an integer."""
    if isinstance(value, Decimal) or (isinstance(value, int) and not _LEAST <= value <= _GREATEST):
        raise OverflowError
    return value


def _number(value: Decimal) -> float:
    number = float(value) + 0.0  # no negative zero
    if isinf(number):
        raise OverflowError
    return number
