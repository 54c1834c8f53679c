"""Linting as a whole: order, places, choice of rules, and that nothing brings it down."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi.contract import FILE
from openapi.diff.source import Source
from openapi.lint import UnknownRule, lint
from openapi.lint.autofix import fix
from openapi.lint.finding import Level
from openapi.parsing.errors import SourceError
from tests.openapi.lint.documents import BEGINNING, found, laid_over, operation, schema, source, source_of

SMALL = laid_over(
    BEGINNING,
    {
        "servers": [{"url": "https://{region}.example/", "variables": {"region": {"default": "eu", "enum": ["eu"]}}}],
        "tags": [{"name": "Things"}],
        "security": [{"key": []}],
        "paths": {
            "/things/{id}": {
                "x-resource": "things",
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "operationId": "getThing",
                    "tags": ["Things"],
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}, "x-filter": {"field": "kind", "comparison": "eq"}}],
                    "responses": {
                        "200": {
                            "description": "It.",
                            "headers": {"RateLimit": {"schema": {"type": "string"}, "example": "1"}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}, "example": {"kind": "a"}}},
                            "links": {"Again": {"operationId": "getThing", "parameters": {"id": "$response.body#/kind"}}},
                        }
                    },
                    "callbacks": {"onThing": {"{$request.query.q}": {"post": {"responses": {"200": {"description": "Taken."}}}}}},
                },
            }
        },
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
            "securitySchemes": {"key": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a.example", "scopes": {"read": "r"}}}}},
            "schemas": {
                "Thing": {
                    "oneOf": [{"$ref": "#/components/schemas/A"}],
                    "discriminator": {"propertyName": "kind", "mapping": {"a": "A"}},
                },
                "A": {
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"type": "string", "enum": ["a"], "default": "a"}, "at": {"type": "string", "format": "date-time"}},
                },
            },
        },
    },
)
JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 10**400, "", "x", "$ref", "(", "#/components/schemas/Nope", "{a}", "\x00", [], {}, [None], [[[]]], ["a", "a"],
    {"a": None}, {"$ref": "#"}, {"$ref": 5}, {"$ref": "#/paths"}, {"$ref": "#/components/schemas/Thing"}, {"": ""}, {"x-ref": 1}, {"type": "object"},
]  # fmt: skip
KEYS = ("$ref", "x-filter", "type", "items", "examples", "parameters", "default", "discriminator", "security", "content", "properties", "required")


def test_the_projects_own_contract_is_clean() -> None:
    assert lint(Source.read(str(FILE))) == []
    assert lint(Source.read(str(FILE.with_name("api-v2.openapi-3.1.yaml")))) == []


def test_the_control_planes_contract_has_no_errors() -> None:
    assert [one for one in lint(Source.read(str(FILE.with_name("control.yaml")))) if one.level is Level.ERROR] == []


def test_findings_stand_in_the_order_of_the_document_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        200: {description: Done.}\n")
    findings = lint(Source.read(str(file)), skip=["security-said"])
    assert [(one.line, one.column, one.id, one.pointer) for one in findings] == [
        (5, 5, "description-operation", "/paths/~1a/get"),
        (5, 5, "operation-id", "/paths/~1a/get"),
        (7, 9, "status-quoted", "/paths/~1a/get/responses/200"),
    ]
    assert {one.file for one in findings} == {str(file)}


def test_what_is_found_in_a_file_beside_the_document_is_told_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text("openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    $ref: parts/a.yaml\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.yaml").write_text("get:\n  operationId: a\n  responses:\n    '200': {$ref: 'answers.yaml#/Nothing'}\n")
    (tmp_path / "parts" / "answers.yaml").write_text("Something: {description: Done.}\n")
    told = {(Path(one.file).name, one.line, one.id) for one in lint(Source.read(str(tmp_path / "api.yaml")), skip=["security-said"])}
    assert ("a.yaml", 2, "description-operation") not in told
    assert {("a.yaml", 1, "description-operation"), ("a.yaml", 4, "reference")} <= told


def test_every_sentence_begins_with_a_capital_or_a_sign_and_ends() -> None:
    texts = [one.text for one in lint(source(SMALL))]
    assert len(texts) > 5
    assert all(text[0] == text[0].upper() and text[-1] in ".?" for text in texts)


def test_one_rule_alone_and_all_but_one() -> None:
    part = operation("{responses: {'200': {description: Done.}}}")
    assert {one.id for one in found("operation-id", part)} == {"operation-id"}
    assert "operation-id" not in {one.id for one in lint(source_of(part), skip=["operation-id"])}


def test_an_unknown_rule_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownRule, match="did you mean 'operation-id'"):
        lint(source(BEGINNING), skip=["operationid"])


def test_schemas_that_hold_themselves_are_fine() -> None:
    for words in (
        "{type: object, properties: {next: {$ref: '#/components/schemas/Thing'}}}",
        "{allOf: [{type: object, properties: {next: {$ref: '#/components/schemas/Thing'}}}]}",
        "{type: array, maxItems: 3, items: {$ref: '#/components/schemas/Thing'}}",
    ):
        part = schema(words)
        assert [one for one in lint(source_of(part)) if one.level is Level.ERROR] == []


def test_references_in_a_circle_are_told_and_not_followed_for_ever() -> None:
    told = found("reference", "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'}}}")
    assert [one.pointer for one in told] == ["/components/schemas/A", "/components/schemas/B"]
    assert lint(source_of("components: {schemas: {A: {$ref: '#/components/schemas/A'}}}"))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in parts for place in places(part, (*path, key)))]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A document in which something is gone, replaced by what does not belong there, or copied from elsewhere."""
    document = copy.deepcopy(SMALL)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from([one for one in places(document) if one] or [("openapi",)]))
        holder = document
        for part in place[:-1]:
            holder = holder[part]
        kind = draw(st.sampled_from(("junk", "junk", "gone", "word", "copy")))
        if kind == "gone":
            del holder[place[-1]]
        elif kind == "word" and isinstance(holder, dict):
            holder[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        elif kind == "copy":
            copied = document
            for part in draw(st.sampled_from(places(document))):
                copied = copied[part]
            holder[place[-1]] = copy.deepcopy(copied)
        else:
            holder[place[-1]] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    return document


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(spoilt())
def test_no_document_brings_it_down(document: Any) -> None:
    text = json.dumps(document)
    try:
        made = Source.of(text, "api.json")
        findings = lint(made)
        fixed = fix(made, text)
    except SourceError as refusal:
        assert str(refusal)  # noqa: PT017 - either findings or one sentence
        return
    assert all(one.line >= 1 for one in findings)
    assert fix(made, fixed.text).text == fixed.text
