"""Query parameters: read strictly, and their faults told together with those of the body."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi.contract import FILE
from tests.asgi import ADMINISTRATOR, Sandbox


def faults(sandbox: Sandbox, target: str) -> dict[str, str]:
    reply = sandbox.get(target)
    assert reply.status == 400, reply.body
    assert reply.json["message"] == "Validation failed"
    return reply.errors


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("page=0", "page", "Page must be at least 1"),
        ("page=-1", "page", "Page must be at least 1"),
        ("page=9007199254740992", "page", "Page must be at most 9007199254740991"),
        ("page=" + "9" * 5000, "page", "Page must be a whole number"),
        ("page=abc", "page", "Page must be a whole number"),
        ("page=", "page", "Page must be a whole number"),
        ("page", "page", "Page must be a whole number"),
        ("page=1.0", "page", "Page must be a whole number"),
        ("page=01", "page", "Page must be a whole number"),
        ("page=+1", "page", "Page must be a whole number"),
        ("page=%D9%A1", "page", "Page must be a whole number"),
        ("page=%FF", "page", "Page must be a whole number"),
        ("limit=0", "limit", "Limit must be at least 1"),
        ("limit=101", "limit", "Limit must be at most 100"),
        ("limit=20&limit=20", "limit", "Limit is given 2 times; give it once"),
        ("search=a&search=", "search", "Search is given 2 times; give it once"),
        ("search=%FF", "search", "Search must be a text in UTF-8"),
        ("search=a%00b", "search", "Search must not hold a NUL character"),
        ("search=" + "x" * 256, "search", "Search must have at most 255 characters"),
        ("pgae=1", "pgae", "Pgae is not a parameter of this request; did you mean 'page'?"),
        ("colour=red", "colour", "Colour is not a parameter of this request; known are limit, page, search"),
        ("colour=red&colour=blue", "colour", "Colour is not a parameter of this request; known are limit, page, search"),
        ("PAGE=1", "PAGE", "PAGE is not a parameter of this request; did you mean 'page'?"),
        ("=1", "query", "A name that is empty, or not UTF-8, is not a parameter of this request; known are limit, page, search"),
        ("%FF=1", "query", "A name that is empty, or not UTF-8, is not a parameter of this request; known are limit, page, search"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_parameter_of_the_wrong_form_is_named_with_what_would_be_right(sandbox: Sandbox, query: str, name: str, sentence: str) -> None:
    assert faults(sandbox, f"/customers?{query}") == {name: sentence}


@pytest.mark.parametrize("query", ["search=", "&&page=1&", "search=a+b", "page=1&limit=100&search=%C3%A4", "page=9007199254740991"])
def test_a_parameter_of_the_right_form_is_taken(sandbox: Sandbox, query: str) -> None:
    assert sandbox.get(f"/customers?{query}").status == 200


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/invoices?status=paid", "status"),
        ("/invoices?status=", "status"),
        ("/invoices?customer_id=0", "customer_id"),
        ("/invoices?date_from=2024-02-30", "date_from"),
        ("/invoices?date_from=0000-01-01", "date_from"),
        ("/invoices?date_from=20240101", "date_from"),
        ("/customers?api_key=sbx_test_administrator&api_key=sbx_test_administrator", "api_key"),
        ("/invoices?date_to=15.01.2024", "date_to"),
        ("/transactions?type=income", "type"),
        ("/transactions?account_id=x", "account_id"),
        ("/tickets?status=Done", "status"),
        ("/tickets?department_id=0", "department_id"),
        ("/reports/financial?year=1969", "year"),
        ("/reports/financial?year=10000", "year"),
        ("/reports/financial?year=2024&month=13", "month"),
    ],
)
def test_a_filter_value_outside_its_form_is_refused(sandbox: Sandbox, target: str, name: str) -> None:
    assert set(faults(sandbox, target)) == {name}


def test_all_faults_of_the_parameters_are_told_at_once(sandbox: Sandbox) -> None:
    assert set(faults(sandbox, "/invoices?status=paid&customer_id=x&date_from=never&page=0&limit=0&colour=red")) == {
        "status", "customer_id", "date_from", "page", "limit", "colour",
    }  # fmt: skip


def test_faults_of_parameters_and_body_are_told_at_once(sandbox: Sandbox) -> None:
    reply = sandbox.post("/customers?colour=red&page=1", {"email": "nobody", "colour": "red", "city": 7})
    assert reply.status == 400
    assert set(reply.errors) == {"colour", "page", "account", "email", "city"}


def test_a_body_that_is_no_json_does_not_hide_the_parameters(sandbox: Sandbox) -> None:
    assert set(sandbox.post("/customers?colour=red", body=b"{").errors) == {"colour", "body"}


def test_the_key_is_no_parameter(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers?page=1&api_key=sbx_test_staff", None).status == 200
    assert sandbox.post("/customers?api_key=sbx_test_staff", {"account": "Jane Smith"}, key=None).status == 201


def parameter(name: str, place: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "description": "Of a trial.", "schema": schema}


def test_a_contract_may_ask_for_parameters_of_every_kind(tmp_path: Path, make_sandbox: Callable[..., Sandbox]) -> None:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    document["paths"]["/products"]["get"]["parameters"] += [
        parameter("min_rate", "query", type="number", minimum=0),
        parameter("archived", "query", type="boolean"),
        parameter("tag", "query", type="array", items={"type": "string"}, maxItems=2),
        {**parameter("X-Trace", "header", type="string", maxLength=5), "required": True},
    ]
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    sandbox = make_sandbox(spec=tmp_path / "spec.yaml")
    trace = {"X-Trace": "abc"}
    assert sandbox.get("/products?min_rate=1.5&archived=true&tag=a&tag=b", headers=trace).status == 200
    assert sandbox.get("/products?min_rate=x&archived=yes&tag=a&tag=b&tag=c", ADMINISTRATOR).errors == {
        "min_rate": "Min_rate must be a number",
        "archived": "Archived must be true or false",
        "tag": "Tag must have at most 2 items",
        "X-Trace": "X-Trace is required",
    }
