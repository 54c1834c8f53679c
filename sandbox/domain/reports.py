"""The financial summary (decision `report`)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.domain.rules import ActionRequest, Document, Rules, exact, money
from sandbox.errors import Invalid

rules = Rules("reports")
_KINDS = ("Income", "Expense")


@rules.report("financial-summary")
def financial_summary(request: ActionRequest) -> Document:
    """Income, expenses and profit of the transactions dated in a period, and what is open of its invoices.

    The period is a year, a month of a year, or all time. Raises Invalid for a month without its year, and for sums that are no money.
    """
    dated_in = _period(request.params.get("year"), request.params.get("month"))
    totals: dict[Any, Decimal] = dict.fromkeys(_KINDS, Decimal(0))
    for transaction in filter(dated_in, request.tx.documents("transactions")):
        if (kind := transaction.get("type")) in _KINDS:
            totals[kind] += exact(transaction.get("amount") or 0)
    outstanding = Decimal(0)
    for invoice in filter(dated_in, request.tx.documents("invoices")):
        outstanding += exact(invoice.get("amount") or 0) - exact(invoice.get("_paid", 0))
    income, expenses = totals["Income"], totals["Expense"]
    sums = {"income": income, "expenses": expenses, "profit": income - expenses, "outstanding_invoices": outstanding}
    if min(income, expenses, outstanding) < 0:
        raise Invalid({}, "The amounts of this period add up to less than 0, since the contract lets them be negative; ask for another one")
    try:
        return {name: money(amount) for name, amount in sums.items()}
    except OverflowError:
        raise Invalid({}, "The amounts of this period add up to more than any number can say; ask for a shorter one") from None


def _period(year: int | None, month: int | None) -> Callable[[Document], bool]:
    if year is None:
        if month is not None:
            raise Invalid({"month": "Month needs the year that it belongs to; send year too"})
        return lambda document: True
    start = f"{year:04d}-" if month is None else f"{year:04d}-{month:02d}-"
    return lambda document: (document.get("date") or "").startswith(start)
