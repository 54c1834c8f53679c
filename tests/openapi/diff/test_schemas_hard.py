"""Schemas that lead back to themselves, are deep, wide, or make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from openapi.diff.changes import Level
from openapi.diff.schemas.inclusion import validator_of
from openapi.diff.schemas.regex_examples import distinguishing, examples_of, narrower
from openapi.schemas import Direction
from tests.openapi.diff.schema_pairs import compare, document, worst


def _tree(most: int) -> dict[str, Any]:
    node = {"type": "object", "properties": {"name": {"type": "string", "maxLength": most}, "parts": {"type": "array", "items": _ref("Tree")}}}
    return {"Tree": node}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


@pytest.mark.parametrize("direction", Direction)
def test_a_schema_that_holds_itself_is_compared_once(direction: Direction) -> None:
    changes = compare(document(_ref("Tree"), _tree(9)), document(_ref("Tree"), _tree(5)), direction)
    assert [change.path.split(", ")[1] for change in changes] == ["name"]


def test_alternatives_that_hold_themselves_come_to_an_end() -> None:
    def grammar(most: int) -> dict[str, Any]:
        names = [f"E{number}" for number in range(12)]
        return {
            name: {"oneOf": [{"type": "object", "properties": {other: _ref(other)}, "required": [other]} for other in names]} for name in names
        } | {"E0": {"oneOf": [{"type": "string", "maxLength": most}, *map(_ref, names[1:])]}}

    changes = compare(document(_ref("E0"), grammar(9)), document(_ref("E0"), grammar(5)), Direction.REQUEST)
    assert worst(changes) == "breaking"


def test_a_long_row_of_references_is_followed() -> None:
    def row(most: int) -> dict[str, Any]:
        links = {f"S{number}": {"type": "object", "properties": {"next": _ref(f"S{number + 1}")}} for number in range(1500)}
        return {**links, "S1500": {"type": "integer", "maximum": most}}

    (change,) = compare(document(_ref("S0"), row(9)), document(_ref("S0"), row(5)), Direction.REQUEST)
    assert change.level is Level.BREAKING


NONSENSE: list[Any] = [
    None,
    7,
    "text",
    [],
    ["x"],
    {"type": 7},
    {"type": [[]]},
    {"required": 3},
    {"required": [1, {}]},
    {"properties": []},
    {"properties": {"a": 1}},
]
NONSENSE += [
    {"enum": {}},
    {"enum": []},
    {"allOf": {}},
    {"oneOf": [1, None]},
    {"oneOf": []},
    {"not": 3},
    {"if": 1, "then": 2},
    {"pattern": "["},
    {"pattern": 5},
]
NONSENSE += [
    {"maximum": "x"},
    {"minLength": -1},
    {"maxLength": 2.5},
    {"multipleOf": 0},
    {"multipleOf": float("nan")},
    {"maximum": float("inf")},
    {"minItems": 10**30},
]
NONSENSE += [
    {"discriminator": 1},
    {"discriminator": {"mapping": []}},
    {"items": [{}]},
    {"dependentRequired": {"a": 1}},
    {"default": {1: 2}},
    {"$ref": 5},
    {"nullable": "yes"},
]


@pytest.mark.parametrize("direction", Direction)
def test_nonsense_is_compared_with_anything_without_a_crash(direction: Direction) -> None:
    for base in NONSENSE:
        for head in [*NONSENSE, {"type": "string", "minLength": 2}, {"oneOf": [{"type": "string"}, {"type": "integer"}]}]:
            forth, back = compare(document(base), document(head), direction), compare(document(head), document(base), direction)
            assert bool(forth) == bool(back), (base, head)


def test_a_schema_that_is_not_there_allows_anything() -> None:
    string = document({"type": "string"})
    assert worst(compare(None, string, Direction.REQUEST)) == "breaking"
    assert worst(compare(None, string, Direction.ANSWER)) == "info"
    assert compare(None, document({}), Direction.REQUEST) == []


def test_what_no_validator_reads_is_judged_by_none() -> None:
    assert validator_of({"type": "no such type"}) is None
    assert validator_of({"pattern": "["}) is None


def test_a_format_of_integers_is_a_limit_to_the_judge() -> None:
    (change,) = compare(document({"oneOf": [{"type": "integer"}]}), document({"type": "integer", "format": "int32"}), Direction.REQUEST)
    assert change.level is Level.BREAKING


@pytest.mark.parametrize("pattern", ["^[a-c]{2,3}$", r"^\d{4}-\d{2}$", "^(ab|cd)+$", "^x?[^x]$", r"^a\.b$", "^(?:a|b)c*$", r"^\w+@\w+$"])
def test_texts_are_found_for_the_usual_patterns(pattern: str) -> None:
    assert examples_of({pattern})


def test_a_row_of_classes_is_compared_place_by_place() -> None:
    assert narrower("^[a-z]{2,5}$", "^[a-zA-Z]{1,9}$")
    assert not narrower("^[a-z]{2,5}$", "^[a-z]{3,9}$")
    assert not narrower("^(a|b)$", "^[ab]$")
    assert distinguishing({"^[a-z]+$"}, {"^[a-z]{2,}$"}) == "a"
