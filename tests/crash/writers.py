"""Clients that write into one workspace together, each with a ledger of what was acknowledged to it and of what is in flight.

Every document that is created carries a word of its own, so that it is known again when its answer never came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from random import Random
from threading import Event, Lock
from typing import Any

from tests.crash.client import Fault, Gone, Wire

Document = Mapping[str, Any]
API = "/api/v2"
CONTROL = "/_sandbox"
_AMOUNT = 40.0
_PAYMENT = 10.0
_STATUSES = {0: "Unpaid", 40: "Paid"}


class Numbers:
    """What was ever given as an id or an invoice's number, by all who saw it, in any life of the server."""

    def __init__(self) -> None:
        self._given: dict[str, set[Any]] = defaultdict(set)
        self._lock = Lock()

    def take(self, kind: str, number: Any) -> None:
        """Raises Fault for one that was given before."""
        with self._lock:
            if number in self._given[kind]:
                raise Fault(f"{kind} {number} was given a second time")
            self._given[kind].add(number)

    def given(self, kind: str) -> set[Any]:
        """All of them."""
        return self._given[kind]


@dataclass
class Found:
    """The workspace as a server shows it."""

    customers: Mapping[int, Document]
    invoices: Mapping[int, Document]
    transactions: Mapping[int, Document]
    report: Document

    @classmethod
    def by(cls, wire: Wire) -> Found:
        customers, invoices, transactions = (
            {one["id"]: one for one in wire.pages(f"{API}/{name}")} for name in ("customers", "invoices", "transactions")
        )
        return cls(customers, invoices, transactions, wire.send("GET", f"{API}/reports/financial")["data"])

    def paid(self, invoice: Document) -> float:
        """By its transactions."""
        return sum(float(one["amount"]) for one in self.transactions.values() if one["description"] == f"Payment of {invoice['invoice_number']}")


@dataclass
class Ledger:
    """What one client was told: its customers and invoices as they were acknowledged last, and what was paid."""

    customers: dict[int, Document] = field(default_factory=dict)
    invoices: dict[int, Document] = field(default_factory=dict)
    paid: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Step:
    """One request. `acknowledged` takes note of its answer; `in_flight` looks whether it was done, and takes note if so."""

    method: str
    target: str
    body: Any
    acknowledged: Callable[[Any], None]
    in_flight: Callable[[Found], None]


class Writer:
    """One client, with its own customers and invoices. It goes on where it was after each kill."""

    def __init__(self, name: str, seed: int, numbers: Numbers) -> None:
        self.ledger = Ledger()
        self.acknowledged = 0
        self._name, self._dice, self._numbers = name, Random(seed), numbers
        self._words = 0
        self._pending: Step | None = None

    def write(self, address: str, key: str, until: Event, most: float = inf) -> None:
        """Until the server is gone, or it is told to stop, or so many requests were acknowledged."""
        wire = Wire(address, key)
        try:
            while not until.is_set() and self.acknowledged < most:
                self._pending = step = self._next()
                answer = wire.send(step.method, step.target, step.body)
                step.acknowledged(answer.get("data"))
                self._pending = None
                self.acknowledged += 1
        except Gone:
            pass
        finally:
            wire.close()

    def settle(self, found: Found) -> None:
        """Find out what became of the request that was in flight. Raises Fault for one that is half done."""
        if self._pending is not None:
            self._pending.in_flight(found)
        self._pending = None

    def _next(self) -> Step:
        ours, free = self.ledger, self._without_invoices()
        payable = [id for id in ours.invoices if ours.paid[id] < _AMOUNT]
        steps: list[Callable[[], Step]] = [self._create, self._create, self._batch]
        if ours.customers:
            steps += [self._update, self._update, self._invoice]
        if free:
            steps.append(lambda: self._delete(self._dice.choice(free)))
        if payable:
            steps += [lambda: self._pay(self._dice.choice(payable))] * 2
        return self._dice.choice(steps)()

    def _without_invoices(self) -> list[int]:
        billed = {one["customer_id"] for one in self.ledger.invoices.values()}
        return [id for id in self.ledger.customers if id not in billed]

    def _word(self) -> str:
        self._words += 1
        return f"{self._name} {self._words}"

    def _create(self) -> Step:
        word = self._word()

        def found_it(found: Found) -> None:
            for one in [one for one in found.customers.values() if one["account"] == word]:
                self._take("customers", one)

        return Step("POST", f"{API}/customers", {"account": word, "city": "x" * self._dice.randrange(200)}, self._customer, found_it)

    def _customer(self, data: Document) -> None:
        self._take("customers", data)

    def _take(self, collection: str, document: Document) -> None:
        self._numbers.take(collection, document["id"])
        if collection == "invoices":
            self._numbers.take("number", document["invoice_number"])
        getattr(self.ledger, collection)[document["id"]] = document

    def _batch(self) -> Step:
        words = [self._word() for _ in range(self._dice.randint(2, 12))]

        def acknowledged(data: list[Document]) -> None:
            if [one["account"] for one in data] != words:
                raise Fault(f"a batch of {words} was answered with {data}")
            for one in data:
                self._take("customers", one)

        def found_it(found: Found) -> None:
            there = [one for one in found.customers.values() if one["account"] in words]
            if there:
                acknowledged(there)

        return Step("POST", f"{API}/batch/customers", {"customers": [{"account": word} for word in words]}, acknowledged, found_it)

    def _update(self) -> Step:
        id = self._dice.choice(list(self.ledger.customers))
        body = {"account": self.ledger.customers[id]["account"], "city": self._word()}

        def acknowledged(data: Document) -> None:
            self.ledger.customers[id] = data

        def found_it(found: Found) -> None:
            if found.customers.get(id, {}).get("city") == body["city"]:
                self.ledger.customers[id] = found.customers[id]

        return Step("PUT", f"{API}/customers/{id}", body, acknowledged, found_it)

    def _delete(self, id: int) -> Step:
        def acknowledged(data: None) -> None:
            del self.ledger.customers[id]

        def found_it(found: Found) -> None:
            if id not in found.customers:
                acknowledged(None)

        return Step("DELETE", f"{API}/customers/{id}", None, acknowledged, found_it)

    def _invoice(self) -> Step:
        word, year = self._word(), self._dice.choice((2024, 2025))
        body = {
            "customer_id": self._dice.choice(list(self.ledger.customers)),
            "date": f"{year}-03-01",
            "due_date": f"{year}-04-01",
            "items": [{"description": "work", "amount": _AMOUNT / 4, "qty": 4}],
            "notes": word,
        }

        def acknowledged(data: Document) -> None:
            self._take("invoices", data)

        def found_it(found: Found) -> None:
            for one in [one for one in found.invoices.values() if one["notes"] == word]:
                self._take("invoices", one)

        return Step("POST", f"{API}/invoices", body, acknowledged, found_it)

    def _pay(self, id: int) -> Step:
        def acknowledged(data: Document) -> None:
            self.ledger.invoices[id] = data
            self.ledger.paid[id] += int(_PAYMENT)

        def found_it(found: Found) -> None:
            if found.paid(found.invoices[id]) > self.ledger.paid[id]:
                acknowledged(found.invoices[id])

        return Step("POST", f"{CONTROL}/invoices/{id}/payments", {"amount": _PAYMENT}, acknowledged, found_it)


def compare(writers: Iterable[Writer], found: Found) -> None:
    """Raises Fault where what is there is not exactly what was acknowledged, or adopted by `settle`."""
    writers = list(writers)
    _same("customers", {id: one for writer in writers for id, one in writer.ledger.customers.items()}, found.customers)
    _same("invoices", {id: one for writer in writers for id, one in writer.ledger.invoices.items()}, found.invoices)
    paid = Counter({id: amount for writer in writers for id, amount in writer.ledger.paid.items()})
    by_number: Counter[str] = Counter()
    for one in found.transactions.values():
        by_number[one["description"].removeprefix("Payment of ")] += one["amount"]
    for id, invoice in found.invoices.items():
        if by_number.pop(invoice["invoice_number"], 0) != paid[id]:
            raise Fault(f"the transactions of invoice {id} are not the {paid[id]} that were paid")
        if invoice["status"] != _STATUSES.get(paid[id], "Partially Paid"):
            raise Fault(f"invoice {id} is {invoice['status']}, but {paid[id]} of {_AMOUNT} were paid")
    if by_number:
        raise Fault(f"transactions of payments that there were not: {by_number}")
    _no_gap(found)
    outstanding, income = _AMOUNT * len(found.invoices) - paid.total(), paid.total()
    if (found.report["outstanding_invoices"], found.report["income"]) != (outstanding, income):
        raise Fault(f"{outstanding} are open and {income} were paid, but the report says {found.report}")


def _same(what: str, ours: Mapping[int, Document], theirs: Mapping[int, Document]) -> None:
    for id in ours.keys() - theirs.keys():
        raise Fault(f"{what}: {ours[id]} was acknowledged, and is lost")
    for id in theirs.keys() - ours.keys():
        raise Fault(f"{what}: {theirs[id]} is there, and nobody asked for it, or it was deleted")
    for id, one in ours.items():
        if one != theirs[id]:
            raise Fault(f"{what}: {one} was acknowledged, but {theirs[id]} is there")


def _no_gap(found: Found) -> None:
    """Nobody can delete an invoice or a transaction, so that a gap would be a number that was used up for nothing."""
    for name, table in (("invoices", found.invoices), ("transactions", found.transactions)):
        if list(table) != list(range(1, len(table) + 1)):
            raise Fault(f"the ids of {name} are not 1 to {len(table)}: {list(table)}")
    by_year: dict[str, list[int]] = defaultdict(list)
    for one in found.invoices.values():
        _, year, number = one["invoice_number"].split("-")
        by_year[year].append(int(number))
    for year, numbers in by_year.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            raise Fault(f"the numbers of {year} are not 1 to {len(numbers)}: {sorted(numbers)}")
