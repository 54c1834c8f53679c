"""Bodies and queries that hold many invalid values at once, at most one in each field.

That every fault must be named is what makes this cheap: one request asks about a bound of each of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from contract_tests.judging.bounds import IN_QUERIES, UPPER, is_decided
from contract_tests.judging.invalid_values import LEFT_OUT, STATED, Wrong, wrong_numbers, wrong_texts, wrong_values
from openapi.contract import Operation, Parameter
from openapi.schemas import Schema


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
        wrong = [one for one in wrong_values(part["items"], sample[0], odd=odd) if chosen(one.bound)][::-1][: part.get("maxItems", 100)]
        if wrong:
            yield [one.value for one in wrong], tuple(InvalidValue((name, number), *one) for number, one in enumerate(wrong))
    for one in _missing_and_wrong(name, schema, sample, chosen, odd=odd):
        yield one.value, (InvalidValue((name,), *one),)


def _missing_and_wrong(name: str, schema: Schema, sample: Any, chosen: Chosen, *, odd: bool) -> Iterator[Wrong]:
    part = schema["properties"][name]
    decided = is_decided(name, part, schema)
    found = [Wrong("left out", LEFT_OUT)] if name in schema.get("required", ()) else []
    for one in (*found, *wrong_values(part, sample, odd=odd)):
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


def _texts(parameter: Parameter, *, odd: bool) -> Iterator[Wrong]:
    """For one parameter of a query: texts that are wrong, and what each breaks; a parameter given twice has two."""
    schema, right = parameter.schema, _right(parameter.schema)
    twice = Wrong("given twice", (right, right))
    decided = is_decided(parameter.name, IN_QUERIES, schema)
    if schema.get("type") not in ("integer", "number"):
        found = [*wrong_texts(schema, right)]
        after = [twice] if schema.get("type") != "array" else []
        before: list[Wrong] = []
    else:
        before, after = [Wrong("empty", ("",)) if odd else twice], []
        found = [*wrong_numbers(schema, 1)]
    known = [one._replace(value=(str(one.value),), bound=STATED if decided and one.bound in UPPER.values() else one.bound) for one in found]
    yield from (*before, *known, *after)


def _right(schema: Schema) -> str:
    """A text that the parameter takes."""
    if "enum" in schema:
        return str(schema["enum"][0])
    if schema.get("format") == "date":
        return "2031-05-05"
    return str(max(1, schema.get("minimum", 1))) if schema.get("type") in ("integer", "number") else "x"
