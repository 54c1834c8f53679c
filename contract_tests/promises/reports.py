"""The financial summary: equal to the transactions and invoices that it counts, for a month, a year and all time.

What the suite makes itself is looked at as the difference between two reports, so that nobody else's data matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.decimal_fields import exact
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.registry import Needs, promise
from contract_tests.promises.invoices import INVOICES, TRANSACTIONS, far_year, invoice, pay
from contract_tests.promises.money import WRITES, refused, total
from openapi.contract import Operation
from openapi.wording import quoted

_FAMILY = "reports"
_FIGURES = ("income", "expenses", "profit", "outstanding_invoices")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_ROWS = 1_000
Period = dict[str, int]
Figures = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period, and the exchange that shows them."""

    period: Period
    figures: Figures
    exchange: Exchange

    @property
    def name(self) -> str:
        return _name(self.period)


def _name(period: Period) -> str:
    return "all time" if not period else "-".join(f"{part:02d}" for part in period.values())


def _operation(probe: Probe) -> Operation:
    found = next((one for one in probe.contract.operations.values() if one.action == "financial-summary"), None)
    if found is None:
        raise Unable("the contract has no financial summary")
    return found


def _report(probe: Probe, **period: int) -> Report:
    """Raises Unable where the report cannot be read: that is another promise's to say."""
    exchange = probe.call(_operation(probe), query=period)
    data = exchange.got.data
    if exchange.status != 200 or not isinstance(data, dict):
        raise Unable(f"the report of {_name(period)} could not be read: {exchange.status}")
    return Report(period, {name: exact(data.get(name)) for name in _FIGURES}, exchange)


def _transaction(probe: Probe, type: str, amount: str, date: str) -> CreatedObject:
    if not {"type", "amount", "date"} <= (probe.contract.resources[TRANSACTIONS].fields if TRANSACTIONS in probe.contract.resources else set()):
        raise Unable("the contract has no transactions with a type, an amount and a date")
    return probe.make(TRANSACTIONS, optional=False, type=type, amount=float(amount), date=date)


def _expect_growth(probe: Probe, before: Report, growth: Mapping[str, str | Decimal], why: str, made: Iterable[CreatedObject]) -> None:
    """Expects the figures named in `growth` to have grown by exactly that since, and the others not at all."""
    after = _report(probe, **before.period)
    grown = {name: after.figures[name] - before.figures[name] for name in _FIGURES}
    exchanges = [before.exchange, *(one.exchange for one in made)]
    for name in _FIGURES:
        wanted, seen = Decimal(growth.get(name, 0)), grown[name]
        expected = f"{name} of {after.name} {f'more by {wanted}' if wanted else 'as before'}, since {why}"
        probe.check(
            seen == wanted, after.exchange, expected, f"{name} {quoted(after.figures[name])}, before {quoted(before.figures[name])}", before=exchanges
        )


@promise("report-counts-what-is-recorded", family=_FAMILY, inferred="report", needs=WRITES, weight=7)
def reports_count_what_is_recorded(probe: Probe) -> None:
    """A report of the month, of the year and of all time counts new income, expenses and open invoices to the cent, each in its own figure."""
    year = far_year(probe)
    before = [_report(probe, year=year, month=5), _report(probe, year=year), _report(probe)]
    day = f"{year}-05-17"
    made = [_transaction(probe, kind, amount, day) for kind, amount in (("Income", "0.10"), ("Income", "0.20"), ("Expense", "0.07"))]
    lines = (("4.35", 3),)
    made.append(invoice(probe, *lines, date=day, due_date=f"{year}-06-17"))
    growth: dict[str, str | Decimal] = {"income": "0.30", "expenses": "0.07", "profit": "0.23", "outstanding_invoices": total(probe, lines)}
    for report in before:
        _expect_growth(probe, report, growth, f"this was recorded on {day}", made)


@promise("report-periods-end-where-they-end", family=_FAMILY, inferred="report", needs=WRITES, weight=6)
def a_day_counts_in_its_own_month_and_year(probe: Probe) -> None:
    """What is dated on the first or the last day of a month or year, 29 February too, counts in that one and in no other."""
    year = probe.random.choice((2400, 2800)) + 4 * probe.random.randint(1, 24)  # a leap year
    days = (f"{year - 1}-12-31", *(f"{year}-{day}" for day in ("01-01", "01-31", "02-01", "02-29", "03-01", "12-31")), f"{year + 1}-01-01")
    periods: tuple[Period, ...] = ({"year": year, "month": 1}, {"year": year, "month": 2}, {"year": year, "month": 12}, {"year": year})
    before = [_report(probe, **period) for period in periods]
    made = [_transaction(probe, "Income", f"{2**place}.00", day) for place, day in enumerate(days)]
    bills = [
        invoice(probe, ("3.00", 1), date=f"{year}-01-31", due_date=f"{year}-02-15"),
        invoice(probe, ("5.00", 1), date=f"{year}-12-31", due_date=f"{year + 1}-01-31"),
    ]
    for report in before:
        income = sum(exact(one.sent["amount"]) for one in made if _falls_in(one.sent["date"], report.period))
        owed = sum(exact(one.document.get("amount")) for one in bills if _falls_in(one.sent["date"], report.period))
        growth = {"income": Decimal(income), "profit": Decimal(income), "outstanding_invoices": Decimal(owed)}
        _expect_growth(probe, report, growth, f"of what was dated {', '.join(days)} only that counts", [*made, *bills])


@promise("report-profit", family=_FAMILY, inferred="report", weight=5)
def profit_is_income_less_expenses(probe: Probe) -> None:
    """Profit is income less expenses in every report, and below 0 where more was spent."""
    reports = [_report(probe)]
    if not probe.target.safe:
        year = far_year(probe)
        _transaction(probe, "Expense", "1234.56", f"{year}-09-09")
        reports += [_report(probe, year=year), _report(probe, year=year, month=9)]
    for report in reports:
        income, expenses, profit = (report.figures[name] for name in _FIGURES[:3])
        probe.check(profit == income - expenses, report.exchange, f"profit {income - expenses} of {report.name}", f"profit {quoted(profit)}")


@promise("report-equals-the-lists", family=_FAMILY, inferred="report", weight=6)
def reports_equal_the_lists(probe: Probe) -> None:
    """Income and expenses are the sums of the listed transactions, and outstanding what is not paid of the listed invoices."""
    first = _report(probe)
    transactions, invoices = _rows(probe, TRANSACTIONS), _rows(probe, INVOICES)
    periods: list[Period] = [{}]
    if day := next((row["date"] for row in transactions), None):
        periods += [{"year": int(day[:4])}, {"year": int(day[:4]), "month": int(day[5:7])}]
    reports = [_report(probe, **period) for period in periods]
    if reports[0].figures != first.figures:
        raise Unable("somebody else was writing at the same time")
    for report in reports:
        counted = [row for row in transactions if _falls_in(row["date"], report.period)]
        for name, kind in (("income", "Income"), ("expenses", "Expense")):
            wanted = sum((exact(row.get("amount")) for row in counted if row.get("type") == kind), Decimal(0))
            expected = f"{name} {wanted} of {report.name}, the sum of its {kind} transactions"
            probe.check(report.figures[name] == wanted, report.exchange, expected, f"{name} {quoted(report.figures[name])}")
        _expect_what_is_open(probe, report, [row for row in invoices if _falls_in(row["date"], report.period)])


def _expect_what_is_open(probe: Probe, report: Report, invoices: Iterable[Mapping[str, Any]]) -> None:
    """Of a partially paid invoice nobody but the server knows how much is open: more than nothing, less than all."""
    by_status = {status: Decimal(0) for status in ("Unpaid", "Partially Paid", "Paid")}
    for row in invoices:
        by_status[str(row.get("status"))] = by_status.get(str(row.get("status")), Decimal(0)) + exact(row.get("amount"))
    least, in_part, open_ = by_status["Unpaid"], by_status["Partially Paid"], report.figures["outstanding_invoices"]
    expected = f"outstanding_invoices {least} of {report.name}" + (f" and some of {in_part} that is paid in part" if in_part else "")
    fits = least < open_ < least + in_part if in_part else open_ == least
    probe.check(fits, report.exchange, f"{expected}, what is open of its invoices", f"outstanding_invoices {quoted(open_)}")


@promise("report-of-an-empty-period", family=_FAMILY, inferred="report", weight=3)
def an_empty_period_is_zeros(probe: Probe) -> None:
    """A report of a period in which nothing is dated is 0 in every figure."""
    if probe.reading("dates") != "date":
        raise Unable("the target's lists cannot be narrowed to a period")
    year = probe.random.randrange(3000, 9000)
    for collection in (TRANSACTIONS, INVOICES):
        dated = probe.call(probe.operation(collection, "list"), query={"date_from": f"{year}-01-01", "date_to": f"{year}-12-31"})
        if dated.status != 200 or dated.got.rows:
            raise Unable(f"the target has {collection} that are dated in {year}")
    for report in (_report(probe, year=year), _report(probe, year=year, month=2)):
        for name in _FIGURES:
            probe.check(
                report.figures[name] == 0,
                report.exchange,
                f"{name} 0 of {report.name}, in which nothing is dated",
                f"{name} {quoted(report.figures[name])}",
            )


@promise("report-month-needs-its-year", family=_FAMILY, inferred="report", weight=5)
def a_month_needs_its_year(probe: Probe) -> None:
    """A month without its year is refused with a 400 that names it."""
    operation = _operation(probe)
    refused(probe, probe.call(operation, query={"month": 6}), "month", why="a month is one of a year, which is not sent")


@promise("report-bounds", family=_FAMILY, inferred="report", weight=3)
def periods_that_are_none_are_refused(probe: Probe) -> None:
    """A year or a month out of bounds is refused with a 400 that names it; the first and the last are taken."""
    operation = _operation(probe)
    bounds = {one.name: (one.schema.get("minimum"), one.schema.get("maximum")) for one in operation.parameters}
    for name, (low, high) in bounds.items():
        company = {"year": 2024} if name == "month" else {}
        for value in (one for one in (low, high) if one is not None):
            probe.expect(probe.call(operation, query={**company, name: value}), 200, why=f"there is the {name} {value}")
        wider = name != "month" and probe.reading("bounds") == "wider"
        for value in ([low - 1] if low is not None else []) + ([high + 1] if high is not None and not wider else []):
            refused(probe, probe.call(operation, query={**company, name: value}), name, why=f"there is no {name} {value}")


@promise("report-counts-payments", family=_FAMILY, inferred="invoice-status", needs=Needs(writes=True, control=True), weight=5)
def a_payment_moves_the_report(probe: Probe) -> None:
    """A payment makes the outstanding of its invoice's period less, and the income of all time more, by its sum."""
    control = probe.require_control()
    year = far_year(probe)
    made = invoice(probe, ("30.00", 1), date=f"{year}-10-10")
    in_its_month, of_all_time = _report(probe, year=year, month=10), _report(probe)
    pay(control, made, 10.01)
    _expect_growth(probe, in_its_month, {"outstanding_invoices": "-10.01"}, "so much of its invoice was paid", [made])
    paid = {"outstanding_invoices": "-10.01", "income": "10.01", "profit": "10.01"}
    _expect_growth(probe, of_all_time, paid, "so much was paid", [made])


def _falls_in(date: str, period: Period) -> bool:
    return [int(date[:4]), int(date[5:7])][: len(period)] == list(period.values())


def _rows(probe: Probe, collection: str) -> list[Mapping[str, Any]]:
    """The whole list. Raises Unable where it is long, or where there is no telling that it is whole."""
    if collection not in probe.contract.resources:
        raise Unable(f"the contract has no {collection}")
    rows: list[Mapping[str, Any]] = []
    listed: Any = None
    for page in probe.pages(collection):
        meta = page.got.envelope.get("meta")
        listed = meta.get("total_records") if isinstance(meta, dict) else None
        if isinstance(listed, int) and listed > _MOST_ROWS:
            raise Unable(f"more than {_MOST_ROWS} {collection} are listed")
        rows += [row for row in page.got.rows if isinstance(row, dict) and _DAY.fullmatch(str(row.get("date")))]
    if listed is not None and len(rows) != listed:
        raise Unable(f"{listed} {collection} are said to be listed, and {len(rows)} with a date are")
    return rows
