"""`openapi/control.yaml` says of each operation what it takes, what it answers and what can go wrong, with examples that hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from openapi.contract import Contract
from openapi.document import read_document
from openapi.reader import load_contract
from openapi.schemas import Direction, References, json_schema
from openapi.vocabulary import walk
from sandbox.control.application import FILE
from sandbox.control.dispatch import OPERATION_MODULES
from sandbox.control.snapshot_transfer import UPLOAD

CHANGES = {"administrator", "staff"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    read: dict[str, Any] = read_document(FILE)
    return read


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract(FILE)


def nodes(document: dict[str, Any], *kinds: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for kind, where, node in walk(document):
        if kind in kinds and "$ref" not in node:
            yield where, node


def test_it_is_openapi(document: dict[str, Any]) -> None:
    assert [str(error) for error in OpenAPIV30SpecValidator(document).iter_errors()] == []


def test_every_operation_has_a_handler_and_every_handler_an_operation(contract: Contract) -> None:
    handled = [name for noun in OPERATION_MODULES for name in noun.OPERATIONS]
    assert sorted(contract.operations) == sorted(["getHealth", "downloadSnapshot", UPLOAD, "triggerEvent", *handled])


def test_everything_is_described(document: dict[str, Any]) -> None:
    kinds = ("operation", "parameter", "response", "header", "schema", "tag")
    silent = [where for where, node in nodes(document, *kinds) if not node.get("description")]
    # The schemas of parameters and headers are described by those.
    assert [where for where in silent if "parameters" not in where and "headers" not in where] == []


def test_every_body_has_an_example_that_its_schema_allows(document: dict[str, Any]) -> None:
    references = References(document, "control")
    found = dict(nodes(document, "media type"))
    assert len(found) > 30
    for where, node in found.items():
        direction = Direction.REQUEST if "requestBody" in where else Direction.ANSWER
        check = Draft4Validator(json_schema(references.flatten(node["schema"], where), direction), validate_formats=True)
        assert [error.message for error in check.iter_errors(node["example"])] == [], where


def test_the_examples_of_fields_parameters_and_headers_hold(document: dict[str, Any]) -> None:
    references = References(document, "control")
    for where, node in nodes(document, "schema", "parameter", "header"):
        schema = references.flatten(node.get("schema", node), where)
        for word in ("example", "default"):
            if word in node:
                check = Draft4Validator(json_schema(schema, Direction.ANSWER), validate_formats=True)
                assert [error.message for error in check.iter_errors(node[word])] == [], (where, word)


def test_what_can_go_wrong_is_documented(contract: Contract) -> None:
    for operation in contract.operations.values():
        statuses = set(operation.answers)
        assert {400, 403, 500} <= statuses, operation.id
        assert (401 in statuses) == operation.secured, operation.id
        assert (404 in statuses) == ("{" in operation.path and operation.id != UPLOAD), operation.id
        assert (413 in statuses) == (operation.id == UPLOAD), operation.id
        assert (429 in statuses) == (operation.id == "createWorkspace"), operation.id


def test_who_may_what_is_said(contract: Contract) -> None:
    for operation in contract.operations.values():
        if operation.path.startswith(("/keys", "/workspaces")):
            assert operation.roles == {"administrator"}
        else:
            assert operation.roles == (CHANGES | {"read-only"} if operation.method == "GET" else CHANGES), operation.id


def test_what_is_created_is_a_201(contract: Contract) -> None:
    created = {operation.id for operation in contract.operations.values() if operation.success.status == 201}
    assert created == {"takeSnapshot", "uploadSnapshot", "payInvoice", "createKey", "triggerEvent", "createWorkspace"}
