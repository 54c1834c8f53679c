"""The contract of the project is whole: sound by the standard, alike in every operation, and pointing only at what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from openapi.contract import Contract, Operation
from openapi.decisions import load_decisions
from openapi.schemas import Direction, Schema, json_schema
from openapi.vocabulary import walk

RATE_HEADERS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
# The errors of every operation, and after them the one of a path with an id.
ERRORS = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 429: "TooManyRequests", 500: "ServerError"}
NOT_FOUND = {404: "NotFound"}
LARGEST_ID = 2**53 - 1
# Money that is sent or stored of one object; a sum over many objects has no bounds.
MONEY = {"amount", "price"}
SUMS = {"income", "expenses", "profit", "outstanding_invoices"}
# Of each operation: the status of its success and the headers that it promises or may bear beside the rate's.
SUCCESSES = {
    "createCustomer": (201, {"Location"}),
    "createInvoice": (201, set()),
    "recordTransaction": (201, set()),
    "createProduct": (201, set()),
    "createQuote": (201, set()),
    "createTicket": (201, set()),
    "createLead": (201, set()),
    "createUser": (201, set()),
    "registerWebhook": (201, set()),
    "batchCreateCustomers": (201, set()),
    "updateCustomer": (200, set()),
    "deleteCustomer": (200, set()),
    "getCustomer": (200, {"ETag", "Cache-Control"}),
    "listCustomers": (200, {"ETag", "Cache-Control"}),
    "listInvoices": (200, {"ETag", "Cache-Control"}),
    "listTransactions": (200, {"ETag", "Cache-Control"}),
    "listProducts": (200, {"ETag", "Cache-Control"}),
    "listQuotes": (200, {"ETag", "Cache-Control"}),
    "listTickets": (200, {"ETag", "Cache-Control"}),
    "listUsers": (200, {"ETag", "Cache-Control"}),
    "getFinancialReport": (200, {"ETag", "Cache-Control"}),
}
ADMINISTRATORS_ONLY = {"listUsers", "createUser", "getFinancialReport"}


def every(contract: Contract) -> Iterator[Operation]:
    yield from contract.operations.values()


def references_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from references_in(child)


def parts(schema: Schema, name: str = "") -> Iterator[tuple[str, Schema]]:
    """A flattened schema and all schemas within it, each with the name of its field."""
    yield name, schema
    for field, part in schema.get("properties", {}).items():
        yield from parts(part, field)
    if "items" in schema:
        yield from parts(schema["items"], name)


def test_the_document_is_sound_by_the_standard(sound_document: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV30SpecValidator(sound_document).iter_errors()] == []


def test_every_operation_has_the_success_and_the_headers_that_it_should(contract: Contract) -> None:
    found = {one.id: (one.success.status, set(one.success.headers) - RATE_HEADERS) for one in every(contract)}
    assert found == SUCCESSES


def test_every_operation_documents_the_errors_that_it_can_give_and_404_only_where_there_is_an_id(contract: Contract) -> None:
    for operation in every(contract):
        responses = contract.document["paths"][operation.path][operation.method.lower()]["responses"]
        errors = {int(status): answer.get("$ref") for status, answer in responses.items() if int(status) >= 400}
        wanted = ERRORS | (NOT_FOUND if "{id}" in operation.path else {})
        assert errors == {status: f"#/components/responses/{name}" for status, name in wanted.items()}, operation.id


def test_every_error_is_the_same_envelope(contract: Contract, sound_document: dict[str, Any]) -> None:
    declared = sound_document["components"]["schemas"]["Error"]
    for operation in every(contract):
        for status, answer in operation.answers.items():
            if status >= 400:
                assert answer.schema == declared, (operation.id, status)


def test_every_success_is_an_envelope_that_holds_nothing_else(contract: Contract) -> None:
    for operation in every(contract):
        schema = operation.success.schema
        assert schema is not None
        assert schema["additionalProperties"] is False, operation.id
        assert schema["properties"]["success"]["enum"] == [True], operation.id
        wanted = {"delete": {"success", "message"}, "list": {"success", "data", "meta"}}.get(operation.action, {"success", "data"})
        assert set(schema["required"]) == wanted, operation.id


def test_every_answer_promises_the_rate_headers_and_too_many_requests_when_to_come_back(contract: Contract) -> None:
    for operation in every(contract):
        for status, answer in operation.answers.items():
            promised = set(answer.required_headers)
            assert promised >= RATE_HEADERS, (operation.id, status)
            assert ("Retry-After" in promised) == (status == 429), (operation.id, status)


def test_only_administrators_see_users_and_reports_and_a_reader_only_reads(contract: Contract) -> None:
    for operation in every(contract):
        wanted = {"administrator", "staff", "read-only"} if operation.method == "GET" else {"administrator", "staff"}
        assert operation.roles == ({"administrator"} if operation.id in ADMINISTRATORS_ONLY else wanted), operation.id


def test_the_document_refers_to_itself_alone_and_uses_all_that_it_defines(sound_document: dict[str, Any]) -> None:
    used = set(references_in(sound_document))
    assert all(reference.startswith("#/") for reference in used)
    components = {kind: names for kind, names in sound_document["components"].items() if kind != "securitySchemes"}
    defined = {f"#/components/{kind}/{name}" for kind, names in components.items() for name in names}
    assert defined == used
    required = {name for one in sound_document["security"] for name in one}
    assert required == set(sound_document["components"]["securitySchemes"])


def test_every_operation_has_words_for_people_and_a_tag_that_is_explained(sound_document: dict[str, Any]) -> None:
    explained = {tag["name"] for tag in sound_document["tags"]}
    used = set()
    for kind, where, node in walk(sound_document):
        if kind == "operation":
            used.update(node["tags"])
            assert node["summary"], where
        if kind in {"operation", "response", "parameter", "header", "link", "tag"} and "$ref" not in node:
            assert node["description"].endswith("."), where
    assert used == explained


def test_links_lead_to_operations_and_give_them_parameters_that_they_have(contract: Contract, sound_document: dict[str, Any]) -> None:
    links = [(where, node) for kind, where, node in walk(sound_document) if kind == "link"]
    assert links
    for where, link in links:
        known = {one.name for one in contract.operations[link["operationId"]].parameters}
        assert set(link["parameters"]) <= known, where


def test_links_take_their_parameters_from_what_the_answer_has(contract: Contract, sound_document: dict[str, Any]) -> None:
    for kind, where, link in walk(sound_document):
        if kind != "link":
            continue
        _paths, path, method, _responses, status, *_rest = where
        schema = contract.paths[str(path)][str(method).upper()].answers[int(status)].schema
        for expression in link["parameters"].values():
            place = schema
            for name in expression.removeprefix("$response.body#/").split("/"):
                assert place is not None, where
                place = place["items"] if name == "0" else place["properties"][name]
            assert place is not None, where
            assert place["type"] == "integer", where


def test_ids_are_whole_numbers_that_every_client_can_hold(contract: Contract) -> None:
    found = []
    for operation in every(contract):
        schemas = [operation.body or {}, *(answer.schema or {} for answer in operation.answers.values())]
        named = [(one.name, one.schema) for one in operation.parameters] + [part for schema in schemas for part in parts(schema)]
        found += [(operation.id, schema) for name, schema in named if name == "id" or name.endswith("_id")]
    assert len(found) > 30
    for where, schema in found:
        assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 1, LARGEST_ID), where


def test_money_is_positive_bounded_and_exact_to_the_cent(contract: Contract) -> None:
    found = []
    for resource in contract.resources.values():
        fields = [*parts(resource.schema), *parts(resource.input)]
        found += [(resource.name, name, schema) for name, schema in fields if name in MONEY]
    assert {resource for resource, _, _ in found} == {"invoices", "transactions", "products", "quotes"}
    for *where, schema in found:
        bounds = (schema["type"], schema["minimum"], schema["exclusiveMinimum"], schema["maximum"], schema["multipleOf"])
        assert bounds == ("number", 0, True, 999999999.99, 0.01), where


def test_the_figures_of_a_report_are_exact_to_the_cent_and_may_exceed_every_single_amount(contract: Contract) -> None:
    report = (contract.operations["getFinancialReport"].success.schema or {})["properties"]["data"]["properties"]
    assert set(report) == SUMS
    for name, schema in report.items():
        assert (schema["type"], schema["multipleOf"]) == ("number", 0.01), name
        assert "maximum" not in schema, name


def test_a_request_holds_no_field_that_the_contract_does_not_name_and_no_value_without_bounds(contract: Contract) -> None:
    bodies = [(one.id, part) for one in every(contract) if one.body for part in parts(json_schema(one.body, Direction.REQUEST))]
    parameters = [(one.id, (each.name, each.schema)) for one in every(contract) for each in one.parameters]
    for operation, (name, schema) in [*bodies, *parameters]:
        assert is_bounded(schema), (operation, name)


def is_bounded(schema: Schema) -> bool:
    """Whether a value of this schema has a largest size; what is ignored when sent needs none."""
    match schema.get("type"):
        case "object":
            return schema["additionalProperties"] is False
        case "array":
            return "maxItems" in schema
        case "string":
            return "enum" in schema or "maxLength" in schema or schema.get("format") == "date"
        case "integer" | "number":
            return "minimum" in schema and "maximum" in schema
        case _:
            return schema == {}


def test_no_text_that_is_sent_may_hold_a_nul_and_none_that_is_required_may_be_empty(contract: Contract) -> None:
    for operation in every(contract):
        for name, schema in parts(json_schema(operation.body or {}, Direction.REQUEST)):
            if schema.get("type") == "string" and "enum" not in schema and "format" not in schema:
                assert not re.search(schema["pattern"], "a\0b"), (operation.id, name)
            for field in schema.get("required", ()):
                part = schema["properties"][field]
                if part["type"] == "string" and "enum" not in part:
                    assert "minLength" in part or part.get("format") in {"date", "email", "uri"}, (operation.id, field)


@pytest.mark.parametrize("word", ["x-source", "x-decision"])
def test_the_facts_about_the_reference_stand_where_they_are_looked_for(sound_document: dict[str, Any], word: str) -> None:
    stands_on = {kind for kind, _, node in walk(sound_document) if word in node}
    assert {"root", "operation", "parameter", "header", "schema"} <= stands_on


def test_every_decision_is_named_where_it_decides(sound_document: dict[str, Any]) -> None:
    named: set[str] = set()
    for _, _, node in walk(sound_document):
        decided = node.get("x-decision", [])
        named.update(decided if isinstance(decided, list) else [decided])
    assert set(load_decisions()) - named == set()
