"""Mending changes what it must and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openapi.contract import FILE
from openapi.diff.compare import compare
from openapi.diff.source import Source
from openapi.lint.autofix import Fixed, fix
from openapi.parsing.errors import SourceError
from tests.openapi.lint.documents import BEGINNING, laid_over

BEFORE = """\
# A document
openapi: 3.0.3   # version
info: {title: T, version: '1'}

servers:
  - url: "https://a.example/api/"   # slash
  - url: https://b.example//
# the paths
paths:
  /customers/{id}:
    # one of them
    get:
      # a comment on the tags
      tags: [Customers, 'Two words']
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        200:
          description: >-
            folded
            text

        404: {description: none}   # gone
    post:
      tags:
      - More
      requestBody:
        content:
          application/json:
            schema:
              # no type
              properties:
                a: {type: string, enum: [x, y, x, x]}
                b: {properties: {c: {type: string}}}
              required: [a, a,
                b]
      responses:
        "201": {$ref: '#/components/responses/Done'}

components:
  responses:
    Done: {description: Done.}
  schemas:
    Unused:
      type: object
      properties:
        z: {$ref: '#/components/schemas/Deep'}

    Deep:
      type: string   # trailing
# last comment
x-end: 1
"""
AFTER = """\
# A document
openapi: 3.0.3   # version
info: {title: T, version: '1'}

servers:
  - url: "https://a.example/api"   # slash
  - url: https://b.example
tags:
  - name: Customers
  - name: Two words
  - name: More
# the paths
paths:
  /customers/{id}:
    # one of them
    get:
      operationId: getCustomersById
      # a comment on the tags
      tags: [Customers, 'Two words']
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
      responses:
        "200":
          description: >-
            folded
            text

        "404": {description: none}   # gone
    post:
      operationId: postCustomersById
      tags:
      - More
      requestBody:
        content:
          application/json:
            schema:
              type: object
              # no type
              properties:
                a: {type: string, enum: [x, y]}
                b: {type: object, properties: {c: {type: string}}}
              required: [a, b]
      responses:
        "201": {$ref: '#/components/responses/Done'}

components:
  responses:
    Done: {description: Done.}
# last comment
x-end: 1
"""


def fixed(text: str, **choice: list[str]) -> Fixed:
    return fix(Source.of(text, "api.yaml"), text, **choice)


def beginning(**parts: Any) -> dict[str, Any]:
    found: dict[str, Any] = laid_over(BEGINNING, parts)
    return found


# What only the text shows is not seen without a file, so this one stands in a folder.
def in_folder(folder: Path, text: str) -> Fixed:
    file = folder / "api.yaml"
    file.write_bytes(text.encode())
    return fix(Source.read(str(file)), text)


def test_comments_order_and_quotes_stay(tmp_path: Path) -> None:
    assert in_folder(tmp_path, BEFORE).text == AFTER


def test_mending_twice_changes_nothing_more(tmp_path: Path) -> None:
    again = in_folder(tmp_path, AFTER)
    assert (again.text, again.done) == (AFTER, [])
    assert [one for one in again.left if one.fixable] == []


def test_lines_that_end_as_windows_has_them_still_do(tmp_path: Path) -> None:
    assert in_folder(tmp_path, BEFORE.replace("\n", "\r\n")).text == AFTER.replace("\n", "\r\n")


def test_what_the_document_says_otherwise_stays(tmp_path: Path) -> None:
    before, after = Source.of(BEFORE, "before"), Source.of(in_folder(tmp_path, BEFORE).text, "after")
    wanted = {"tag", "operation", "schema", "server", "type", "component"}
    assert {change.id for change in compare(before, after) if not wanted & set(change.id.split("-"))} == set()
    kept = fixed(BEFORE, only=["status-quoted", "enum-duplicate", "required-duplicate", "component-unused"]).text
    assert [change for change in compare(before, Source.of(kept, "after")) if change.level != "info"] == []


def test_the_projects_own_contract_is_left_as_it_is() -> None:
    text = FILE.read_text()
    assert fix(Source.read(str(FILE)), text).text == text


def test_a_contract_that_loses_its_names_gets_them_back_and_stays_the_same_otherwise() -> None:
    text = FILE.read_text()
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("      operationId:")]
    spoilt = "".join(lines)
    result = fixed(spoilt, only=["operation-id"])
    assert len(result.done) == len(text.splitlines()) - len(lines)
    assert [line for line in result.text.splitlines(keepends=True) if not line.startswith("      operationId:")] == lines


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_stays_json(indent: int | str | None) -> None:
    document = {
        **beginning(
            servers=[{"url": "https://a.example/"}],
            paths={"/a": {"get": {"tags": ["A", "B"], "responses": {"200": {"description": "\N{GRINNING FACE} ok"}}}}},
        ),
        "components": {"schemas": {"Lost": {"type": "object"}}},
    }
    text = json.dumps(document, indent=indent)
    result = fixed(text)
    value = json.loads(result.text)
    assert value["paths"]["/a"]["get"]["operationId"] == "getA"
    assert value["servers"] == [{"url": "https://a.example"}]
    assert value["tags"] == [{"name": "A"}, {"name": "B"}]
    assert "components" not in value
    assert fixed(result.text).text == result.text


def test_tags_are_added_to_those_that_there_are() -> None:
    text = (
        "openapi: 3.0.3\ninfo: {title: A, version: '1'}\ntags:\n- name: Old   # first\n\npaths:\n  /a: {get: {tags: [Old, 'yes'], responses: {}}}\n"
    )
    assert 'tags:\n- name: Old   # first\n- name: "yes"\n\npaths:' in fixed(text).text


def test_what_an_alias_names_is_not_cut() -> None:
    text = (
        (
            "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a: {get: {operationId: a, responses: {'200': *done}}}\n"
            "components:\n  responses:\n    Done: &done {description: Done.}\n"
        )
        .replace("paths:\n", "x-done: &done {description: Done.}\npaths:\n")
        .replace("Done: &done", "Done: &other")
    )
    result = fixed(text)
    assert "Done: &other {description: Done.}" in result.text
    assert [one.id for one in result.left if one.fixable] == ["component-unused"]


def test_a_component_that_only_an_unused_one_used_goes_too() -> None:
    parts = {"A": {"type": "array", "items": {"$ref": "#/components/schemas/B"}}, "B": {"type": "string"}, "C": {"type": "string"}}
    answer = {"200": {"description": "Done.", "content": {"text/plain": {"schema": {"$ref": "#/components/schemas/C"}}}}}
    text = json.dumps(beginning(paths={"/a": {"get": {"operationId": "a", "responses": answer}}}, components={"schemas": parts}))
    assert list(json.loads(fixed(text).text)["components"]["schemas"]) == ["C"]


def test_a_component_that_a_file_beside_it_uses_stays(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "get: {operationId: a, responses: {'200': {description: A., content: {text/plain: {schema: {$ref: 'api.yaml#/components/schemas/A'}}}}}}\n"
    )
    text = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a: {$ref: a.yaml}\ncomponents:\n  schemas:\n    A: {type: string}\n"
    assert in_folder(tmp_path, text).text == text


def test_names_that_are_made_up_are_unlike_all_others() -> None:
    paths = {path: {"get": {"responses": {}}} for path in ("/a/{b}", "/a-by-b", "/a/by/b", "/")}
    paths["/x"] = {"get": {"operationId": "getABy", "responses": {}}}
    value = json.loads(fixed(json.dumps(beginning(paths=paths))).text)
    names = [item["get"]["operationId"] for item in value["paths"].values()]
    assert len(set(names)) == len(names)
    assert "getAByB" in names


def test_what_is_no_document_is_refused_in_one_sentence() -> None:
    with pytest.raises(SourceError, match="is not YAML"):
        fixed("openapi: [")
