"""What openapi-spec-validator refuses is told where it stands, in a sentence, once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.openapi.lint.documents import answered, found, operation, schema, source_of

OLD, NEW = "3.0.3", "3.1.0"
DONE = "responses: {'200': {description: Done.}}"

REFUSED = [
    (OLD, "info: {version: '1', title: null}", "/info/title", "`title` must be text, not null."),
    (OLD, operation("{responses: {'200': {}}}"), "/paths/~1things/get/responses/200", "`200` lacks `description`, which must be there."),
    (OLD, operation("{responses: {'2000': {description: A.}}}"), "/paths/~1things/get/responses/2000", "`2000` may not stand in `responses`"),
    (OLD, operation("{}"), "/paths/~1things/get", "`get` lacks `responses`, which must be there."),
    (OLD, operation(f"{{sumary: A, {DONE}}}"), "/paths/~1things/get/sumary", "`sumary` may not stand in `get`; did you mean 'summary'?"),
    (OLD, schema("{type: strin}"), "/components/schemas/Thing/type", "did you mean 'string'?"),
    (OLD, schema("{type: array}"), "", ""),
    (OLD, schema("{properties: {a: {required: true}}}"), "/components/schemas/Thing/properties/a/required", "`required` must be a list, not true"),
    (OLD, schema("{maxLength: -1}"), "/components/schemas/Thing/maxLength", "`maxLength` is too small, and 0 is the least."),
    (OLD, operation(f"{{parameters: [{{name: id, in: path, schema: {{}}}}], {DONE}}}"), "/paths/~1things/get/parameters/0",
        "Number 1 of `parameters` lacks `required: true`, which every parameter of a path has."),
    (OLD, operation(f"{{parameters: [{{name: q, in: quary, schema: {{}}}}], {DONE}}}"), "/paths/~1things/get/parameters/0/in", "'quary'"),
    (OLD, "components: {securitySchemes: {k: {type: http}}}", "/components/securitySchemes/k", "lacks `scheme`"),
    (OLD, "servers: [{description: A}]", "/servers/0", "Number 1 of `servers` lacks `url`, which must be there."),
    (OLD, "paths: {things: {}}", "/paths/things", "`things` may not stand in `paths`"),
    (NEW, "paths: {things: {}}", "/paths/things", "`things` may not stand in `paths`"),
    (NEW, operation("{responses: {'200': {}}}"), "/paths/~1things/get/responses/200", "`200` lacks `description`, which must be there."),
    (NEW, operation(f"{{sumary: A, {DONE}}}"), "/paths/~1things/get/sumary", "`sumary` may not stand in `get`"),
    (NEW, schema("{type: strin}"), "/components/schemas/Thing/type", "strin"),
    (NEW, answered("{properties: {a: {maxLength: x}}}"), "/paths/~1things/get/responses/200/content/application~1json/schema/properties/a/maxLength",
        "`maxLength` must be a whole number, not 'x'."),
]  # fmt: skip


@pytest.mark.parametrize(("version", "part", "pointer", "text"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_it_is_told_where_it_stands(version: str, part: str, pointer: str, text: str) -> None:
    told = found("structure", part, openapi=version)
    if not text:
        assert told == []
        return
    assert [one.pointer for one in told] == [pointer]
    assert text in told[0].text


@pytest.mark.parametrize(
    "part",
    [
        f"paths: {{/a: {{get: {{operationId: a, {DONE}}}, post: {{operationId: a, {DONE}}}}}}}",
        operation(f"{{parameters: [{{name: q, in: query, schema: {{}}}}, {{name: q, in: query, schema: {{}}}}], {DONE}}}"),
        operation(f"{{{DONE}}}", path="/a/{id}"),
        "tags: [{name: a}, {name: a}]",
        schema("{type: object, required: [a], properties: {b: {}}}"),
        schema("{type: string, default: 1}"),
        schema("{type: object, required: [b, b], properties: {b: {}}}"),
    ],
)
def test_what_a_rule_of_its_own_tells_is_not_told_here(part: str) -> None:
    assert found("structure", part) == []


def sound(version: str) -> dict[str, Any]:
    return {"openapi": version, "info": {"title": "A", "version": "1"}, "paths": {}}


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1"])
def test_every_version_that_is_read_is_looked_through(version: str) -> None:
    assert found("structure", sound(version)) == []
    assert found("structure", {**sound(version), "paths": []})


def test_a_document_nested_without_measure_is_told_and_not_failed_on() -> None:
    words = "{type: string}"
    for _ in range(60):
        words = f"{{type: object, properties: {{a: {words}}}}}"
    assert found("structure", schema(words)) == []
    assert source_of(schema(words)).version == "3.0"
