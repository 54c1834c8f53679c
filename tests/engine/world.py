"""A world in which operations are performed as the server performs them, but without HTTP: what the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract, Operation
from openapi.reader import load_contract
from openapi.schemas import Direction, json_schema
from sandbox.domain import ALL_RULES
from sandbox.domain.rules import Rules
from sandbox.edge.responses import Presenter
from sandbox.engine import Engine, Result, bind, index_plan
from sandbox.engine.unit_of_work import Work
from sandbox.errors import Invalid
from sandbox.events.outbox import INDEXES, Outbox
from sandbox.state.clock import ManualClock
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.workspace import Workspace

START = datetime(2024, 1, 15, 10, 0, 0, 250_000, tzinfo=UTC)
LINE = {"description": "Web Development", "amount": 1500.0, "qty": 1}
BODIES: dict[str, Document] = {
    "createCustomer": {"account": "Jane Smith"},
    "createInvoice": {"customer_id": 1, "date": "2024-01-15", "due_date": "2024-02-15", "items": [LINE]},
    "recordTransaction": {"type": "Income", "account_id": 1, "amount": 1500.0, "date": "2024-01-15"},
    "createProduct": {"name": "Web Hosting", "price": 99.99},
    "createQuote": {"customer_id": 1, "valid_until": "2024-02-15", "items": [LINE]},
    "createTicket": {"customer_id": 1, "subject": "Help", "message": "It does not start"},
    "createLead": {"first_name": "John", "last_name": "Smith", "email": "john@example.com"},
    "createUser": {"name": "Ada", "email": "ada@example.com", "password": "correct horse", "role": "staff"},
    "registerWebhook": {"url": "https://your-domain.com/webhook", "events": ["invoice.created"]},
}
"""The least that each creation takes."""


@cache
def own_contract() -> Contract:
    return load_contract()


class Forms:
    """What the edge sees to: the form of bodies and answers, compiled for each operation when it is first needed."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._validators: dict[str, Draft4Validator] = {}
        self._presenters: dict[str, Presenter] = {}

    def faults(self, operation: Operation, body: Any) -> list[str]:
        if operation.body is None:
            return []
        if operation.id not in self._validators:
            self._validators[operation.id] = Draft4Validator(json_schema(operation.body, Direction.REQUEST), validate_formats=True)
        return [error.message for error in self._validators[operation.id].iter_errors(body)]

    def answer(self, operation: Operation, result: Result) -> bytes:
        if operation.id not in self._presenters:
            self._presenters[operation.id] = Presenter(self._contract, operation)
        return self._presenters[operation.id].answer(result).body


@cache
def _own_forms() -> Forms:
    return Forms(own_contract())


class World:
    """A workspace in memory, its clock, and the engine that works on it."""

    def __init__(self, contract: Contract | None = None, *, rules: Iterable[Rules] = ALL_RULES, lenient: bool = False) -> None:
        self.contract = contract or own_contract()
        self._forms = Forms(contract) if contract else _own_forms()
        self.binding = bind(self.contract, rules, lenient=lenient)
        self.engine = Engine(self.contract, self.binding, Random(7).randbytes, Outbox(Random(8).randbytes))
        self.clock = ManualClock(START)
        self.workspace = Workspace("alpha", self.clock, {**index_plan(self.contract), **INDEXES})

    @property
    def image(self) -> Image:
        return deepcopy(self.workspace.image())

    def do(self, operation_id: str, body: Any = None, /, **params: Any) -> Result:
        """Performs an operation, whose answer has to fit the contract; the body sent stays as it is."""
        operation = self.contract.operations[operation_id]
        body = deepcopy(body)
        assert not self._forms.faults(operation, body), "the edge would have refused this body, so that no test may send it"
        if slow := self.engine.slow_work(operation, body):
            slow()
        with self.workspace.transaction() as tx:
            result = self.engine.perform(tx, operation, _defaults(operation) | params, body)
            self.answer(operation_id, result)
        return result

    def answer(self, operation_id: str, result: Result) -> bytes:
        """The answer's body. Raises Misfit where it does not fit the contract."""
        return self._forms.answer(self.contract.operations[operation_id], result)

    def make(self, operation_id: str, /, **fields: Any) -> Document:
        """Creates an object from the least that it takes and some more fields."""
        document: Document = self.do(operation_id, BODIES.get(operation_id, {}) | fields).data
        return document

    def refusal(self, operation_id: str, body: Any = None, /, **params: Any) -> dict[str, str]:
        """What an operation that must be refused says; it must leave no trace."""
        before = self.image
        with pytest.raises(Invalid) as refused:
            self.do(operation_id, body, **params)
        assert self.image == before
        return refused.value.errors

    def ids(self, operation_id: str, /, **params: Any) -> list[int]:
        """The ids of a page."""
        return [one["id"] for one in self.do(operation_id, **params).data]

    def pay(self, invoice_id: int, amount: float, **more: Any) -> Document:
        """Pays an invoice, as the control plane does."""
        with self.workspace.transaction() as tx:
            invoice: Document = self.engine.act(tx, "invoices", "record-payment", {"id": invoice_id}, {"amount": amount} | more)
        return invoice

    def amend(self, collection: str, id: int, **fields: Any) -> Document:
        """Changes fields that only the server sets."""
        with self.workspace.transaction() as tx:
            return Work(tx, self.engine).amend(collection, id, fields)


def _defaults(operation: Operation) -> dict[str, Any]:
    return {one.name: one.schema["default"] for one in operation.parameters if "default" in one.schema}
