"""The financial summary (decision `report`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from sandbox.domain.rules import ActionRequest, Document, Rules, exact, money
from sandbox.errors import Invalid

rules = Rules("reports")


@rules.action("financial-summary")
def financial_summary(request: ActionRequest) -> Document:
    """Income, expenses and profit of the transactions dated in a period, and what is open of its invoices.

    The period is a year, a month of a year, or all time. Raises Invalid for a month without its year, and for sums that are no money.
    """
    dated_in = _period(request.params.get("year"), request.params.get("month"))
    transactions = [one for one in request.tx.documents("transactions") if dated_in(one)]
    invoices = (one for one in request.tx.documents("invoices") if dated_in(one))
    income = _total(one.get("amount") or 0 for one in transactions if one.get("type") == "Income")
    expenses = _total(one.get("amount") or 0 for one in transactions if one.get("type") == "Expense")
    outstanding = sum((exact(one.get("amount") or 0) - exact(one.get("_paid", 0)) for one in invoices), Decimal(0))
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


def _total(amounts: Iterable[float]) -> Decimal:
    return sum(map(exact, amounts), Decimal(0))
