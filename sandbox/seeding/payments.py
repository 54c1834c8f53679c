"""Which invoices of a scenario are paid, when, and how much of the open amount."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from openapi.contract import Contract
from sandbox.domain.rules import Document, exact
from sandbox.engine import Binding
from sandbox.seeding.fixture_files import Payments
from sandbox.seeding.timeline import some_time_after

ACTION, TRANSACTIONS = ("invoices", "record-payment"), "transactions"
_SENT = frozenset({"type", "account_id", "amount", "description", "date"})  # what a payment records as its transaction
_CENT = Decimal("0.01")
_IN_TWO_PARTS = 0.25  # of the invoices that get paid in full
_SHARES = (Decimal("0.25"), Decimal("0.4"), Decimal("0.5"), Decimal("0.6"))


@dataclass(frozen=True, slots=True)
class Installment:
    """A payment to come: at that moment, into that account, that share of what is open by then."""

    moment: datetime
    account: int
    share: Decimal

    def amount(self, invoice: Document) -> float:
        """At least a cent; never more than is open."""
        still_open = exact(invoice["amount"]) - exact(invoice.get("_paid", 0))
        return float(max((still_open * self.share).quantize(_CENT, ROUND_HALF_UP), _CENT))


def payments_are_possible(contract: Contract, binding: Binding) -> bool:
    """Whether invoices can be paid: a spec author may have taken away what a payment reads or writes."""
    if ACTION not in binding.actions or not {"invoices", "transactions"} <= contract.resources.keys():
        return False
    sent = contract.resources["transactions"].input
    fields = sent.get("properties", {})
    needed = {name for name in sent.get("required", ()) if not fields.get(name, {}).get("readOnly")}
    return needed <= _SENT <= fields.keys() and {"amount", "invoice_number"} <= contract.resources["invoices"].fields


def paid_invoices(rng: Random, payments: Payments, made: Sequence[datetime], spared: int, ends: datetime) -> tuple[frozenset[int], frozenset[int]]:
    """The places of the invoices to be paid in full, and of those in part; the first `spared` ones never are."""
    latest = ends - timedelta(days=payments.days[1])
    old_enough = [place for place, moment in enumerate(made) if place >= spared and moment <= latest]
    chosen = rng.sample(old_enough, min(len(old_enough), payments.in_full + payments.in_part))
    return frozenset(chosen[: payments.in_full]), frozenset(chosen[payments.in_full :])


def installments(rng: Random, payments: Payments, made: datetime, in_full: bool, ends: datetime) -> Iterator[Installment]:
    """The payments of one invoice, in order."""
    fewest, most = (timedelta(days=days) for days in payments.days)
    in_parts = not in_full or rng.random() < _IN_TWO_PARTS
    longest = most / 2 if in_parts else most
    account, moment = rng.choice(payments.accounts), some_time_after(rng, made, fewest, longest, ends)
    if in_parts:
        yield Installment(moment, account, rng.choice(_SHARES))
        moment = some_time_after(rng, moment, fewest, longest, ends)
    if in_full:
        yield Installment(moment, account, Decimal(1))
