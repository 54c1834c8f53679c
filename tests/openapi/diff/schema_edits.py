"""Random schemas, and pairs of which one is the other with one or two keywords taken away, changed or added."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(0, 4)
REFERENCES = st.sampled_from(["#/components/schemas/X", "#/components/schemas/Y"]).map(lambda where: {"$ref": where})
Pair = tuple[Any, dict[str, Any], Any, dict[str, Any]]

_STRINGS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": SMALL,
        "maxLength": st.integers(1, 6),
        "pattern": st.sampled_from(["^a", "^[a-z]+$", "^[a-z]*$", ".*", r"\d"]),
        "enum": st.lists(st.sampled_from(["", "a", "bb", "ccc"]), min_size=1, max_size=3, unique=True),
        "format": st.sampled_from(["date", "email", "uuid"]),
        "nullable": st.booleans(),
        "default": st.sampled_from(["a", "b"]),
        "description": st.sampled_from(["x", "y"]),
        "readOnly": st.booleans(),
        "writeOnly": st.booleans(),
        "deprecated": st.booleans(),
    },
)
_NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={
        "minimum": st.integers(-3, 3),
        "maximum": st.integers(0, 8),
        "exclusiveMinimum": st.integers(-3, 3),
        "exclusiveMaximum": st.integers(1, 8),
        "multipleOf": st.sampled_from([1, 2, 3, 0.5]),
        "format": st.sampled_from(["int32", "int64", "float"]),
        "enum": st.lists(st.integers(0, 5), min_size=1, max_size=3),
    },
)
_TYPES = st.lists(st.sampled_from(["string", "integer", "null", "number", "object"]), min_size=1, max_size=3, unique=True).map(
    lambda one: {"type": one}
)
_CONSTANTS = st.sampled_from(["a", 1, True, None]).map(lambda one: {"const": one})
LEAVES = st.one_of(_STRINGS, _NUMBERS, st.sampled_from([{"type": "boolean"}, {}, True, False]), REFERENCES, _TYPES, _CONSTANTS)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": st.one_of(st.booleans(), inner),
            "minProperties": SMALL,
            "maxProperties": st.integers(1, 4),
            "readOnly": st.booleans(),
            "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=1),
            "patternProperties": st.dictionaries(st.sampled_from(["^x", "a"]), inner, max_size=1),
            "propertyNames": st.just({"maxLength": 1}),
        },
    )


def _lists(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    optional = {"items": inner, "minItems": SMALL, "uniqueItems": st.booleans(), "prefixItems": some, "contains": inner, "maxContains": SMALL}
    return st.fixed_dictionaries({"type": st.just("array")}, optional=optional)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    combined = [st.fixed_dictionaries({word: some}) for word in ("oneOf", "anyOf", "allOf")]
    condition = st.fixed_dictionaries({"if": inner, "then": inner}, optional={"else": inner})
    return st.one_of(_objects(inner), _objects(inner), _lists(inner), *combined, st.fixed_dictionaries({"not": inner}), condition)


SCHEMAS = st.recursive(LEAVES, _nested, max_leaves=6)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    if isinstance(value, dict):
        for key in value:
            yield from _places(value[key], (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _places(part, (*place, number))


@st.composite
def edited_pairs(draw: st.DrawFn) -> Pair:
    """A schema and its components, before and after."""
    before = [draw(SCHEMAS), {"X": draw(SCHEMAS), "Y": draw(SCHEMAS)}]
    after = copy.deepcopy(before)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from([one for one in _places(after) if one]))
        holder: Any = after
        for step in place[:-1]:
            holder = holder[step]
        _edit(draw, holder, place)
    return before[0], before[1], after[0], after[1]


def _edit(draw: st.DrawFn, holder: Any, place: tuple[Any, ...]) -> None:
    key, value = place[-1], holder[place[-1]]
    how = draw(st.sampled_from(["remove", "change", "add"]))
    if how == "remove" and isinstance(holder, dict) and len(place) > 2:
        del holder[key]
    elif how == "add" and isinstance(value, dict) and value.get("type") == "object":
        value.setdefault("properties", {})[draw(NAMES)] = draw(LEAVES)
    elif isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = draw(st.integers(0, 5))
    elif isinstance(value, dict) and isinstance(holder, dict) and ("type" in value or "$ref" in value):
        holder[key] = draw(SCHEMAS)
