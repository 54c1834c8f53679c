"""A document that the reader does not understand is refused with its place, what is wrong and the nearest known word."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openapi.contract import Contract
from openapi.document import DocumentError
from openapi.reader import load_contract

Edit = Callable[[dict[str, Any]], object]
Refusal = Callable[[Any], str]
SCHEMAS = "$.components.schemas"
BEGINS = "an OpenAPI document begins with `openapi: 3.0.3`, and has `info` and `paths`"
NEWER = "write 3.0.3, and in its words: `nullable: true` for the type 'null', an `enum` of one value for `const`"
ROLES = "administrator, staff, read-only"
COMPARISONS = "eq, ne, lt, le, gt, ge"

WRONG_WORDS: list[tuple[Edit, str]] = [
    (lambda d: invoices(d)["get"].update({"x-rol": 1}), "$.paths[\"/invoices\"].get.x-rol: unknown word; did you mean 'x-role'?"),
    (lambda d: d["info"].update({"x-sauce": 1}), "$.info.x-sauce: unknown word; did you mean 'x-source'?"),
    (lambda d: d["servers"][1].update({"x-reff": 1}), "$.servers[1].x-reff: unknown word; did you mean 'x-ref'?"),
    (
        lambda d: schema(d, "LineItem")["properties"]["qty"].update({"x-role": ["staff"]}),
        f"{SCHEMAS}.LineItem.properties.qty.x-role: stands on operation, not on schema",
    ),
    (
        lambda d: invoices(d).update({"x-action": "list"}),
        '$.paths["/invoices"].x-action: stands on operation, not on path',
    ),
    (
        lambda d: invoices(d)["get"].update({"x-role": ["staf"]}),
        f"$.paths[\"/invoices\"].get.x-role: 'staf' is not one of {ROLES}; did you mean 'staff'?",
    ),
    (
        lambda d: invoices(d)["get"].update({"x-role": []}),
        '$.paths["/invoices"].get.x-role: must be a list of names, at least one, not []',
    ),
    (
        lambda d: d.update({"x-source": "document"}),
        "$.x-source: 'document' is not one of documented, inferred; did you mean 'documented'?",
    ),
    (
        lambda d: schema(d, "UserInput")["properties"]["email"].update({"x-unique": True}),
        f"{SCHEMAS}.UserInput.properties.email.x-unique: true is not one of exact, ignore-case",
    ),
    (
        lambda d: schema(d, "LineItem")["properties"]["qty"].update({"x-ref": "Line Items"}),
        f"{SCHEMAS}.LineItem.properties.qty.x-ref: must be a name such as line-items, not 'Line Items'",
    ),
    (
        lambda d: status_filter(d).update({"x-filter": {"field": "status", "comparison": "equals"}}),
        f"$.paths[\"/invoices\"].get.parameters[0].x-filter: 'equals' is not one of {COMPARISONS}",
    ),
    (
        lambda d: status_filter(d).update({"x-filter": {"field": "status"}}),
        '$.paths["/invoices"].get.parameters[0].x-filter: must be {field: …, comparison: …}',
    ),
    (
        lambda d: status_filter(d).update({"x-filter": {"field": ["status"], "comparison": "eq"}}),
        '$.paths["/invoices"].get.parameters[0].x-filter: a field has a name, not ["status"]',
    ),
    (
        lambda d: status_filter(d).update({"x-search": "status"}),
        "$.paths[\"/invoices\"].get.parameters[0].x-search: must be a list of names, at least one, not 'status'",
    ),
    (
        lambda d: invoices(d)["post"].update({"x-emits": []}),
        '$.paths["/invoices"].post.x-emits: must be a list of {event: …} with an optional when: {field: value}',
    ),
    (
        lambda d: invoices(d)["post"].update({"x-emits": [{"event": "invoice.created", "if": {}}]}),
        '$.paths["/invoices"].post.x-emits: must be {event: …} with an optional when: {field: value}, not {"event": "invoice.created", "if": {}}',
    ),
    (
        lambda d: invoices(d)["post"].update({"x-emits": [{"event": "created"}]}),
        "$.paths[\"/invoices\"].post.x-emits: an event has a name such as invoice.created, not 'created'",
    ),
    (
        lambda d: invoices(d)["post"].update({"x-emits": [{"event": "invoice.created", "when": "Paid"}]}),
        "$.paths[\"/invoices\"].post.x-emits: when must be {field: value}, not 'Paid'",
    ),
]

POINTING_NOWHERE: list[tuple[Edit, str]] = [
    (
        lambda d: schema(d, "QuoteInput")["properties"]["customer_id"].update({"x-ref": "costumers"}),
        f"{SCHEMAS}.QuoteInput.properties.customer_id.x-ref: there is no collection 'costumers'; did you mean 'customers'?",
    ),
    (
        lambda d: status_filter(d)["x-filter"].update({"field": "state"}),
        "$.paths[\"/invoices\"].get.parameters[0].x-filter.field: invoices has no field 'state'; did you mean 'status'?",
    ),
    (
        lambda d: d["paths"]["/customers"]["get"]["parameters"][2].update({"x-search": ["account", "e-mail"]}),
        "$.paths[\"/customers\"].get.parameters[2].x-search[1]: customers has no field 'e-mail'; did you mean 'email'?",
    ),
    (
        lambda d: d["paths"]["/transactions"]["post"]["x-emits"][0].update({"when": {"typ": "Income"}}),
        "$.paths[\"/transactions\"].post.x-emits[0].when.typ: transactions has no field 'typ'; did you mean 'type'?",
    ),
    (
        lambda d: d["paths"]["/reports/financial"]["get"]["parameters"][0].update({"x-filter": {"field": "year", "comparison": "eq"}}),
        "$.paths[\"/reports/financial\"].get.parameters[0].x-filter.field: reports has no field 'year'; known are none",
    ),
]

NOT_UNDERSTOOD: list[tuple[Edit, str]] = [
    (lambda d: invoices(d)["get"].pop("operationId"), '$.paths["/invoices"].get: needs operationId'),
    (
        lambda d: invoices(d)["get"].pop("x-action"),
        '$.paths["/invoices"].get: needs x-action, which says what the operation does: list, create, read, replace, delete or a named action',
    ),
    (lambda d: invoices(d).pop("x-resource"), '$.paths["/invoices"]: needs x-resource, which says the collection that the path speaks of'),
    (lambda d: status_filter(d).pop("name"), '$.paths["/invoices"].get.parameters[0]: needs name'),
    (lambda d: status_filter(d).pop("in"), '$.paths["/invoices"].get.parameters[0]: needs in'),
    (lambda d: status_filter(d).pop("schema"), '$.paths["/invoices"].get.parameters[0]: needs schema'),
    (lambda d: d["servers"][0].pop("url"), "$.servers[0]: needs url"),
    (
        lambda d: invoices(d)["post"].update({"operationId": "listInvoices"}),
        "$.paths[\"/invoices\"].post.operationId: 'listInvoices' names two operations",
    ),
    (
        lambda d: responses(d).update({"default": responses(d)["400"]}),
        '$.paths["/invoices"].get.responses.default: a status is a number; `default` and ranges would promise nothing',
    ),
    (
        lambda d: responses(d).update({"4XX": responses(d)["400"]}),
        '$.paths["/invoices"].get.responses["4XX"]: a status is a number; `default` and ranges would promise nothing',
    ),
    (
        lambda d: responses(d).pop("200"),
        '$.paths["/invoices"].get.responses: needs a status below 400: what the operation answers when all is well',
    ),
    (
        lambda d: invoices(d)["get"].pop("responses"),
        '$.paths["/invoices"].get.responses: must be a mapping, not null',
    ),
    (
        lambda d: schema(d, "CustomerInput")["required"].append("acount"),
        "$.components.schemas.CustomerInput.required: 'acount' is none of the properties, and no others are allowed; did you mean 'account'?",
    ),
    (
        lambda d: status_filter(d).update({"schema": {"type": "array", "items": {"type": "string"}}}),
        '$.paths["/invoices"].get.parameters[0].x-filter: compares one value, and this parameter is a list of them',
    ),
    (
        lambda d: d["components"]["securitySchemes"]["bearerAuth"].update({"scheme": "basic"}),
        "$.components.securitySchemes.bearerAuth.scheme: the server takes a key by the http scheme bearer or by apiKey in query, not by 'basic'",
    ),
    (lambda d: d["components"].pop("securitySchemes"), "$.components.securitySchemes.bearerAuth: must be a mapping, not null"),
    (
        lambda d: d.update({"openapi": "3.1.0"}),
        f"$.openapi: must be 3.0.x, which the server speaks, not '3.1.0': {NEWER}",
    ),
    (lambda d: d.pop("openapi"), f"$: lacks `openapi`, which says the version; {BEGINS}"),
    (lambda d: d.update({"openapi": 3.0}), "$.openapi: must be 3.0.x, which the server speaks, as text such as '3.0.3', not 3.0"),
    (lambda d: d.pop("paths"), "$.paths: must be a mapping, not null"),
    (
        lambda d: invoices(d)["post"]["requestBody"]["content"].update({"text/csv": {}}),
        '$.paths["/invoices"].post.requestBody.content["text/csv"]: the server speaks application/json and nothing else',
    ),
    (
        lambda d: responses(d)["400"].update({"$ref": "shared.yaml#/BadRequest"}),
        (
            '$.paths["/invoices"].get.responses["400"]["$ref"]: \'shared.yaml#/BadRequest\' leaves the document; '
            "only references of the form #/… are followed: copy what it names into `components`"
        ),
    ),
    (
        lambda d: responses(d)["400"].update({"$ref": "#/components/responses/Bad"}),
        '$.paths["/invoices"].get.responses["400"]["$ref"]: \'#/components/responses/Bad\' names nothing in this document',
    ),
    (
        lambda d: schema(d, "LineItem")["properties"].update({"parts": {"$ref": "#/components/schemas/LineItem"}}),
        ("$.components.schemas.LineItem: this schema holds itself, which the reader cannot put together; write its levels out"),
    ),
]


def invoices(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/invoices"]
    return found


def responses(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = invoices(document)["get"]["responses"]
    return found


def status_filter(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = invoices(document)["get"]["parameters"][0]
    return found


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


FAULTS = [*WRONG_WORDS, *POINTING_NOWHERE, *NOT_UNDERSTOOD]


@pytest.mark.parametrize(("edit", "message"), FAULTS, ids=[message.split(": ")[0] for _, message in FAULTS])
def test_a_fault_is_told_with_its_place_and_the_nearest_known_word(document: dict[str, Any], refusal: Refusal, edit: Edit, message: str) -> None:
    edit(document)
    assert refusal(document) == message


@pytest.mark.parametrize("value", ["ordr", ["put", "ordr"]])
def test_a_decision_that_nobody_took_is_refused(document: dict[str, Any], refusal: Refusal, value: Any) -> None:
    invoices(document)["get"]["x-decision"] = value
    message = refusal(document)
    assert message.startswith("$.paths[\"/invoices\"].get.x-decision: 'ordr' is not one of auth-place, create-answer, ")
    assert message.endswith("; did you mean 'order'?")


def test_a_document_that_is_no_mapping_is_refused(refusal: Refusal) -> None:
    assert refusal(["openapi"]) == f"$: is a list, not a mapping; {BEGINS}"


def test_a_list_of_events_that_holds_no_mapping_is_refused(document: dict[str, Any], refusal: Refusal) -> None:
    invoices(document)["post"]["x-emits"] = ["invoice.created"]
    assert refusal(document).endswith("with an optional when: {field: value}, not 'invoice.created'")


# Every word that the reader looks at, once, so that each can be damaged in turn.
SMALL: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Small", "version": "1"},
    "servers": [{"url": "/v1"}],
    "paths": {
        "/parts/{id}": {
            "x-resource": "parts",
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "put": {
                "operationId": "replacePart",
                "x-action": "replace",
                "x-role": ["staff"],
                "x-decision": ["put"],
                "x-emits": [{"event": "part.replaced", "when": {"name": "a"}}],
                "parameters": [
                    {"name": "name", "in": "query", "x-filter": {"field": "name", "comparison": "eq"}, "x-search": ["name"], "schema": {}}
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Part"}}}},
                "responses": {
                    "200": {
                        "description": "The part.",
                        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"properties": {"data": {"$ref": "#/components/schemas/Part"}}}}},
                    }
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Part": {
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "x-unique": "exact", "enum": ["a"], "nullable": True},
                    "whole": {"anyOf": [{"x-ref": "parts"}], "allOf": [{"minimum": 1}]},
                    "pieces": {"items": {"not": {}, "additionalProperties": {"oneOf": [{}]}}},
                },
            }
        }
    },
}


def places(node: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield where
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from places(node[key], (*where, key))


def put(document: dict[str, Any], where: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at one place."""
    if not where:
        return value
    edited = copy.deepcopy(document)
    node: Any = edited
    for key in where[:-1]:
        node = node[key]
    node[where[-1]] = value
    return edited


def outcome(load: Callable[[Any], Contract], document: Any) -> Contract | DocumentError:
    try:
        return load(document)
    except DocumentError as refused:
        return refused


@pytest.mark.parametrize("where", list(places(SMALL)), ids=lambda where: "/".join(map(str, where)) or "root")
def test_whatever_is_damaged_ends_in_a_contract_or_in_a_refusal_that_names_a_place(where: tuple[Any, ...], load: Callable[[Any], Contract]) -> None:
    for value in (None, 7, "text", True, [], {}, [7], [None], {"a": 7}, {"$ref": "#/info"}):
        found = outcome(load, put(SMALL, where, value))
        assert isinstance(found, Contract) or (found.where.startswith("$") and found.what), value


def test_the_small_document_is_sound(load: Callable[[Any], Contract]) -> None:
    assert set(load(SMALL).operations) == {"replacePart"}


def test_the_contract_of_the_project_is_named_by_its_place_in_the_project() -> None:
    assert load_contract().file == "openapi/api-v2.yaml"
