"""What rules find beyond the examples of docs/lint.md, and above all what they leave alone."""

from __future__ import annotations

import pytest

from openapi.lint import lint
from tests.openapi.lint.documents import answered, found, operation, schema, sent, source_of

DONE = "responses: {'200': {description: Done.}}"
LONG = "properties: {success: {type: boolean}, data: {type: array, items: {type: object}}}"
ADDED = {"openapi": "3.1.0"}

TOLD = [
    ("answer-empty", answered("{}").replace("'200'", "'304'"), "has no body"),
    ("date-time-utc", schema("{properties: {at: {type: string, format: date-time}}}"), "without a zone"),
    ("default-valid", schema("{type: string, enum: [a], default: b}"), "does not fit"),
    ("description-property", schema("{properties: {a: {description: '  '}}}"), "what `a` holds"),
    ("discriminator", schema("{type: object, discriminator: {propertyName: kind}, properties: {kind: {type: string}}}"), "not required"),
    ("enum-type", schema("{type: string, enum: [a, null]}"), "`null` is not of the type string"),
    ("enum-type", schema("{type: integer, enum: [1, true]}"), "`true`"),
    ("enum-duplicate", schema("{enum: [1, 1.0]}"), "twice"),
    ("error-documented", operation(f"{{parameters: [{{name: q, in: query, schema: {{type: string}}}}], {DONE}}}"), "400"),
    ("error-documented", operation(f"{{requestBody: {{content: {{}}}}, {DONE}}}", method="post"), "400"),
    ("example-valid", operation("{parameters: [{name: q, in: query, example: 1, schema: {type: string}}], responses: {}}"), "not of type"),
    ("example-valid", operation("{parameters: [{name: q, in: query, examples: {one: {value: 1}}, schema: {type: string}}]}"), "not of type"),
    ("example-valid", answered("{type: object, required: [a]}, example: {}"), "required"),
    ("example-valid", answered("{type: object, properties: {a: {type: string}}}, example: {a: [1]}"), "`a`:"),
    ("example-valid", sent("{type: object, required: [p], properties: {p: {type: string, writeOnly: true}}}, example: {}"), "required"),
    ("link", answered("{type: object}").replace("content:", "links: {L: {operationRef: '#/paths/~1no/get'}}, content:"), "no operation"),
    ("media-type-json", answered("{}").replace("application/json", "text/json"), "application/json"),
    ("pagination", answered(f"{{type: object, {LONG}}}"), "in `data`"),
    ("pagination", answered("{allOf: [{type: array}], items: {type: string}}"), "without end"),
    ("parameter-unique", "paths: {/a: {parameters: [{name: a, in: query}, {name: a, in: query}]}}", "already"),
    ("path-form", "paths: {'/a?b=1': {}}", "query"),
    ("path-form", "paths: {'/a//b': {}}", "empty part"),
    ("path-parameter", operation(f"{{{DONE}}}", path="/a/{id}"), "does not declare `id`"),
    ("pattern-valid", schema("{patternProperties: {'[': {type: string}}}"), "no regular expression"),
    ("reference", schema("{$ref: '#/components/responses/A'}}, responses: {A: {description: A.}"), "a schema is wanted"),
    ("reference", schema("{$ref: 'elsewhere.yaml#/A'}"), "cannot be followed"),
    ("required-unknown", schema("{type: object, additionalProperties: false, required: [a]}"), "no property"),
    ("security-defined", operation(f"{{security: [{{kee: []}}], {DONE}}}"), "no security scheme"),
    ("server-variable", "servers: [{url: 'https://{a}.example'}]", "not declared"),
    ("server-variable", "servers: [{url: 'https://a.example', variables: {b: {default: c}}}]", "has no `{b}`"),
    ("type-missing", schema("{items: {type: string}}"), "add `type: array`"),
    ("unbounded-number", sent("{type: integer}"), "any size"),
    ("unbounded-number", sent("{type: number, minimum: 0}"), "any size"),
    ("unbounded-string", sent("{type: string, pattern: '^a+$'}"), "any length"),
    ("unbounded-string", sent("{type: string, pattern: 'a'}"), "any length"),
    ("unbounded-string", operation("{parameters: [{name: q, in: query, schema: {type: string}}]}"), "any length"),
    ("unbounded-string", sent("{type: array, items: {type: string}}"), "any length"),
    ("x-ref", schema("{x-ref: things}"), "no collection"),
    ("x-word", schema("{x-role: [staff]}"), "stands on operation"),
    ("x-word-unknown", operation(f"{{x-rol: [staff], {DONE}}}"), "`x-role`"),
]  # fmt: skip

LEFT_ALONE = [
    ("body-unexpected", operation(f"{{requestBody: {{content: {{}}}}, {DONE}}}", method="patch")),
    ("component-unused", "components: {schemas: {A: {type: string}}}"),
    ("component-unused", operation(f"{{{DONE}}}") + "\nsecurity: [{k: []}]\ncomponents: {securitySchemes: {k: {type: http, scheme: bearer}}}"),
    ("component-unused", answered("{oneOf: [{$ref: '#/components/schemas/A'}], discriminator: {propertyName: k, mapping: {b: B}}}")
        + "\ncomponents: {schemas: {A: {type: object}, B: {type: object}}}"),
    ("component-unused", operation("{responses: {default: {$ref: '#/components/responses/A'}}}")
        + "\ncomponents: {responses: {A: {description: A.}}}"),
    ("component-unused", answered("{$ref: '#/components/schemas/A/properties/b'}")
        + "\ncomponents: {schemas: {A: {properties: {b: {type: string}}}}}"),
    ("date-time-utc", schema("{type: string, format: date-time, pattern: 'Z$'}")),
    ("date-time-utc", schema("{type: string, format: date-time, description: In utc.}")),
    ("default-valid", schema("{type: string, nullable: true, default: null}")),
    ("description-property", schema("{properties: {a: {$ref: '#/components/schemas/A'}}}, A: {description: An A.}")),
    ("discriminator", schema("{oneOf: [{$ref: '#/components/schemas/A'}], discriminator: {propertyName: k}}, A: {required: [k]}")),
    ("enum-type", schema("{type: string, nullable: true, enum: [a, null]}")),
    ("enum-type", schema("{type: number, enum: [1, 1.5]}")),
    ("enum-duplicate", schema("{enum: [1, true, '1']}")),
    ("error-documented", operation("{security: [{}, {k: []}], responses: {'200': {description: Done.}}}")),
    ("error-documented", operation("{requestBody: {content: {}}, responses: {'201': {description: D.}, default: {description: E.}}}", method="post")),
    ("error-documented", operation("{requestBody: {content: {}}, responses: {'201': {description: D.}, 4XX: {description: E.}}}", method="post")),
    ("example-valid", schema("{type: object, required: [id], properties: {id: {type: integer, readOnly: true}}, example: {}}")),
    ("example-valid", answered("{type: object, required: [p], properties: {p: {type: string, writeOnly: true}}}, example: {}")),
    ("example-valid", answered("{type: object}, example: '<a/>'").replace("application/json", "application/xml")),
    ("example-valid", schema("{type: string, nullable: true, example: null}")),
    ("example-valid", operation("{parameters: [{name: q, in: query, examples: {one: {externalValue: a.txt}}, schema: {type: string}}]}")),
    ("media-type-form", answered("{}").replace("application/json", "application/vnd.a+json; version=1")),
    ("media-type-schema", answered("{}").replace("application/json", "text/plain")),
    ("pagination", answered("{type: array, maxItems: 9, items: {}}")),
    ("pagination", answered("{type: array, items: {}}", method="post")),
    ("pagination", answered("{type: object, properties: {id: {}, lines: {type: array, items: {}}}}")),
    ("pagination", answered("{type: array, items: {}}").replace("responses", "parameters: [{name: 'page[size]', in: query}], responses")),
    ("pagination", answered("{type: array, items: {}}").replace("responses", "parameters: [{name: startAfter, in: query}], responses")),
    ("parameter-unique", "paths: {/a: {parameters: [{name: a, in: query}], get: {parameters: [{name: a, in: query}]}}}"),
    ("path-ambiguous", "paths: {'/a/{b}': {}, '/a/{b}/c': {}, /a/b: {}}"),
    ("path-parameter", operation("{parameters: [{name: id, in: path, required: true}]}", path="/a/{id}.json")),
    ("rate-headers", operation("{responses: {'200': {description: Done., headers: {ETag: {}}}, '400': {description: No.}}}")),
    ("reference-alone", schema("{properties: {$ref: {type: string}}}")),
    ("required-unknown", schema("{type: object, additionalProperties: true, required: [a]}")),
    ("required-unknown", schema("{allOf: [{$ref: '#/components/schemas/A'}], required: [a]}, A: {properties: {a: {}}}")),
    ("required-unknown", schema("{allOf: [{required: [a]}, {properties: {a: {}}}]}")),
    ("security-said", operation(f"{{security: [], {DONE}}}")),
    ("server-slash", "servers: [{url: /}]"),
    ("success-documented", operation("{responses: {default: {description: Any.}}}")),
    ("type-missing", schema("{allOf: [{properties: {a: {}}}]}")),
    ("type-missing", schema("{properties: {type: {type: string}}, type: object}")),
    ("unbounded-array", answered("{type: array, items: {}}")),
    ("unbounded-number", sent("{type: integer, format: int64}")),
    ("unbounded-string", sent("{type: string, enum: [a]}")),
    ("unbounded-string", sent("{type: string, format: uuid}")),
    ("unbounded-string", sent(r"{type: string, pattern: '^[a-z+]{2,5}\d$'}")),
    ("unbounded-string", sent("{type: object, properties: {id: {type: string, readOnly: true}}}")),
    ("unbounded-string", sent("{allOf: [{type: string}, {maxLength: 3}]}")),
    ("unbounded-string", sent("{oneOf: [{type: string, maxLength: 3}, {type: string, enum: [abcd]}]}")),
    ("unbounded-string", operation("{parameters: [{name: id, in: path, required: true, schema: {type: string}}]}", path="/a/{id}")),
    ("x-word-unknown", operation(f"{{x-amazon-apigateway-integration: {{}}, x-internal: true, x-sunset: '2030-01-01', {DONE}}}")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "part", "word"), TOLD, ids=[f"{rule}-{number}" for number, (rule, _, _) in enumerate(TOLD)])
def test_what_is_wrong_is_told(rule: str, part: str, word: str) -> None:
    told = found(rule, part)
    assert told
    assert word in told[0].text


@pytest.mark.parametrize(("rule", "part"), LEFT_ALONE, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(LEFT_ALONE)])
def test_what_is_right_is_left_alone(rule: str, part: str) -> None:
    assert [one.text for one in found(rule, part)] == []


def test_in_version_3_1_words_beside_a_reference_hold() -> None:
    part = schema("{type: string}, Short: {$ref: '#/components/schemas/Thing', maxLength: 3, examples: [long enough]}")
    assert found("reference-alone", part, **ADDED) == []
    assert [one.pointer for one in found("example-valid", part, **ADDED)] == ["/components/schemas/Short/examples/0"]


def test_in_version_3_1_an_enum_may_hold_null_where_the_types_do() -> None:
    assert found("enum-type", schema("{type: [string, 'null'], enum: [a, null]}"), **ADDED) == []


def test_what_a_webhook_sends_need_not_be_bounded_and_what_it_takes_back_neither() -> None:
    hook = {
        "post": {"requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}}, "responses": {"200": {"description": "Taken."}}}
    }
    assert found("unbounded-string", {"webhooks": {"created": hook}}, **ADDED) == []
    assert found("security-said", {"webhooks": {"created": hook}}, **ADDED) == []


def test_a_shared_answer_without_rate_headers_is_told_once() -> None:
    shared = "components: {responses: {Refused: {description: No.}}}"
    answers = (
        "responses: {'200': {description: Done., headers: {RateLimit: {schema: {type: string}}}}, '400': {$ref: '#/components/responses/Refused'}}"
    )
    part = f"{shared}\npaths: {{/a: {{get: {{{answers}}}, post: {{{answers}}}}}}}"
    assert [one.pointer for one in found("rate-headers", part)] == ["/components/responses/Refused"]


def test_where_most_operations_document_429_the_others_are_told() -> None:
    busy = "{responses: {'200': {description: A.}, '429': {description: B.}}}"
    part = f"paths: {{/a: {{get: {busy}, post: {busy}, put: {{{DONE}}}}}}}"
    assert [one.pointer for one in found("error-documented", part)] == ["/paths/~1a/put/responses"]


def test_oauth_scopes_are_those_of_the_scheme() -> None:
    flows = "{clientCredentials: {tokenUrl: 'https://a.example', scopes: {read: Reads.}}}"
    part = f"components: {{securitySchemes: {{o: {{type: oauth2, flows: {flows}}}}}}}\nsecurity: [{{o: [raed]}}]"
    assert ["did you mean 'read'?" in one.text for one in found("security-defined", part)] == [True]
    assert found("security-defined", part.replace("raed", "read")) == []


def test_a_link_into_what_a_closed_answer_does_not_hold_is_told() -> None:
    words = "{type: object, additionalProperties: false, properties: {data: {type: object, properties: {id: {type: integer}}}}}"
    link = "links: {L: {operationId: it, parameters: {id: $response.body#/data/idd}}}"
    target = "{operationId: it, parameters: [{name: id, in: query, schema: {type: integer}}], " + DONE + "}"
    part = answered(words).replace("content:", f"{link}, content:")[:-1] + f", /b: {{get: {target}}}}}"
    told = found("link", part)
    assert [one.pointer for one in told] == ["/paths/~1things/get/responses/200/links/L/parameters/id"]
    assert "`data/idd`" in told[0].text
    assert found("link", part.replace("idd", "id")) == []
    assert [
        "no parameter `key`" in one.text for one in found("link", part.replace("idd", "id").replace("parameters: {id:", "parameters: {key:"))
    ] == [True]


def test_a_filter_looks_into_the_rows_of_an_envelope() -> None:
    row = "{type: object, properties: {city: {type: string}}}"
    part = answered(f"{{type: object, properties: {{data: {{type: array, items: {row}}}}}}}")
    part = part.replace("responses", "x-resource: things, parameters: [{name: q, in: query, x-search: [city, town]}], responses")
    assert [one.pointer for one in found("x-filter", part)] == ["/paths/~1things/get/parameters/0/x-search/1"]


def test_an_empty_document_has_nothing_to_be_told_of() -> None:
    assert lint(source_of({})) == []
