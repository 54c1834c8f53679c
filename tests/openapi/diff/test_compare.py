"""Of any two documents: nothing but changes or a SourceError comes out, a document does not differ from itself, and both sides see a change."""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi.diff.changes import Change
from openapi.diff.compare import compare
from openapi.diff.source import Source
from openapi.parsing.errors import SourceError
from tests.openapi.diff.document_edits import anything, edited, places

_ROOT = Path(__file__).parents[3]
_SPECS = sorted((_ROOT / "openapi").glob("*.yaml"))
_SPEC: dict[str, Any] = Source.read(str(_ROOT / "openapi" / "api-v2.yaml")).root.value
_PART = {**_SPEC, "paths": {path: _SPEC["paths"][path] for path in ("/customers", "/customers/{id}", "/webhooks")}}
"""The contract with a few of its paths, since Hypothesis compares it often."""
_WHERES = places({key: part for key, part in _PART.items() if key != "openapi"})
_MANY = settings(deadline=None)


def _law(check: Callable[..., None], whole: bool, *made: st.SearchStrategy[Any]) -> None:
    """What must hold for whatever Hypothesis makes: a few examples, or many where everything is asked for."""
    settings(_MANY, max_examples=50 if whole else 6)(given(*made)(check))()


def _source(document: Any, name: str) -> Source:
    return Source.of(json.dumps(document), name)


def _compare(base: Any, head: Any) -> list[Change] | None:
    """None where one of both cannot be compared with anything."""
    try:
        return compare(_source(base, "base"), _source(head, "head"))
    except SourceError:
        return None


@pytest.mark.parametrize("path", [path for path in _SPECS if path.name != "decisions.yaml"], ids=lambda path: path.name)
def test_a_spec_does_not_differ_from_itself(path: Path) -> None:
    assert compare(Source.read(str(path)), Source.read(str(path))) == []


def test_both_sides_see_an_edit_or_none_does(whole: bool) -> None:
    def check(document: dict[str, Any]) -> None:
        there, back = _compare(_PART, document), _compare(document, _PART)
        assert (there is None) == (back is None)
        assert bool(there) == bool(back)

    _law(check, whole, edited(_PART, _WHERES))


def test_an_edited_spec_does_not_differ_from_itself(whole: bool) -> None:
    def check(document: dict[str, Any]) -> None:
        assert not _compare(document, document)

    _law(check, whole, edited(_PART, _WHERES))


def _operation(document: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a/{id}": {"post": document}}}


def test_whatever_an_operation_is_made_of_nothing_but_changes_comes_out(whole: bool) -> None:
    def check(one: dict[str, Any], other: Any) -> None:
        for base, head in ((one, other), (other, one)):
            _compare(_operation(base), _operation(head))
        assert not _compare(_operation(one), _operation(one))

    words = st.sampled_from(["parameters", "requestBody", "responses", "callbacks", "security", "servers", "tags"])
    _law(check, whole, st.dictionaries(words, anything), anything)


def test_whatever_a_document_is_made_of_nothing_but_changes_comes_out(whole: bool) -> None:
    def check(parts: dict[str, Any]) -> None:
        document = {"openapi": "3.0.3", **parts}
        there, back = _compare(document, _PART), _compare(_PART, document)
        assert bool(there) == bool(back)
        assert not _compare(document, document)

    words = st.sampled_from(["info", "paths", "webhooks", "components", "security", "servers", "tags", "x-a"])
    _law(check, whole, st.dictionaries(words, anything))


@pytest.mark.parametrize("where", [("paths", "/customers", "get"), ("components", "schemas", "Customer"), ("info", "version")], ids=str)
def test_a_part_that_goes_away_is_seen_from_both_sides(where: tuple[str, ...]) -> None:
    document = json.loads(json.dumps(_SPEC))
    holder = document
    for key in where[:-1]:
        holder = holder[key]
    del holder[where[-1]]
    if where[0] == "components":
        with pytest.raises(SourceError, match="Customer"):
            compare(_source(_SPEC, "base"), _source(document, "head"))
    else:
        assert _compare(_SPEC, document)
        assert _compare(document, _SPEC)


def _of_ten_thousand_lines(extra: str) -> str:
    document = json.loads(json.dumps(_SPEC))
    document["paths"] = {f"/v{number}{path}": copy.deepcopy(item) for number in range(6) for path, item in document["paths"].items()}
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["properties"][extra] = {"type": "string", "maxLength": 9}
    return yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)


def test_two_documents_of_ten_thousand_lines_are_compared_in_time() -> None:
    base, head = _of_ten_thousand_lines("before"), _of_ten_thousand_lines("after")
    assert min(base.count("\n"), head.count("\n")) > 10_000
    began = time.process_time()
    assert compare(Source.of(base, "base"), Source.of(head, "head"))
    assert time.process_time() - began < 10  # a third of it where nobody measures coverage


def test_a_long_row_of_references_is_followed() -> None:
    def document(last: str) -> dict[str, Any]:
        schemas: dict[str, Any] = {f"S{number}": {"properties": {"next": {"$ref": f"#/components/schemas/S{number + 1}"}}} for number in range(60)}
        schemas["S60"] = {"type": last}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
        return {**_operation({"requestBody": {"content": content}, "responses": {}}), "components": {"schemas": schemas}}

    changes = _compare(document("string"), document("integer"))
    assert changes
    assert changes[0].path.count("next") == 60


def test_paths_that_hold_each_other_by_callbacks_are_compared() -> None:
    def document(required: bool) -> dict[str, Any]:
        callbacks = {"again": {"u": {"$ref": "#/paths/~1a"}}}
        parameter = {"in": "query", "name": "q", "required": required, "schema": {}}
        operation = {"callbacks": callbacks, "parameters": [parameter], "responses": {}}
        return {"openapi": "3.0.3", "info": {}, "paths": {"/a": {"post": operation}}}

    assert not _compare(document(True), document(True))
    told = {(change.path, change.level.value) for change in _compare(document(False), document(True)) or ()}
    assert told == {("query parameter q", "breaking"), ("callback again, POST, query parameter q", "info")}


def test_documents_are_compared_in_several_threads_at_once() -> None:
    """The limit of calls within calls is the whole process's, and stays as it is."""
    limit, text = sys.getrecursionlimit(), json.dumps(_PART)
    other = text.replace('"maxLength": 255', '"maxLength": 200')
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda head: compare(Source.of(text, "base"), Source.of(head, "head")), [other, text] * 4))
    assert [bool(changes) for changes in found] == [True, False] * 4
    assert found[0] == found[2]
    assert sys.getrecursionlimit() == limit


def test_a_row_of_references_beyond_measure_is_no_crash() -> None:
    def document(last: str) -> dict[str, Any]:
        schemas: dict[str, Any] = {f"S{number}": {"allOf": [{"$ref": f"#/components/schemas/S{number + 1}"}]} for number in range(1_500)}
        schemas["S1500"] = {"type": last}
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}
        return {**_operation({"requestBody": {"content": content}, "responses": {}}), "components": {"schemas": schemas}}

    changes = _compare(document("string"), document("integer"))
    assert changes is None or [change.level.value for change in changes] == ["warning"]
