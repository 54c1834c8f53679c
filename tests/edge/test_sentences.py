"""One sentence for each keyword of a schema, as a client reads it."""

from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from sandbox.edge.sentences import faults_in
from sandbox.errors import label

SENTENCES: dict[str, tuple[dict[str, Any], Any, str]] = {
    "type": ({"type": "integer"}, "x", "Amount must be a whole number"),
    "type of a number": ({"type": "number"}, "x", "Amount must be a number"),
    "type of a text": ({"type": "string"}, 1, "Amount must be a text"),
    "type of a choice": ({"type": "boolean"}, 1, "Amount must be true or false"),
    "type of a list": ({"type": "array"}, 1, "Amount must be a list"),
    "type of an object": ({"type": "object"}, 1, "Amount must be an object"),
    "types": ({"type": ["string", "null"]}, 1, "Amount must be null or a text"),
    "format email": ({"format": "email"}, "nobody", "Invalid email format; write it as name@example.com"),
    "format date": ({"format": "date"}, "15.01.2024", "Invalid date format; write it as 2024-01-15"),
    "format date-time": ({"format": "date-time"}, "now", "Invalid date-time format; write it as 2024-01-15T10:00:00Z"),
    "format uri": ({"format": "uri"}, "nowhere", "Invalid uri format; write it as https://example.com/path"),
    "format of another kind": ({"format": "ipv4"}, "x", "Invalid ipv4 format"),
    "enum": ({"enum": ["Low", "High"]}, "low", "Amount must be Low or High"),
    "pattern": ({"pattern": "^a$"}, "b", "Amount must match ^a$"),
    "pattern without NUL": ({"pattern": "^[^\\u0000]*$"}, "a\0", "Amount must not hold a NUL character"),
    "multipleOf cents": ({"multipleOf": 0.01}, 0.305, "Amount must have at most two decimals"),
    "multipleOf": ({"multipleOf": 5}, 3, "Amount must be a multiple of 5"),
    "exclusiveMinimum": ({"minimum": 0, "exclusiveMinimum": True}, 0, "Amount must be greater than 0"),
    "exclusiveMaximum": ({"maximum": 9, "exclusiveMaximum": True}, 9, "Amount must be less than 9"),
    "minimum": ({"minimum": 1}, 0, "Amount must be at least 1"),
    "maximum": ({"maximum": 1}, 2, "Amount must be at most 1"),
    "minLength of one": ({"minLength": 1}, "", "Amount must not be empty"),
    "minLength": ({"minLength": 8}, "short", "Amount must have at least 8 characters"),
    "maxLength": ({"maxLength": 2}, "long", "Amount must have at most 2 characters"),
    "minItems of one": ({"minItems": 1}, [], "Amount must have at least 1 item"),
    "minItems": ({"minItems": 2}, [1], "Amount must have at least 2 items"),
    "maxItems": ({"maxItems": 1}, [1, 2], "Amount must have at most 1 items"),
    "uniqueItems": ({"uniqueItems": True}, [1, 1], "Amount must not have the same item twice"),
    "another keyword": ({"not": {}}, 1, "Amount does not fit its schema (not)"),
}


def faults(schema: dict[str, Any], value: Any, known: tuple[str, ...] = (), within: str = "") -> dict[str, str]:
    return dict(faults_in(Draft4Validator(schema, validate_formats=True).iter_errors(value), known, within))


@pytest.mark.parametrize(("schema", "value", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_a_keyword_has_its_sentence(schema: dict[str, Any], value: Any, sentence: str) -> None:
    assert faults({"properties": {"amount": schema}}, {"amount": value}) == {"amount": sentence}


def test_what_is_required_is_named_where_it_lacks() -> None:
    line = {"required": ["qty"], "properties": {}}
    schema = {"required": ["items", "notes"], "properties": {"items": {"items": line}}}
    assert faults(schema, {"items": [{"qty": 1}, {}]}) == {"notes": "Notes is required", "items.1.qty": "Qty is required"}


def test_an_unknown_field_is_named_with_the_nearest_that_there_is() -> None:
    schema = {
        "properties": {"items": {"items": {"properties": {"qty": {}}, "additionalProperties": False}}, "notes": {}},
        "additionalProperties": False,
    }
    assert faults(schema, {"note": 1, "items": [{"amuont": 1}]}, ("items", "notes")) == {
        "note": "Note is not a field of this request; did you mean 'notes'?",
        "items.0.amuont": "Amuont is not a field of this request; leave it out",
    }


def test_a_fault_of_the_whole_body_is_under_body_and_of_a_parameter_under_its_name() -> None:
    assert faults({"type": "object"}, []) == {"body": "Body must be an object"}
    assert faults({"minimum": 1}, 0, within="page") == {"page": "Page must be at least 1"}


def test_a_sentence_never_repeats_the_value() -> None:
    for schema, _, _ in SENTENCES.values():
        for what in faults({"properties": {"password": schema}}, {"password": "hunter2-hunter2"}).values():
            assert "hunter2" not in what


@pytest.mark.parametrize(
    ("place", "name"), [("amount", "Amount"), ("items.0.qty", "Qty"), ("items.0", "Item 0"), ("date_from", "Date_from"), ("", "")]
)
def test_a_field_is_called_by_its_last_name(place: str, name: str) -> None:
    assert label(place) == name
