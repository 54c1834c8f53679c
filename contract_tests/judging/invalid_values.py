"""Values that break a schema, each in one way, and bodies and queries that hold many of them at once.

That every fault must be named is what makes this cheap: one request asks about a bound of each of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from contract_tests.judging.bounds import IN_QUERIES, UPPER, is_decided
from openapi.contract import Operation, Parameter
from openapi.schemas import Schema

LEFT_OUT: Any = object()
STATED, USELESS = "stated", "useless"
_STRANGE = "contract-tests"
_FORMS = {"date": "2031-02-30", "date-time": "2031-02-30T09:00:00", "email": "nobody.example", "uri": "no address", "uuid": "0"}
"""For a format a text that has another; the dates are of no calendar."""
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """One value that breaks the schema: the path of its field, what is wrong with it, and the value itself."""

    where: tuple[str | int, ...]
    what: str
    value: Any
    bound: str | None = None
    """What bound of the contract it breaks: `long`, `many` or `large`; `stated`, by another decision; or one that is `useless`.

    Such a one bounds what would be refused without it too: the largest id of an object, the longest e-mail address.
    """


@dataclass(frozen=True, slots=True)
class Round:
    """A body, or a query, with at most one invalid value in each field."""

    sent: Any
    invalid_values: tuple[InvalidValue, ...]


class Wrong(NamedTuple):
    """A value that breaks a schema: what is wrong, and which bound it breaks, as in `InvalidValue`."""

    what: str
    value: Any
    bound: str | None = None


Chosen = Callable[[str | None], bool]
"""Whether invalid values are wanted that break such a bound."""


def every(bound: str | None) -> bool:
    """All invalid values."""
    return True


def rounds(schema: Schema, good: Mapping[str, Any], chosen: Chosen = every) -> Iterator[Round]:
    """Bodies which together break everything that the schema says of each field, as far as it is chosen; `good` is one that fits."""
    names = [name for name, part in schema.get("properties", {}).items() if not part.get("readOnly")]
    choices = {name: list(_choices(name, schema, good, chosen, odd=place % 2 == 1)) for place, name in enumerate(names)}
    for number in range(max(map(len, choices.values()), default=0)):
        body: dict[str, Any] = deepcopy(dict(good))
        invalid_values: list[InvalidValue] = []
        for name in names:
            if number < len(choices[name]):
                value, own = choices[name][number]
                _put(body, name, value)
                invalid_values += own
        yield Round(body, tuple(invalid_values))


def nothing(schema: Schema) -> Iterator[Round]:
    """A body without any field, where there are some that must be sent."""
    if required := schema.get("required"):
        yield Round({}, tuple(InvalidValue((name,), "left out", LEFT_OUT) for name in required))


def alone(good: Mapping[str, Any], invalid: InvalidValue) -> Round:
    """The same invalid value in a body that has no other."""
    body = deepcopy(dict(good))
    name, *below = invalid.where
    if not below:
        _put(body, str(name), invalid.value)
        return Round(body, (invalid,))
    if len(below) == 1:
        body[str(name)] = [invalid.value]
        return Round(body, (replace(invalid, where=(name, 0)),))
    item = deepcopy(body[str(name)][0])
    _put(item, str(below[-1]), invalid.value)
    body[str(name)] = [item]
    return Round(body, (replace(invalid, where=(name, 0, below[-1])),))


def queries(operation: Operation, chosen: Chosen = every, *, leaving: frozenset[str] = frozenset()) -> Iterator[Round]:
    """Queries, as lists of pairs, that break what the contract says of each parameter, as far as it is chosen, but for those left alone."""
    parameters = [one for one in operation.parameters if one.place == "query" and one.name not in leaving]
    choices = {one.name: [wrong for wrong in _texts(one, odd=place % 2 == 1) if chosen(wrong.bound)] for place, one in enumerate(parameters)}
    for number in range(max(map(len, choices.values()), default=0)):
        pairs: list[tuple[str, str]] = []
        invalid_values: list[InvalidValue] = []
        for name, own in choices.items():
            if number < len(own):
                what, values, bound = own[number]
                pairs += [(name, value) for value in values]
                invalid_values.append(InvalidValue((name,), what, values, bound))
        yield Round(pairs, tuple(invalid_values))


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    if value is LEFT_OUT:
        body.pop(name, None)
    else:
        body[name] = value


def _choices(name: str, schema: Schema, good: Mapping[str, Any], chosen: Chosen, *, odd: bool) -> Iterator[tuple[Any, tuple[InvalidValue, ...]]]:
    """For one field of an object: values that are wrong, with the invalid values that each is made of."""
    part = schema["properties"][name]
    sample = good.get(name)
    if part.get("type") == "array" and part.get("items", {}).get("properties") and isinstance(sample, list) and sample:
        items, invalid_values = _with_faulty_items(name, part, sample[0], chosen)
        if invalid_values:
            yield items, invalid_values
    elif part.get("type") == "array" and isinstance(sample, list) and sample:
        wrong = [one for one in _wrong(part["items"], sample[0], odd=odd) if chosen(one.bound)][::-1][: part.get("maxItems", 100)]
        if wrong:
            yield [one.value for one in wrong], tuple(InvalidValue((name, number), *one) for number, one in enumerate(wrong))
    for one in _missing_and_wrong(name, schema, sample, chosen, odd=odd):
        yield one.value, (InvalidValue((name,), *one),)


def _missing_and_wrong(name: str, schema: Schema, sample: Any, chosen: Chosen, *, odd: bool) -> Iterator[Wrong]:
    part = schema["properties"][name]
    decided = is_decided(name, part, schema)
    found = [Wrong("left out", LEFT_OUT)] if name in schema.get("required", ()) else []
    for one in (*found, *_wrong(part, sample, odd=odd)):
        known = one._replace(bound=STATED) if decided and one.bound in UPPER.values() else one
        if chosen(known.bound):
            yield known


def _with_faulty_items(name: str, part: Schema, item: Mapping[str, Any], chosen: Chosen) -> tuple[Any, tuple[InvalidValue, ...]]:
    """A list that begins with a good item; each further one has in each of its fields one value that is wrong."""
    inner = part["items"]
    fields = [field for field, one in inner["properties"].items() if not one.get("readOnly")]
    wrong = {field: list(_missing_and_wrong(field, inner, item.get(field), chosen, odd=place % 2 == 1)) for place, field in enumerate(fields)}
    items, invalid_values = [dict(item)], []
    for number in range(min(max(map(len, wrong.values()), default=0), part.get("maxItems", 100) - 1)):
        faulty = dict(item)
        for field in fields:
            if number < len(wrong[field]):
                _put(faulty, field, wrong[field][number].value)
                invalid_values.append(InvalidValue((name, number + 1, field), *wrong[field][number]))
        items.append(faulty)
    return items, tuple(invalid_values)


def _wrong(schema: Schema, sample: Any, *, odd: bool) -> Iterator[Wrong]:
    """Values that break the schema, and what each breaks. Neighbours differ in the type that is sent instead of theirs."""
    match schema.get("type"):
        case "string":
            yield Wrong("null", None) if odd else Wrong("a number", 7)
            yield from _wrong_texts(schema, sample if isinstance(sample, str) else _STRANGE)
        case "integer" | "number":
            yield Wrong("a text", "1")
            yield from _wrong_numbers(schema, sample if isinstance(sample, int | float) else 1)
        case "boolean":
            yield Wrong("a text", "yes")
        case "array":
            yield Wrong("an object", {})
            yield from _wrong_lists(schema, sample if isinstance(sample, list) and sample else [None])
        case "object":
            yield Wrong("a list", [])


def _wrong_texts(schema: Schema, sample: str) -> Iterator[Wrong]:
    form = schema.get("format", "")
    if "enum" in schema:
        yield Wrong("none of the values", _STRANGE)
        if sample.swapcase() not in schema["enum"]:
            yield Wrong("a value in the wrong case", sample.swapcase())
        return
    if form in _FORMS:
        yield Wrong(f"no {form}", _FORMS[form])
    if least := schema.get("minLength", 0):
        yield Wrong(f"shorter than {least}", "x" * (least - 1), STATED)
    if "maxLength" in schema:
        yield Wrong(f"longer than {schema['maxLength']}", _longer(form, sample, schema["maxLength"]), USELESS if form == "email" else "long")
    if "pattern" in schema:
        known = re.compile(schema["pattern"])
        strange = ("ftp://contract-tests.example/x", f"{sample}\0", "!", "x")
        if value := next((text for text in strange if not known.search(text)), None):
            yield Wrong(f"not of the pattern {schema['pattern']}", value, STATED)


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


def _wrong_numbers(schema: Schema, sample: float) -> Iterator[Wrong]:
    whole = schema.get("type") == "integer"
    step = Decimal(str(schema.get("multipleOf", 1 if whole else "0.01")))
    for word, exclusive, beyond, sentence in (
        ("minimum", "exclusiveMinimum", -step, "below"),
        ("maximum", "exclusiveMaximum", step, "above"),
    ):
        if word in schema:
            bound = Decimal(str(schema[word]))
            value = bound if schema.get(exclusive) else bound + beyond
            what = f"{sentence} {'or at ' if schema.get(exclusive) else ''}{schema[word]}"
            yield Wrong(what, int(value) if whole else float(value), _bound_of(schema, word, bool(schema.get(exclusive))))
    if "multipleOf" in schema and not whole:
        yield Wrong(f"no multiple of {schema['multipleOf']}", float(Decimal(str(sample)) + step / 2), STATED)


def _bound_of(schema: Schema, word: str, exclusive: bool) -> str | None:
    """That an amount is greater than 0 is documented."""
    if word == "minimum":
        return None if exclusive else STATED
    return USELESS if "x-ref" in schema else UPPER[word]


def _wrong_lists(schema: Schema, sample: list[Any]) -> Iterator[Wrong]:
    if schema.get("minItems"):
        yield Wrong("with too few items", [*sample[: schema["minItems"] - 1]], STATED)
    if schema.get("uniqueItems"):
        yield Wrong("with one item twice", [sample[0], sample[0]], UPPER["uniqueItems"])
    elif "maxItems" in schema:
        yield Wrong(f"with more than {schema['maxItems']} items", [_brief(schema, sample[0])] * (schema["maxItems"] + 1), UPPER["maxItems"])


def _brief(schema: Schema, item: Any) -> Any:
    """The item with no more than it must have."""
    required = schema.get("items", {}).get("required", ())
    return {name: item[name] for name in required if name in item} if isinstance(item, dict) else item


def _texts(parameter: Parameter, *, odd: bool) -> Iterator[Wrong]:
    """For one parameter of a query: texts that are wrong, and what each breaks; a parameter given twice has two."""
    schema, right = parameter.schema, _right(parameter.schema)
    twice = Wrong("given twice", (right, right))
    decided = is_decided(parameter.name, IN_QUERIES, schema)
    if schema.get("type") not in ("integer", "number"):
        found = [*_wrong_texts(schema, right)]
        after = [twice] if schema.get("type") != "array" else []
        before: list[Wrong] = []
    else:
        before, after = [Wrong("empty", ("",)) if odd else twice], []
        found = [*_wrong_numbers(schema, 1)]
    known = [one._replace(value=(str(one.value),), bound=STATED if decided and one.bound in UPPER.values() else one.bound) for one in found]
    yield from (*before, *known, *after)


def _right(schema: Schema) -> str:
    """A text that the parameter takes."""
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") == "date":
        return "2031-05-05"
    return str(max(1, schema.get("minimum", 1))) if schema.get("type") in ("integer", "number") else "x"
