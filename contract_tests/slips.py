"""Values that break a schema, each in one way, and bodies and queries that hold many of them at once.

That every fault must be named is what makes this cheap: one request asks about a bound of each of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openapi.contract import Operation, Parameter
from openapi.schemas import Schema

LEFT_OUT: Any = object()
_STRANGE = "contract-tests"
_FORMS = {"date": "2031-02-30", "date-time": "2031-02-30T09:00:00", "email": "nobody.example", "uri": "no address", "uuid": "0"}
"""For a format a text that has another; the dates are of no calendar."""
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Slip:
    """One value that breaks the schema: the path of its field, what is wrong with it, and the value itself."""

    where: tuple[str | int, ...]
    what: str
    value: Any


@dataclass(frozen=True, slots=True)
class Round:
    """A body, or a query, with at most one slip in each field."""

    sent: Any
    slips: tuple[Slip, ...]


def rounds(schema: Schema, good: Mapping[str, Any]) -> Iterator[Round]:
    """Bodies which together break everything that the schema says of each field; `good` is one that fits."""
    names = [name for name, part in schema.get("properties", {}).items() if not part.get("readOnly")]
    choices = {name: list(_choices(name, schema, good, odd=place % 2 == 1)) for place, name in enumerate(names)}
    for number in range(max(map(len, choices.values()), default=0)):
        body: dict[str, Any] = deepcopy(dict(good))
        slips: list[Slip] = []
        for name in names:
            if number < len(choices[name]):
                value, own = choices[name][number]
                _put(body, name, value)
                slips += own
        yield Round(body, tuple(slips))


def nothing(schema: Schema) -> Iterator[Round]:
    """A body without any field, where there are some that must be sent."""
    if required := schema.get("required"):
        yield Round({}, tuple(Slip((name,), "left out", LEFT_OUT) for name in required))


def alone(good: Mapping[str, Any], slip: Slip) -> Round:
    """The same slip in a body that has no other."""
    body = deepcopy(dict(good))
    name, *below = slip.where
    if not below:
        _put(body, str(name), slip.value)
        return Round(body, (slip,))
    if len(below) == 1:
        body[str(name)] = [slip.value]
        return Round(body, (Slip((name, 0), slip.what, slip.value),))
    item = deepcopy(body[str(name)][0])
    _put(item, str(below[-1]), slip.value)
    body[str(name)] = [item]
    return Round(body, (Slip((name, 0, below[-1]), slip.what, slip.value),))


def queries(operation: Operation, *, leaving: frozenset[str] = frozenset()) -> Iterator[Round]:
    """Queries, as lists of pairs, that break what the contract says of each parameter, but for those left alone."""
    parameters = [one for one in operation.parameters if one.place == "query" and one.name not in leaving]
    choices = {one.name: list(_texts(one, odd=place % 2 == 1)) for place, one in enumerate(parameters)}
    for number in range(max(map(len, choices.values()), default=0)):
        pairs: list[tuple[str, str]] = []
        slips: list[Slip] = []
        for name, own in choices.items():
            if number < len(own):
                what, values = own[number]
                pairs += [(name, value) for value in values]
                slips.append(Slip((name,), what, values))
        yield Round(pairs, tuple(slips))


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    if value is LEFT_OUT:
        body.pop(name, None)
    else:
        body[name] = value


def _choices(name: str, schema: Schema, good: Mapping[str, Any], *, odd: bool) -> Iterator[tuple[Any, tuple[Slip, ...]]]:
    """For one field of an object: values that are wrong, with the slips that each is made of."""
    part = schema["properties"][name]
    sample = good.get(name)
    if part.get("type") == "array" and part.get("items", {}).get("properties") and isinstance(sample, list) and sample:
        yield _with_faulty_items(name, part, sample[0])
    elif part.get("type") == "array" and isinstance(sample, list) and sample:
        wrong = list(_wrong(part["items"], sample[0], odd=odd))[::-1][: part.get("maxItems", 100)]
        yield [value for _, value in wrong], tuple(Slip((name, number), what, value) for number, (what, value) in enumerate(wrong))
    for what, value in _missing_and_wrong(name, schema, sample, odd=odd):
        yield value, (Slip((name,), what, value),)


def _missing_and_wrong(name: str, schema: Schema, sample: Any, *, odd: bool) -> Iterator[tuple[str, Any]]:
    if name in schema.get("required", ()):
        yield "left out", LEFT_OUT
    yield from _wrong(schema["properties"][name], sample, odd=odd)


def _with_faulty_items(name: str, part: Schema, item: Mapping[str, Any]) -> tuple[Any, tuple[Slip, ...]]:
    """A list that begins with a good item; each further one has in each of its fields one value that is wrong."""
    inner = part["items"]
    fields = [field for field, one in inner["properties"].items() if not one.get("readOnly")]
    wrong = {field: list(_missing_and_wrong(field, inner, item.get(field), odd=place % 2 == 1)) for place, field in enumerate(fields)}
    items, slips = [dict(item)], []
    for number in range(min(max(map(len, wrong.values()), default=0), part.get("maxItems", 100) - 1)):
        faulty = dict(item)
        for field in fields:
            if number < len(wrong[field]):
                what, value = wrong[field][number]
                _put(faulty, field, value)
                slips.append(Slip((name, number + 1, field), what, value))
        items.append(faulty)
    return items, tuple(slips)


def _wrong(schema: Schema, sample: Any, *, odd: bool) -> Iterator[tuple[str, Any]]:
    """Values that break the schema, and what each breaks. Neighbours differ in the type that is sent instead of theirs."""
    match schema.get("type"):
        case "string":
            yield ("null", None) if odd else ("a number", 7)
            yield from _wrong_texts(schema, sample if isinstance(sample, str) else _STRANGE)
        case "integer" | "number" as kind:
            yield ("a text", "1") if odd or kind == "number" or "x-ref" in schema else ("a fraction", 1.5)
            yield from _wrong_numbers(schema, sample if isinstance(sample, int | float) else 1)
        case "boolean":
            yield "a text", "yes"
        case "array":
            yield "an object", {}
            yield from _wrong_lists(schema, sample if isinstance(sample, list) and sample else [None])
        case "object":
            yield "a list", []


def _wrong_texts(schema: Schema, sample: str) -> Iterator[tuple[str, Any]]:
    form = schema.get("format", "")
    if "enum" in schema:
        yield "none of the values", _STRANGE
        if sample.swapcase() not in schema["enum"]:
            yield "a value in the wrong case", sample.swapcase()
        return
    if form in _FORMS:
        yield f"no {form}", _FORMS[form]
    if least := schema.get("minLength", 0):
        yield f"shorter than {least}", "x" * (least - 1)
    if "maxLength" in schema:
        yield f"longer than {schema['maxLength']}", _longer(form, sample, schema["maxLength"])
    if "pattern" in schema:
        known = re.compile(schema["pattern"])
        strange = ("ftp://contract-tests.example/x", f"{sample}\0", "!", "x")
        if value := next((text for text in strange if not known.search(text)), None):
            yield f"not of the pattern {schema['pattern']}", value


def _longer(form: str, sample: str, longest: int) -> str:
    """A text of one character too many that is else of its form."""
    if form == "email" and longest > 200:
        labels = "x" * (longest + 1 - len("local@.example"))
        parts = [labels[start : start + _LONGEST_LABEL] for start in range(0, len(labels), _LONGEST_LABEL + 1)]
        domain = ".".join(parts)
        return f"local@{domain}.example".rjust(longest + 1, "x")
    if form in ("uri", "url") or "://" in sample:
        return sample.ljust(longest + 1, "x")
    return "x" * (longest + 1)


def _wrong_numbers(schema: Schema, sample: float) -> Iterator[tuple[str, Any]]:
    whole = schema.get("type") == "integer"
    step = Decimal(str(schema.get("multipleOf", 1 if whole else "0.01")))
    for word, exclusive, beyond, sentence in (
        ("minimum", "exclusiveMinimum", -step, "below"),
        ("maximum", "exclusiveMaximum", step, "above"),
    ):
        if word in schema:
            bound = Decimal(str(schema[word]))
            value = bound if schema.get(exclusive) else bound + beyond
            yield f"{sentence} {'or at ' if schema.get(exclusive) else ''}{schema[word]}", int(value) if whole else float(value)
    if "multipleOf" in schema and not whole:
        yield f"no multiple of {schema['multipleOf']}", float(Decimal(str(sample)) + step / 2)


def _wrong_lists(schema: Schema, sample: list[Any]) -> Iterator[tuple[str, Any]]:
    if schema.get("minItems"):
        yield "with too few items", [*sample[: schema["minItems"] - 1]]
    if schema.get("uniqueItems"):
        yield "with one item twice", [sample[0], sample[0]]
    elif "maxItems" in schema:
        yield f"with more than {schema['maxItems']} items", [_brief(schema, sample[0])] * (schema["maxItems"] + 1)


def _brief(schema: Schema, item: Any) -> Any:
    """The item with no more than it must have."""
    required = schema.get("items", {}).get("required", ())
    return {name: item[name] for name in required if name in item} if isinstance(item, dict) else item


def _texts(parameter: Parameter, *, odd: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For one parameter of a query: texts that are wrong, and what each breaks; a parameter given twice has two."""
    schema, right = parameter.schema, _right(parameter.schema)
    twice = ("given twice", (right, right))
    if schema.get("type") not in ("integer", "number"):
        yield from ((what, (str(value),)) for what, value in _wrong_texts(schema, right))
        if schema.get("type") != "array":
            yield twice
        return
    yield ("empty", ("",)) if odd else twice
    yield from ((what, (str(value),)) for what, value in _wrong_numbers(schema, 1))


def _right(schema: Schema) -> str:
    """A text that the parameter takes."""
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") == "date":
        return "2031-05-05"
    return str(max(1, schema.get("minimum", 1))) if schema.get("type") in ("integer", "number") else "x"
