"""One sentence for each keyword of a schema, as a client reads it."""

from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from sandbox.edge.messages import faults_in, unknown
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
    "enum": ({"enum": ["Low", "High"]}, "Urgent", "Amount must be Low or High"),
    "enum in another case": ({"enum": ["Low", "High"]}, "low", "Amount must be Low or High; did you mean 'Low'?"),
    "enum of many": ({"enum": ["Low", "High", "Medium"]}, "none", "Amount must be Low, High or Medium"),
    "enum with other spaces": ({"enum": ["Partially Paid"]}, " partially_paid ", "Amount must be Partially Paid; did you mean 'Partially Paid'?"),
    "enum misspelt": ({"enum": ["Paid", "Open"]}, "Payed", "Amount must be Paid or Open; did you mean 'Paid'?"),
    "enum begun": ({"enum": ["administrator", "staff"]}, "Admin", "Amount must be administrator or staff; did you mean 'administrator'?"),
    "enum of values": ({"enum": [1, True, None, 0.5]}, "one", "Amount must be 1, true, null or 0.5"),
    "enum and no text": ({"enum": ["Low", "High"]}, ["Low"], "Amount must be Low or High"),
    "pattern": ({"pattern": "^a$"}, "b", "Amount must be 'a'"),
    "pattern of digits": ({"pattern": "^[0-9]{5}$"}, "b", "Amount must be 5 digits"),
    "pattern beyond words": ({"pattern": "^(a|b)$"}, "c", "Amount must match the regular expression ^(a|b)$"),
    "pattern of an address": (
        {"pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\u0000]+$"},
        "b",
        "Amount must be an http or https URL, such as https://your-domain.com/webhook",
    ),
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
    "maxItems": ({"maxItems": 1}, [1, 2], "Amount must have at most 1 item"),
    "uniqueItems": ({"uniqueItems": True}, [1, 1], "Amount must not have the same item twice"),
    "minLength of two": ({"minLength": 2}, "x", "Amount must have at least 2 characters"),
    "maxLength of one": ({"maxLength": 1}, "xx", "Amount must have at most 1 character"),
    "minProperties": ({"minProperties": 1}, {}, "Amount must have at least 1 field"),
    "maxProperties": ({"maxProperties": 2}, {"a": 1, "b": 2, "c": 3}, "Amount must have at most 2 fields"),
    "multipleOf one": ({"multipleOf": 1}, 0.5, "Amount must be a whole number"),
    "multipleOf tenths": ({"multipleOf": 0.1}, 0.55, "Amount must have at most one decimal"),
    "anyOf of kinds": ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, [], "Amount must be a text or a whole number"),
    "null": ({"type": "integer"}, None, "Amount must be a whole number, not null"),
    "null for a choice": ({"enum": ["Low"]}, None, "Amount may not be null"),
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


def told(schema: dict[str, Any], value: Any) -> dict[str, str]:
    """As `faults`, with the schema as the contract gives it."""
    return dict(faults_in(Draft4Validator(schema, validate_formats=True).iter_errors(value), schema.get("properties", ()), schema=schema))


def test_null_for_an_optional_field_is_to_be_left_out_and_for_a_required_one_is_told_as_that() -> None:
    schema = {"required": ["account"], "properties": {"account": {"type": "string"}, "email": {"type": "string"}, "tag": {"enum": ["a"]}}}
    assert told(schema, {"account": None, "email": None, "tag": None}) == {
        "account": "Account is required and may not be null",
        "email": "Email may not be null; leave it out",
        "tag": "Tag may not be null; leave it out",
    }


@pytest.mark.parametrize(
    ("pattern", "example", "sentence"),
    [
        ("^(AB|CD)-[0-9]+$", "AB-12", "Code must look like 'AB-12'"),
        ("^[A-Z]{3}$", "EUR", "Code must be 3 capital letters, such as EUR"),
        ("^(AB|CD)$", "not one", "Code must match the regular expression ^(AB|CD)$"),
        ("^(AB|CD)$", 7, "Code must match the regular expression ^(AB|CD)$"),
    ],
)
def test_an_example_of_the_contract_says_more_than_a_pattern(pattern: str, example: Any, sentence: str) -> None:
    assert told({"properties": {"code": {"pattern": pattern, "example": example}}}, {"code": "?"}) == {"code": sentence}


def test_a_field_within_a_field_gets_its_hint_too() -> None:
    line = {"properties": {"qty": {}, "amount": {}, "id": {"readOnly": True}}, "additionalProperties": False}
    schema = {"properties": {"items": {"type": "array", "items": line}}}
    assert told(schema, {"items": [{"quantity": 1, "amuont": 1, "x": 1}]}) == {
        "items.0.quantity": "Quantity is not a field of this request; did you mean 'qty'?",
        "items.0.amuont": "Amuont is not a field of this request; did you mean 'amount'?",
        "items.0.x": "X is not a field of this request; known are amount, qty",
    }


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("per_page", ["page", "limit"], "limit"),
        ("perPage", ["page", "limit"], "limit"),
        ("page_size", ["page", "limit"], "limit"),
        ("page-size", ["page", "limit"], "limit"),
        ("size", ["page", "limit"], "limit"),
        ("count", ["page", "limit"], "limit"),
        ("offset", ["page", "limit"], "page"),
        ("PAGE", ["page", "limit"], "page"),
        ("q", ["search", "page"], "search"),
        ("query", ["search", "page"], "search"),
        ("filter", ["search", "page"], "search"),
        ("from", ["date_from", "date_to"], "date_from"),
        ("until", ["date_from", "date_to"], "date_to"),
        ("customerId", ["customer_id", "status"], "customer_id"),
        ("customer-id", ["customer_id", "status"], "customer_id"),
        ("customer", ["customer_id", "status"], "customer_id"),
        ("state", ["status", "page"], "status"),
        ("first-name", ["first_name", "last_name"], "first_name"),
        ("surname", ["first_name", "last_name"], "last_name"),
        ("quantity", ["qty", "amount"], "qty"),
        ("price", ["qty", "amount"], "amount"),
        ("vat", ["price", "tax_rate"], "tax_rate"),
        ("postcode", ["zip", "city"], "zip"),
        ("endpoint", ["url", "events"], "url"),
        ("duration", ["by"], "by"),
        ("emial", ["email", "phone"], "email"),
    ],
)
def test_a_hint_goes_by_what_was_meant(name: str, known: list[str], meant: str) -> None:
    assert unknown(name, "field", known).endswith(f"; did you mean '{meant}'?")


def test_a_hint_names_nothing_that_the_operation_has_not() -> None:
    assert unknown("per_page", "parameter", ["year", "month"]).endswith("; known are month, year")
    assert unknown("data", "field", ["type"]) == "Data is not a field of this request; known is type"


def test_a_name_is_shown_on_one_line_and_not_at_length() -> None:
    assert unknown("a\nb\x1b[2J", "field", ["account"]).startswith("A\\nb\\u001b[2J is not a field")
    assert len(unknown("x" * 5_000, "field", ["account"])) < 150


def test_a_sentence_never_repeats_the_value() -> None:
    for schema, _, _ in SENTENCES.values():
        for what in faults({"properties": {"password": schema}}, {"password": "hunter2-hunter2"}).values():
            assert "hunter2" not in what


@pytest.mark.parametrize(
    ("place", "name"), [("amount", "Amount"), ("items.0.qty", "Qty"), ("items.0", "Item 0"), ("date_from", "Date_from"), ("", "")]
)
def test_a_field_is_called_by_its_last_name(place: str, name: str) -> None:
    assert label(place) == name
