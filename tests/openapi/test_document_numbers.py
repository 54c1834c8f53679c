"""What a document of OpenAPI says in numbers is read as the numbers of a request are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from openapi.contract import Contract
from openapi.document_numbers import normalize_numbers
from openapi.document_validation import refuse_invalid
from tests.engine.spec_edits import Spec, add_suppliers, contract_of, own_document

WHOLE: dict[str, dict[str, Any]] = {
    "a default": {"type": "integer", "default": 20.0},
    "a default with an exponent": {"type": "integer", "default": 2e1},
    "an enum": {"type": "integer", "enum": [1.0, 2e0, 3]},
    "an example": {"type": "integer", "example": 5.0},
    "bounds": {"type": "integer", "minimum": 1.0, "maximum": 1e3, "multipleOf": 1.0},
    "lengths": {"type": "string", "minLength": 1.0, "maxLength": 1e2},
    "sizes": {"type": "array", "items": {}, "minItems": 0.0, "maxItems": 5.0, "default": [1.0, {"in": 2.0}]},
    "properties": {"type": "object", "minProperties": 1.0, "maxProperties": 9.0, "default": {"in": [3.0]}},
    "a composite": {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 7.0},
    "anything": {"default": 7.0, "enum": [7.0, "x", None, True]},
    "what may be null": {"type": "integer", "nullable": True, "default": -0.0},
    "an inner schema": {"type": "array", "items": {"type": "integer", "default": 4.0}},
}


def with_field(schema: Spec) -> Spec:
    document = add_suppliers(own_document())
    document["components"]["schemas"]["SupplierInput"]["properties"]["score"] = schema
    return document


def field_of(contract: Contract) -> Spec:
    found: Spec = contract.resources["suppliers"].input["properties"]["score"]
    return found


def kinds(value: Any) -> set[type]:
    """The types of all numbers within."""
    if isinstance(value, dict | list):
        return set().union(*map(kinds, value.values() if isinstance(value, dict) else value))
    return {type(value)} & {int, float}


@pytest.mark.parametrize("what", WHOLE)
def test_a_whole_number_of_a_schema_is_the_integer(tmp_path: Path, what: str) -> None:
    field = field_of(contract_of(with_field(WHOLE[what]), tmp_path))
    assert field == WHOLE[what]
    assert kinds(field) == {int}


@pytest.mark.parametrize("what", WHOLE)
def test_it_is_sound_once_it_is_settled(what: str) -> None:
    document = with_field(WHOLE[what])
    normalize_numbers(document)
    refuse_invalid(document, "spec.json")


@pytest.mark.parametrize("schema", [{"type": "number", "default": 7.0}, {"type": "number", "enum": [1.0, 2.5]}, {"type": "number", "example": 19.0}])
def test_a_number_keeps_its_fraction_where_the_schema_asks_for_a_number(tmp_path: Path, schema: Spec) -> None:
    assert kinds(field_of(contract_of(with_field(schema), tmp_path))) == {float}


@pytest.mark.parametrize("where", ["maximum", "minimum", "default", "example", "x"])
@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**20, 10**40, 10**300])
def test_a_number_beyond_64_bits_is_a_double_so_that_the_document_can_be_kept(where: str, number: int) -> None:
    document: Any = {
        "openapi": "3.0.3",
        "paths": {},
        "components": {"schemas": {"One": {"type": "number", where: number}, "Two": [number, [number]]}},
    }
    normalize_numbers(document)
    assert document["components"]["schemas"]["One"][where] == float(number)
    assert orjson.loads(orjson.dumps(document)) == document


def test_what_is_settled_stays_as_it_is() -> None:
    shared: list[Any] = [2**70, {"more": 2**70}]
    document: Any = {"paths": {}, "components": {"schemas": {"One": {"type": "integer", "maximum": 5.0}}}, "x": shared, "y": shared}
    normalize_numbers(document)
    again = orjson.dumps(document)
    normalize_numbers(document)
    assert orjson.dumps(document) == again


@pytest.mark.parametrize(
    "document", [None, [], "text", 1, {"paths": []}, {"components": {"schemas": {"One": None, "Two": {"enum": 1.0, "properties": []}}}}]
)
def test_what_is_no_document_is_left_to_those_who_say_so(document: Any) -> None:
    normalize_numbers(document)
