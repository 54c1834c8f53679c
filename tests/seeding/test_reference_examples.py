"""The example requests of the reference work on the world `demo`, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from openapi.contract import Contract
from sandbox.domain import ALL_RULES
from sandbox.engine import Engine, bind, index_plan
from sandbox.seeding.fixture_files import scenario
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.workspace import Workspace

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("customers", {"account": "Jane Smith", "email": "jane@example.com", "phone": "1234567890", "city": "New York", "country": "US"}),
    ("customers", {"account": "Customer 1", "email": "customer1@example.com"}),
    (
        "invoices",
        {
            "customer_id": 1,
            "date": "2024-01-15",
            "due_date": "2024-02-15",
            "items": [{"description": "Web Development", "amount": 1500.00, "qty": 1}],
            "notes": "Payment due within 30 days",
        },
    ),
    ("transactions", {"type": "Income", "account_id": 1, "amount": 1500.00, "category_id": 1, "date": "2024-01-15"}),
    ("products", {"name": "Web Hosting", "price": 99.99, "type": "service", "tax_rate": 10}),
    ("quotes", {"customer_id": 1, "valid_until": "2024-02-15", "items": [{"description": "Consulting Services", "amount": 2000.00, "qty": 1}]}),
    ("tickets", {"customer_id": 1, "subject": "Technical Support Required", "message": "Need assistance", "department_id": 1, "priority": "High"}),
    ("leads", {"first_name": "John", "last_name": "Smith", "email": "john@example.com", "company": "Acme Corp", "source": "Website"}),
    ("users", {"name": "Admin User", "email": "admin@example.com", "_password": "a digest", "role": "administrator"}),
]


@pytest.mark.parametrize(("collection", "body"), EXAMPLES)
def test_an_example_of_the_reference_is_taken(contract: Contract, demo: Image, collection: str, body: dict[str, Any]) -> None:
    workspace = Workspace("reader", ManualClock(scenario("demo").date), index_plan(contract), image=demo)
    engine = Engine(contract, bind(contract, ALL_RULES, lenient=False), bytes)
    with workspace.transaction() as tx:
        document = engine.create(tx, collection, body)
    assert document["id"] == len(demo.tables[collection]) + 1
    assert body.items() <= document.items()
