"""Pairs of schemas with what is told of them, forth and back, in a request and in an answer. The pairs stand in cases/schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.diff.change_kinds import schema_kinds
from openapi.schemas import Direction
from tests.openapi.diff.schema_pairs import compare, document

FOLDER = Path(__file__).parent / "cases" / "schemas"
COMPONENTS = {
    name: {"type": "object", "properties": {word: {"type": kind}}, "required": [word]}
    for name, word, kind in (("Dog", "bark", "boolean"), ("Cat", "purr", "boolean"), ("Cow", "milk", "integer"))
}
CASES = [(file.stem, case) for file in sorted(FOLDER.glob("*.yaml")) for case in yaml.safe_load(file.read_text())]
DIRECTIONS = [
    ("request", Direction.REQUEST, False),
    ("answer", Direction.ANSWER, False),
    ("request back", Direction.REQUEST, True),
    ("answer back", Direction.ANSWER, True),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file}: {case['name']}") for file, case in CASES])
def test_a_pair_is_told_as_its_case_says(case: dict[str, Any]) -> None:
    version = case.get("version", "3.1.0")
    base, head = (document(case[side], COMPONENTS, version) for side in ("base", "head"))
    for word, direction, back in DIRECTIONS:
        changes = compare(head, base, direction) if back else compare(base, head, direction)
        assert [f"{change.level} {change.id.removeprefix(f'{direction.value}-')}" for change in changes] == case[word], word


def test_there_are_enough_cases_and_no_two_of_one_name() -> None:
    names = [case["name"] for _, case in CASES]
    assert len(names) >= 100
    assert len(set(names)) == len(names)


def test_every_kind_that_is_told_has_a_meaning() -> None:
    told = {entry.split()[1] for _, case in CASES for word, *_ in DIRECTIONS for entry in case[word]}
    assert told <= {kind.name for kind in schema_kinds()}


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{file}: {case['name']}") for file, case in CASES])
def test_a_change_is_seen_from_both_sides(case: dict[str, Any]) -> None:
    assert bool(case["request"]) == bool(case["request back"])
    assert bool(case["answer"]) == bool(case["answer back"])
