"""Every example of the contract is what the contract allows, in the direction in which it travels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.schemas import Direction, References, Schema, json_schema
from openapi.vocabulary import walk

REQUEST, ANSWER = Direction.REQUEST, Direction.ANSWER


def faults(example: Any, schema: Schema, direction: Direction) -> list[str]:
    check = Draft4Validator(json_schema(schema, direction), validate_formats=True)
    return [error.message for error in check.iter_errors(example)]


def nodes(document: dict[str, Any], *kinds: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for kind, where, node in walk(document):
        if kind in kinds and "$ref" not in node:
            yield where, node


def test_every_body_has_an_example_and_each_is_what_its_schema_says(sound_document: dict[str, Any]) -> None:
    references = References(sound_document, "api")
    found = dict(nodes(sound_document, "media type"))
    assert len(found) > 30
    for where, node in found.items():
        direction = REQUEST if "requestBody" in where and "callbacks" not in where else ANSWER  # a callback tells what is stored
        assert faults(node["example"], references.flatten(node["schema"], where), direction) == [], where


def test_the_examples_of_parameters_and_headers_are_what_their_schemas_say(sound_document: dict[str, Any]) -> None:
    shown = [(where, node) for where, node in nodes(sound_document, "parameter", "header") if "example" in node]
    assert len(shown) > 5
    for where, node in shown:
        assert faults(node["example"], node["schema"], ANSWER) == [], where


def test_every_header_has_an_example(sound_document: dict[str, Any]) -> None:
    assert [where for where, node in nodes(sound_document, "header") if "example" not in node] == []


def test_the_examples_and_defaults_of_fields_are_what_their_schemas_say(sound_document: dict[str, Any]) -> None:
    references = References(sound_document, "api")
    shown = [(where, node, word) for where, node in nodes(sound_document, "schema") for word in ("example", "default") if word in node]
    assert len(shown) > 100
    for where, node, word in shown:
        schema = references.flatten(node, where)
        assert faults(node[word], schema, REQUEST if node.get("writeOnly") else ANSWER) == [], (where, word)


def whole(schema: Schema, hidden: str) -> Any:
    """An example put together from the examples of all fields that may stand in this direction."""
    if "example" in schema:
        return schema["example"]
    if "items" in schema:
        return [whole(schema["items"], hidden)]
    if "properties" in schema:
        return {name: whole(part, hidden) for name, part in schema["properties"].items() if not part.get(hidden)}
    return schema["enum"][0]


@pytest.mark.parametrize(("direction", "hidden"), [(REQUEST, "readOnly"), (ANSWER, "writeOnly")])
def test_the_examples_of_all_fields_make_a_whole_object(contract: Contract, direction: Direction, hidden: str) -> None:
    for resource in contract.resources.values():
        schema = resource.input if direction is REQUEST else resource.schema
        example = whole(schema, hidden)
        assert faults(example, schema, direction) == [], resource.name
        assert len(example) > 1, resource.name


def test_what_was_read_can_be_sent_back(contract: Contract) -> None:
    for resource in contract.resources.values():
        sent = whole(resource.schema, "writeOnly")
        kept = {name: whole(part, "") for name, part in resource.input["properties"].items() if part.get("writeOnly")}
        assert faults(sent | kept, resource.input, REQUEST) == [], resource.name


def test_the_password_stands_in_the_request_and_never_in_an_answer(contract: Contract, sound_document: dict[str, Any]) -> None:
    sent = whole(contract.resources["users"].input, "readOnly")
    for method, status in (("post", "201"), ("get", "200")):
        answer = sound_document["paths"]["/users"][method]["responses"][status]["content"]["application/json"]["example"]
        schema = contract.paths["/users"][method.upper()].success.schema or {}
        user, *_others = answer["data"] if method == "get" else [answer["data"]]
        telling = {**user, "password": sent["password"]}
        assert faults({**answer, "data": [user] if method == "get" else user}, schema, ANSWER) == []
        assert faults({**answer, "data": [telling] if method == "get" else telling}, schema, ANSWER) != []
