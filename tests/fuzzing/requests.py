"""What the fuzzer sends: a request, and the valid ones that all its requests are made from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from tests.asgi import ADMINISTRATOR, BASE, OTHER, READ_ONLY, STAFF

Value = Any
_CUSTOMERS = 30
"""The demo world has most of these ids, and lacks the last."""


@dataclass(frozen=True)
class Request:
    """One request. The body comes in one message for each of `cuts` and one more; a client that `leaves` goes in the midst of it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    cuts: tuple[int, ...] = ()
    leaves: bool = False

    def chunks(self) -> bytes | list[bytes]:
        """The body as the client of the tests takes it; in one piece it has a length, in several it has none."""
        if not self.cuts and not self.leaves:
            return self.body
        places = [0, *sorted(min(cut, len(self.body)) for cut in self.cuts), len(self.body)]
        return [self.body[begin:end] for begin, end in pairwise(places)]


def valid(dice: Random) -> Request:
    """A request that nothing is wrong with, to any of the operations."""
    operation, weight = zip(*_WEIGHTS.items(), strict=True)
    method, target, body = dice.choices(operation, weight)[0](dice)
    headers = [("authorization", f"Bearer {dice.choices((ADMINISTRATOR, STAFF, READ_ONLY, OTHER), (20, 3, 1, 2))[0]}")]
    if body is not None:
        headers.append(("content-type", "application/json"))
    return Request(method, BASE + target, tuple(headers), b"" if body is None else json.dumps(body).encode())


Made = tuple[str, str, Value]


def _one_customer(dice: Random) -> Made:
    return dice.choice(("GET", "GET", "HEAD")), f"/customers/{dice.randint(1, _CUSTOMERS)}", None


def _replaced_customer(dice: Random) -> Made:
    return "PUT", f"/customers/{dice.randint(1, _CUSTOMERS)}", _customer(dice)


def _deleted_customer(dice: Random) -> Made:
    return "DELETE", f"/customers/{dice.randint(1, _CUSTOMERS)}", None


def _list(dice: Random) -> Made:
    target = dice.choice(
        ("/customers?page=1&limit=5&search=a", "/customers", "/invoices?status=Unpaid&customer_id=1",
        "/invoices?date_from=2024-01-01&date_to=2025-01-01",
         "/transactions?type=Income&account_id=1", "/transactions?date_from=2024-01-01&date_to=2025-01-01&page=2", "/products?limit=10",
         "/quotes?page=1",
         "/tickets?status=Open&department_id=1", "/users?limit=100", "/reports/financial", "/reports/financial?year=2025&month=3"),
    )  # fmt: skip
    return dice.choice(("GET", "GET", "GET", "HEAD")), target, None


def _created_customer(dice: Random) -> Made:
    return "POST", "/customers", _customer(dice)


def _batch(dice: Random) -> Made:
    return "POST", "/batch/customers", {"customers": [_customer(dice) for _ in range(dice.randint(1, 4))]}


def _invoice(dice: Random) -> Made:
    body = {"customer_id": dice.randint(1, 20), "date": "2024-01-15", "due_date": "2024-02-15", "items": _items(dice), "notes": "Within 30 days"}
    return "POST", "/invoices", body


def _quote(dice: Random) -> Made:
    return "POST", "/quotes", {"customer_id": dice.randint(1, 20), "valid_until": "2024-02-15", "items": _items(dice)}


def _transaction(dice: Random) -> Made:
    body = {
        "type": dice.choice(("Income", "Expense")),
        "account_id": 1,
        "amount": _amount(dice),
        "category_id": 1,
        "description": "A",
        "date": "2024-01-15",
    }
    return "POST", "/transactions", body


def _product(dice: Random) -> Made:
    return "POST", "/products", {"name": "Web Hosting", "price": _amount(dice), "description": "A year", "type": "service", "tax_rate": 7.75}


def _ticket(dice: Random) -> Made:
    body = {"customer_id": dice.randint(1, 20), "subject": "Help", "message": "It is broken", "department_id": 1, "priority": "High"}
    return "POST", "/tickets", body


def _lead(dice: Random) -> Made:
    return (
        "POST",
        "/leads",
        {"first_name": "John", "last_name": "Smith", "email": "john@example.com", "company": "Acme", "phone": "1", "source": "Web"},
    )


def _user(dice: Random) -> Made:
    return "POST", "/users", {"name": "Ada", "email": f"ada{dice.randrange(10**6)}@example.com", "password": "securepassword", "role": "staff"}


def _webhook(dice: Random) -> Made:
    return "POST", "/webhooks", {"url": "https://your-domain.com/webhook", "events": ["invoice.created", "payment.received"]}


def _customer(dice: Random) -> Value:
    whole = {"account": "Jane Smith", "email": "jane@example.com", "phone": "1234567890", "address": "123 Business St", "city": "New York",
             "state": "NY", "zip": "10001", "country": "US"}  # fmt: skip
    return {name: value for name, value in whole.items() if name == "account" or dice.random() < 0.6}


def _items(dice: Random) -> Value:
    return [{"description": "Work", "amount": _amount(dice), "qty": dice.randint(1, 9)} for _ in range(dice.randint(1, 3))]


def _amount(dice: Random) -> float:
    return dice.randint(1, 200_000) / 100


# A user costs a digest that is slow on purpose, and so is made seldom.
_WEIGHTS: dict[Callable[[Random], Made], float] = {
    _list: 6, _one_customer: 3, _created_customer: 3, _replaced_customer: 3, _deleted_customer: 1, _batch: 2, _invoice: 3, _quote: 2,
    _transaction: 2, _product: 2, _ticket: 2, _lead: 2, _user: 0.5, _webhook: 2,
}  # fmt: skip
