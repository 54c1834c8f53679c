"""The contract says what the published reference says: its operations, parameters, bodies, statuses and headers.

The reference stands beside a checkout, not in it. What it says is recorded here, so that every run compares the contract
with it; where the reference is present, the record is compared with it too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from openapi.contract import Contract
from openapi.schemas import Schema

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "api-endpoints-reference.txt"


class Told(NamedTuple):
    """What the reference tells of one operation: its parameters, and the body that it shows as a request."""

    parameters: tuple[str, ...] = ()
    request: Any = None


def line(description: str, amount: float) -> dict[str, Any]:
    return {"description": description, "amount": amount, "qty": 1}


JANE = {"account": "Jane Smith", "email": "jane@example.com", "phone": "1234567890", "address": "123 Business St"}
JANE |= {"city": "New York", "state": "NY", "zip": "10001", "country": "US"}
INVOICE = {"customer_id": 1, "date": "2024-01-15", "due_date": "2024-02-15", "items": [line("Web Development", 1500.00)]}
INVOICE |= {"notes": "Payment due within 30 days"}
BOOKING = {"type": "Income", "account_id": 1, "amount": 1500.00, "category_id": 1}
BOOKING |= {"description": "Website Development Payment", "date": "2024-01-15"}
PRODUCT = {"name": "Web Hosting", "price": 99.99, "description": "Annual web hosting package", "type": "service", "tax_rate": 10}
QUOTE = {"customer_id": 1, "valid_until": "2024-02-15", "items": [line("Consulting Services", 2000.00)]}
TICKET = {"customer_id": 1, "subject": "Technical Support Required", "message": "Need assistance with installation"}
TICKET |= {"department_id": 1, "priority": "High"}
LEAD = {"first_name": "John", "last_name": "Smith", "email": "john@example.com"}
LEAD |= {"company": "Acme Corp", "phone": "1234567890", "source": "Website"}
USER = {"name": "Admin User", "email": "admin@example.com", "password": "securepassword", "role": "administrator"}
WEBHOOK = {"url": "https://your-domain.com/webhook", "events": ["invoice.created", "payment.received"]}
BATCH = {"customers": [{"account": f"Customer {n}", "email": f"customer{n}@example.com"} for n in (1, 2)]}

RECORDED: dict[str, Told] = {
    "GET /customers": Told(("page", "limit", "search")),
    "POST /customers": Told(request=JANE),
    "GET /customers/{id}": Told(),
    "PUT /customers/{id}": Told(),
    "DELETE /customers/{id}": Told(),
    "GET /invoices": Told(("status", "customer_id", "date_from", "date_to")),
    "POST /invoices": Told(request=INVOICE),
    "GET /transactions": Told(("type", "account_id", "date_from", "date_to")),
    "POST /transactions": Told(request=BOOKING),
    "GET /products": Told(),
    "POST /products": Told(request=PRODUCT),
    "GET /quotes": Told(),
    "POST /quotes": Told(request=QUOTE),
    "GET /tickets": Told(("status", "department_id")),
    "POST /tickets": Told(request=TICKET),
    "POST /leads": Told(request=LEAD),
    "GET /users": Told(),
    "POST /users": Told(request=USER),
    "GET /reports/financial": Told(("year", "month")),
    "POST /webhooks": Told(request=WEBHOOK),
    "POST /batch/customers": Told(request=BATCH),
}
# The words in which the reference gives the values of a parameter, and the default of another.
CHOICES = {
    ("GET /invoices", "status"): ("Paid", "Unpaid", "Partially Paid"),
    ("GET /transactions", "type"): ("Income", "Expense"),
    ("GET /tickets", "status"): ("Open", "Closed", "Pending"),
}
# What the reference shows as answers.
CUSTOMER = {"id": 1, "account": "John Doe", "email": "john@example.com", "phone": "1234567890"}
CUSTOMER |= dict.fromkeys(("created_at", "updated_at"), "2024-01-15T10:00:00Z")
PAGE = {"success": True, "data": [CUSTOMER], "meta": {"current_page": 1, "total_pages": 5, "total_records": 100}}
SHOWN_INVOICE = {"id": 1, "invoice_number": "INV-2024-001", "customer_id": 1, "amount": 1500.00, "status": "Unpaid"}
SHOWN_INVOICE |= {"due_date": "2024-02-15", "items": [line("Web Development", 1500.00)]}
REPORT = {"income": 15000.00, "expenses": 5000.00, "profit": 10000.00, "outstanding_invoices": 3000.00}
ANSWERS: dict[str, dict[str, Any]] = {
    "GET /customers": PAGE,
    "GET /invoices": {"success": True, "data": [SHOWN_INVOICE]},
    "GET /reports/financial": {"success": True, "data": REPORT},
}
INVALID = {"success": False, "errors": {"email": "Invalid email format", "amount": "Amount must be greater than 0"}}
REFUSALS = [INVALID | {"message": "Validation failed"}, {"success": False, "message": "Invalid API key or unauthorized access"}]
RATE = {"X-RateLimit-Limit": 1000, "X-RateLimit-Remaining": 999, "X-RateLimit-Reset": 1516131220}
STATUSES = {200, 201, 400, 401, 403, 404, 429, 500}


def json_blocks(text: str) -> list[Any]:
    """Every JSON object that stands in the text, but for those within another."""
    starts = [found.start() for found in re.finditer(r"^\{$", text, re.MULTILINE) if depth(text[: found.start()]) == 0]
    return [json.JSONDecoder().raw_decode(text[start:])[0] for start in starts]


def depth(text: str) -> int:
    return text.count("{") - text.count("}")


def sections() -> dict[str, str]:
    """The reference's text by operation; what follows the last operation belongs to none."""
    text = REFERENCE.read_text(encoding="utf-8").split("\nError Responses\n")[0]
    head = re.compile(r"^(GET|POST|PUT|PATCH|DELETE) /api/v2(/\S+)$", re.MULTILINE)
    found = list(head.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return {f"{one[1]} {one[2]}": text[one.end() : end] for one, end in zip(found, ends, strict=True)}


def told_in(section: str) -> Told:
    request = section.split("Request Body:")[1:]
    parameters = tuple(re.findall(r"^(\w+)\n\(optional\)", section, re.MULTILINE))
    return Told(parameters, json.JSONDecoder().raw_decode(request[0].lstrip())[0] if request else None)


def node_of(document: dict[str, Any], operation: str) -> dict[str, Any]:
    method, path = operation.split()
    found: dict[str, Any] = document["paths"][path][method.lower()]
    return found


def example(holder: dict[str, Any]) -> Any:
    return holder["content"]["application/json"]["example"]


def test_the_record_is_what_the_reference_says() -> None:
    told = {name: told_in(section) for name, section in sections().items()} if REFERENCE.is_file() else RECORDED
    assert told == RECORDED
    assert len(told) == 21


def test_the_recorded_answers_are_those_that_the_reference_shows() -> None:
    recorded = [*ANSWERS.values(), *REFUSALS]
    text = REFERENCE.read_text(encoding="utf-8") if REFERENCE.is_file() else "\n".join(f"{{\n{json.dumps(one)[1:]}" for one in recorded)
    shown = [block for block in json_blocks(text) if "success" in block]
    assert shown == recorded
    if REFERENCE.is_file():
        assert {name: int(value) for name, value in re.findall(r"^(X-RateLimit-\w+): (\d+)$", text, re.MULTILINE)} == RATE
        assert {int(code) for code in re.findall(r"^(\d{3})\n- ", text, re.MULTILINE)} == STATUSES


def test_the_contract_has_the_operations_of_the_reference_and_no_others(contract: Contract) -> None:
    assert {f"{one.method} {one.path}" for one in contract.operations.values()} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_every_parameter_of_the_reference_is_there_and_optional_and_only_paging_is_added(contract: Contract, name: str) -> None:
    method, path = name.split()
    operation = contract.paths[path][method]
    told = RECORDED[name].parameters
    added = ("page", "limit") if operation.action == "list" and "page" not in told else ()
    query = [one for one in operation.parameters if one.place == "query"]
    assert tuple(one.name for one in query) == told + added
    assert not any(one.required for one in query)


def test_the_values_of_parameters_are_those_of_the_reference(contract: Contract) -> None:
    for (name, parameter), values in CHOICES.items():
        method, path = name.split()
        (schema,) = (one.schema for one in contract.paths[path][method].parameters if one.name == parameter)
        assert tuple(schema["enum"]) == values
    limits = [one.schema for operation in contract.operations.values() for one in operation.parameters if one.name == "limit"]
    assert [(schema["default"], schema["minimum"], schema["maximum"]) for schema in limits] == [(20, 1, 100)] * 7


@pytest.mark.parametrize("name", [name for name, told in RECORDED.items() if told.request])
def test_every_request_of_the_reference_is_the_example_of_its_operation(sound_document: dict[str, Any], name: str) -> None:
    assert example(node_of(sound_document, name)["requestBody"]) == RECORDED[name].request


def test_an_answer_of_the_reference_is_the_example_of_its_operation(sound_document: dict[str, Any]) -> None:
    for name in ("GET /customers", "GET /reports/financial"):
        assert example(node_of(sound_document, name)["responses"]["200"]) == ANSWERS[name]
    (invoice,) = example(node_of(sound_document, "GET /invoices")["responses"]["200"])["data"]
    assert invoice == invoice | SHOWN_INVOICE


def test_the_refusals_and_headers_of_the_reference_are_the_examples_of_theirs(sound_document: dict[str, Any]) -> None:
    components = sound_document["components"]
    assert [example(components["responses"][name]) for name in ("BadRequest", "Unauthorized")] == REFUSALS
    assert {name: components["headers"][name]["example"] for name in RATE} == RATE


def test_the_contract_documents_no_status_that_the_reference_does_not_list(contract: Contract) -> None:
    assert {status for operation in contract.operations.values() for status in operation.answers} == STATUSES


def shown_of(contract: Contract, name: str) -> set[str]:
    """The fields of a resource that the reference shows: in a request, in an answer, or as a filter."""
    shown: set[str] = set()
    for operation in contract.resources[name].operations.values():
        told = f"{operation.method} {operation.path}"
        bodies: tuple[Any, ...] = (RECORDED[told].request, ANSWERS.get(told, {}).get("data"))
        for body in bodies:
            for one in body if isinstance(body, list) else [body or {}]:
                shown.update(one)
        shown.update(RECORDED[told].parameters)
    return shown


def effective(schema: Schema, field: str, document: Mapping[str, Any]) -> str:
    """What is said of a field's source by itself, by its object, or by the document."""
    part = schema["properties"][field]
    return str(part.get("x-source", schema.get("x-source", document["x-source"])))


def test_a_field_is_documented_where_the_reference_shows_it_and_inferred_where_not(contract: Contract) -> None:
    for resource in contract.resources.values():
        shown = shown_of(contract, resource.name)
        for schema in (resource.input, resource.schema):
            sources = {field: effective(schema, field, contract.document) for field in schema["properties"]}
            assert sources == {field: "documented" if field in shown else "inferred" for field in sources}, resource.name


def test_a_parameter_is_documented_where_the_reference_names_it_and_inferred_where_not(sound_document: dict[str, Any]) -> None:
    for name, told in RECORDED.items():
        node = node_of(sound_document, name)
        for raw in node.get("parameters", ()):
            one = sound_document["components"]["parameters"][raw["$ref"].rsplit("/", 1)[-1]] if "$ref" in raw else raw
            source = one.get("x-source", node.get("x-source", sound_document["x-source"]))
            assert source == ("documented" if one["name"] in told.parameters else "inferred"), (name, one["name"])


def test_operations_and_rate_headers_are_documented_and_all_other_headers_are_inferred(sound_document: dict[str, Any]) -> None:
    for name in RECORDED:
        assert node_of(sound_document, name).get("x-source", sound_document["x-source"]) == "documented", name
    for name, header in sound_document["components"]["headers"].items():
        assert header.get("x-source", sound_document["x-source"]) == ("documented" if name in RATE else "inferred"), name
