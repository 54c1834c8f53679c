"""A value made from a schema fits it, whatever the schema says."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from openapi.schemas import Direction, json_schema
from sandbox.errors import StartError
from sandbox.seeding.schema_values import NOTHING, GenerationContext, fitting_value

NOW = datetime(2024, 5, 17, 9, 30, tzinfo=UTC)
REFERENCE = {"type": "integer", "minimum": 1, "x-ref": "customers"}
BARREN = {"type": "integer", "x-ref": "webhooks"}


def context(seed: int = 1) -> GenerationContext:
    return GenerationContext(Random(seed), NOW, {"customers": [3, 5, 8], "webhooks": []}.__getitem__)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "string", "minLength": 60},
        {"type": "string", "maxLength": 3},
        {"type": "string", "minLength": 1, "maxLength": 1},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
        {"type": "string", "nullable": True, "pattern": "^[A-Z]{3}$"},
        {"type": "string", "pattern": "^(?=x)xyz$", "example": "xyz"},
        {"type": "string", "pattern": "^(?=x)xyz$", "default": "xyz"},
        *({"type": "string", "format": one} for one in ("date", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "password")),
        {"type": "integer"},
        {"type": "integer", "minimum": 5, "maximum": 5},
        {"type": "integer", "minimum": 5, "exclusiveMinimum": True, "maximum": 6},
        {"type": "integer", "maximum": 6, "exclusiveMaximum": True, "minimum": 5},
        {"type": "integer", "maximum": -5},
        {"type": "integer", "maximum": 5},
        {"type": "integer", "multipleOf": 250, "minimum": 1},
        {"type": "number"},
        {"type": "number", "multipleOf": 0.01, "minimum": 0, "exclusiveMinimum": True, "maximum": 0.02},
        {"type": "number", "multipleOf": 0.25, "minimum": 99.9, "maximum": 100},
        {"type": "number", "minimum": -2, "maximum": -1},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "integer"}},
        {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "string"}},
        {"type": "array", "uniqueItems": True, "minItems": 2, "maxItems": 2, "items": {"type": "string", "enum": ["a", "b"]}},
        {"items": {"type": "integer", "enum": [7]}},
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"readOnly": True}}},
        {"properties": {"a": {"type": "object", "required": ["b"], "properties": {"b": {"type": "boolean"}}}}, "required": ["a"]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "integer", "enum": [1]}]},
        {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 3}]},
        {
            "type": "object",
            "allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}],
        },
        {"type": "object", "properties": {name: {"type": "string"} for name in "abcdefgh"}, "maxProperties": 1, "required": ["a"]},
        REFERENCE,
        {"type": "array", "minItems": 1, "items": REFERENCE},
        {"type": "array", "items": BARREN},
    ],
    ids=str,
)
def test_a_made_value_fits_its_schema(schema: dict[str, Any]) -> None:
    validator = Draft4Validator(json_schema(schema, Direction.REQUEST), validate_formats=True)
    for seed in range(30):
        value = fitting_value(schema, "field", context(seed))
        assert validator.is_valid(value), value
        assert value is not None


def test_a_reference_names_something_that_exists() -> None:
    assert {fitting_value(REFERENCE, "customer_id", context(seed)) for seed in range(40)} == {3, 5, 8}


@pytest.mark.parametrize(
    "schema",
    [
        BARREN,
        {"type": "object", "required": ["webhook_id"], "properties": {"webhook_id": BARREN}},
        {"type": "array", "minItems": 1, "items": BARREN},
        {"anyOf": [BARREN]},
    ],
    ids=str,
)
def test_what_must_point_into_an_empty_collection_cannot_be(schema: dict[str, Any]) -> None:
    assert fitting_value(schema, "field", context()) is NOTHING


def test_an_optional_field_that_must_point_into_an_empty_collection_is_left_out() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}, "webhook_id": BARREN}}
    assert all(fitting_value(schema, "field", context(seed)).keys() == {"a"} for seed in range(20))


def test_a_field_that_the_server_sets_is_not_made() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}}, "required": ["id"]}
    assert fitting_value(schema, "field", context()) == {}


def test_an_optional_field_is_there_mostly_and_not_always() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}}
    there = sum("a" in fitting_value(schema, "field", context(seed)) for seed in range(200))
    assert 130 < there < 190


def test_a_day_is_the_day_on_which_the_object_comes_into_being() -> None:
    assert fitting_value({"type": "string", "format": "date"}, "day", context()) == "2024-05-17"
    assert fitting_value({"type": "string", "format": "date-time"}, "moment", context()) == "2024-05-17T09:30:00Z"


def test_a_text_says_what_its_field_is_called() -> None:
    assert fitting_value({"type": "string"}, "projects.short_name", context()).startswith("Short name ")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "string", "pattern": "^(?=x)xyz$", "example": "abc"},
        {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"type": "string", "enum": ["a", "b"]}},
    ],
    ids=str,
)
def test_a_schema_that_nothing_fits_is_named(schema: dict[str, Any]) -> None:
    with pytest.raises(
        StartError, match=r"no value for the field leads\.shoe was found that fits its schema, \{\"[^{}]*.*; give it an example in the contract"
    ):
        fitting_value(schema, "leads.shoe", context())
