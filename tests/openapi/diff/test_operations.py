"""Each kind of change outside of schemas: what is told of it, how bad it is, and what is told on the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.diff.changes import Change
from openapi.diff.compare import compare
from openapi.diff.source import Source

_CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "operations.yaml").read_text())


def _document(parts: dict[str, Any], name: str) -> Source:
    whole = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}, **parts}
    operation, item = whole.pop("op", None), whole.pop("item", {})
    if operation is not None:
        whole["paths"] = {"/things": {**item, "post": {"responses": {"204": {"description": ""}}, **operation}}}
    return Source.of(yaml.safe_dump(whole), name)


def _told(changes: list[Change]) -> dict[str, str]:
    return {change.id: change.level.value for change in changes}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_exactly_this_is_told_there_and_back(case: dict[str, Any]) -> None:
    base, head = _document(case["base"], "base"), _document(case["head"], "head")
    assert _told(compare(base, head)) == case["there"]
    assert _told(compare(head, base)) == case["back"]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_a_document_does_not_differ_from_itself(case: dict[str, Any]) -> None:
    assert compare(_document(case["base"], "one"), _document(case["base"], "two")) == []


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_each_change_says_where_it_stands_and_whom_it_hurts(case: dict[str, Any]) -> None:
    for change in compare(_document(case["base"], "base"), _document(case["head"], "head")):
        assert change.base is not None
        assert change.head is not None
        assert (change.base.file, change.head.file) == ("base", "head")
        assert change.base.line >= 1
        assert change.text[0].isupper() or change.text.startswith("`")
        assert change.text.endswith(".")


def test_there_are_at_least_fifty_cases_and_no_two_of_one_name() -> None:
    names = [case["name"] for case in _CASES]
    assert len(set(names)) == len(names) >= 50


def test_a_change_in_something_shared_is_told_of_each_operation() -> None:
    def document(required: bool) -> Source:
        shared = {"in": "query", "name": "q", "required": required, "schema": {}}
        operation = {"parameters": [{"$ref": "#/components/parameters/q"}], "responses": {}}
        return _document({"paths": {"/a": {"get": operation}, "/b": {"put": operation}}, "components": {"parameters": {"q": shared}}}, "a.yaml")

    found = compare(document(False), document(True))
    assert [(change.operation, change.path, change.id) for change in found] == [
        ("GET /a", "query parameter q", "parameter-became-required"),
        ("PUT /b", "query parameter q", "parameter-became-required"),
    ]
    assert {change.head.pointer for change in found if change.head} == {"/components/parameters/q/required"}


def test_the_sunset_of_a_deprecated_operation_is_in_the_sentence() -> None:
    base = _document({"op": {}}, "base")
    (change,) = compare(base, _document({"op": {"deprecated": True, "x-sunset": "2030-01-31"}}, "head"))
    assert "go away on 2030-01-31" in change.text
    (change,) = compare(base, _document({"op": {"deprecated": True}}, "head"))
    assert "no date" in change.text


def test_a_schema_is_compared_in_the_direction_in_which_it_travels() -> None:
    def document(kind: str) -> Source:
        content = {"application/json": {"schema": {"type": kind}}}
        answers = {"200": {"description": "", "content": content}}
        return _document({"op": {"requestBody": {"content": content}, "responses": answers}}, "a.yaml")

    levels = {change.path: change.level.value for change in compare(document("integer"), document("number"))}
    assert levels == {"request body": "info", "answer 200": "breaking"}


def test_with_several_media_types_the_path_says_which() -> None:
    def document(kind: str) -> Source:
        content = {"application/json": {"schema": {"type": "string"}}, "text/csv": {"schema": {"type": kind}}}
        return _document({"op": {"requestBody": {"content": content}}}, "a.yaml")

    assert {change.path for change in compare(document("string"), document("integer"))} == {"request body as text/csv"}


def test_the_worst_comes_first() -> None:
    base = _document({"op": {"summary": "a", "parameters": [{"in": "query", "name": "q", "schema": {}}]}}, "base")
    head = _document({"op": {"summary": "b", "requestBody": {"required": True, "content": {}}}}, "head")
    assert [change.level.value for change in compare(base, head)] == ["breaking", "warning", "info"]
