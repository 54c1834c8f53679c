"""Generates a value from its schema alone: for fields without a recipe, and for resources that only a spec author knows."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from jsonschema_rs import Draft4Validator

from openapi.number_normalization import GREATEST, LEAST
from openapi.schemas import Direction, Schema, json_schema
from openapi.wording import shown
from sandbox.errors import StartError
from sandbox.seeding.regex_generator import text_matching
from sandbox.state.clock import timestamp

USUALLY = 0.8  # how often an optional field is there
NOTHING: Final = object()
"""Stands for a value that cannot be: a reference into a collection that is empty."""
_ATTEMPTS = 8
_SPAN = 999


@dataclass(frozen=True, slots=True)
class GenerationContext:
    """Where and when a value is made: chance, the moment, and the ids that each collection has by then."""

    rng: Random
    now: datetime
    ids: Callable[[str], Sequence[int]]
    usually: float = USUALLY

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability


def fitting_value(schema: Schema, field: str, context: GenerationContext) -> Any:
    """A value that fits, or NOTHING where it needs a reference into nothing. Raises StartError, with field and schema, where none was found."""
    if "x-ref" in schema and not context.ids(schema["x-ref"]):
        return NOTHING
    as_sent = json_schema(schema, Direction.REQUEST)
    fits = Draft4Validator(as_sent, validate_formats=True).is_valid
    for candidate in _candidates(schema, field, context):
        if candidate is NOTHING or fits(candidate):
            return candidate
    told = shown(as_sent, 2_000)
    raise StartError(f"no value for the field {field} was found that fits its schema, {told}; give it an example in the contract")


def _candidates(schema: Schema, field: str, context: GenerationContext) -> Iterator[Any]:
    """Full values first, then bare ones, since optional fields may exclude each other."""
    for usually in (context.usually, 0):
        for _ in range(_ATTEMPTS):
            yield _value(schema, field, replace(context, usually=usually))
    if "pattern" in schema:
        for _ in range(_ATTEMPTS):
            if (text := text_matching(schema["pattern"], context.rng)) is not None:
                yield text
    for word in ("example", "default"):
        if word in schema:
            yield schema[word]


def _value(schema: Schema, field: str, context: GenerationContext) -> Any:
    if "x-ref" in schema:
        ids = context.ids(schema["x-ref"])
        return context.rng.choice(ids) if ids else NOTHING
    if "enum" in schema:
        return context.rng.choice(schema["enum"])
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            parts = schema[word] if word == "allOf" else [context.rng.choice(schema[word])]
            return _value(_together(schema, word, parts), field, context)
    return _MAKERS.get(_type(schema), _text)(schema, field, context)


def _together(schema: Schema, word: str, parts: Sequence[Schema]) -> Schema:
    """A composite as one schema, as far as that can be said; whether a value fits is looked at afterwards."""
    whole = {key: value for key, value in schema.items() if key != word}
    for part in parts:
        properties = {**whole.get("properties", {}), **part.get("properties", {})}
        required = [*whole.get("required", ()), *part.get("required", ())]
        whole |= part | ({"properties": properties} if properties else {}) | ({"required": required} if required else {})
    return whole


def _type(schema: Schema) -> str:
    if "type" in schema:
        return str(schema["type"])
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _object(schema: Schema, field: str, context: GenerationContext) -> Any:
    made: dict[str, Any] = {}
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        if part.get("readOnly") or not (name in required or context.chance(context.usually)):
            continue
        value = fitting_value(part, f"{field}.{name}", context)
        if value is not NOTHING:
            made[name] = value
        elif name in required:
            return NOTHING
    return made


def _array(schema: Schema, field: str, context: GenerationContext) -> Any:
    least = schema.get("minItems", 0)
    few = max(least, 1)
    count = context.rng.randint(few, max(few, min(schema.get("maxItems", few + 2), few + 2)))
    items: list[Any] = []
    for _ in range(count * _ATTEMPTS):
        if len(items) == count:
            break
        item = fitting_value(schema.get("items", {}), f"{field}.{len(items)}", context)
        if item is NOTHING:
            return NOTHING if least else items
        if not (schema.get("uniqueItems") and item in items):
            items.append(item)
    return items


def _number(schema: Schema, field: str, context: GenerationContext) -> Any:
    whole = _type(schema) == "integer"
    step = _exact(schema.get("multipleOf", 1 if whole else Decimal("0.01")))
    span = max(Decimal(_SPAN), step * _SPAN)
    high = _exact(schema["maximum"]) if "maximum" in schema else None
    low = _exact(schema["minimum"]) if "minimum" in schema else Decimal(1) if high is None or high >= 1 else high - span
    if whole:  # none other can be kept
        low = max(low, Decimal(LEAST))
        high = None if high is None else min(high, Decimal(GREATEST))
    high = low + span if high is None else min(high, low + span)
    first = int((low / step).to_integral_value(ROUND_CEILING))
    last = int((high / step).to_integral_value(ROUND_FLOOR))
    first += bool(schema.get("exclusiveMinimum")) and first * step == low
    last -= bool(schema.get("exclusiveMaximum")) and last * step == high
    value = step * context.rng.randint(first, max(first, last))
    return int(value) if whole else float(value)


def _flag(schema: Schema, field: str, context: GenerationContext) -> bool:
    return context.chance(0.5)


def _text(schema: Schema, field: str, context: GenerationContext) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]](context)
    label = field.rsplit(".", 1)[-1].replace("_", " ").capitalize()
    text = f"{label} {context.rng.randint(1, _SPAN)}"
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(text) + _SPAN)
    if len(text) <= most:
        return text.ljust(least, ".")
    return "".join(context.rng.choices(string.ascii_uppercase, k=most))


def _exact(number: Any) -> Decimal:
    return Decimal(str(number))


_MAKERS: Mapping[str, Callable[[Schema, str, GenerationContext], Any]] = {
    "object": _object, "array": _array, "integer": _number, "number": _number, "boolean": _flag, "string": _text,
}  # fmt: skip
_FORMATS: Mapping[str, Callable[[GenerationContext], str]] = {
    "date": lambda context: context.now.date().isoformat(),
    "date-time": lambda context: timestamp(context.now),
    "email": lambda context: f"contact{context.rng.randint(1, 99_999)}@example.org",
    "uri": lambda context: f"https://example.org/{context.rng.randint(1, 99_999)}",
    "hostname": lambda context: f"host{context.rng.randint(1, 99_999)}.example.org",
    "ipv4": lambda context: f"192.0.2.{context.rng.randint(1, 254)}",
    "ipv6": lambda context: f"2001:db8::{context.rng.randint(1, 9_999)}",
    "uuid": lambda context: str(UUID(int=context.rng.getrandbits(128), version=4)),
}
