"""Invoices: their numbers, due dates, and payments (which need a control plane)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.control_plane import Control
from contract_tests.judging.decimal_fields import exact
from contract_tests.judging.probe import CreatedObject, Probe
from contract_tests.judging.readings import overall_reading
from contract_tests.judging.registry import Needs, promise, reading
from contract_tests.promises.money import WRITES, accepted, billed, lines, refused
from openapi.wording import quoted

INVOICES, TRANSACTIONS = "invoices", "transactions"
_FAMILY = "money"
_NUMBER = re.compile(r"INV-(\d{4})-(\d{3}|[1-9]\d{3,})")
_MOST_PAGES = 10
_PAYS = Needs(writes=True, control=True)


def far_year(probe: Probe) -> int:
    """A year in which hardly anybody else dates anything."""
    return probe.random.randrange(2100, 2900)


def invoice(probe: Probe, *sums: tuple[str, int], date: str, due_date: str | None = None) -> CreatedObject:
    """An invoice of that day, of one line of 1 unless lines are given."""
    _look_for_invoices(probe)
    return billed(probe, INVOICES, *(sums or (("1.00", 1),)), date=date, due_date=due_date or date)


def _look_for_invoices(probe: Probe) -> None:
    fields = probe.contract.resources[INVOICES].fields if INVOICES in probe.contract.resources else frozenset[str]()
    if not {"date", "due_date", "items", "invoice_number", "status"} <= fields:
        raise Unable("the contract has no invoices with a number, dates and lines")


def _number(document: Mapping[str, Any]) -> str:
    number = document.get("invoice_number")
    return number if isinstance(number, str) else quoted(number)


def _counter(probe: Probe, made: CreatedObject) -> int:
    """The counter in the invoice's number. Notes a fault, and ends the case, where the number has another form or year."""
    year = str(made.document.get("date"))[:4]
    found = _NUMBER.fullmatch(_number(made.document))
    form = f"invoice_number INV-{year}-<counter of at least three digits>"
    probe.require(found is not None and found[1] == year, made.exchange, form, f"invoice_number {_number(made.document)}")
    assert found is not None
    return int(found[2])


def _counted(probe: Probe) -> None:
    if probe.reading("invoice-number") != "year-counter":
        raise Unable("the target's invoice numbers are no counters")


@reading("invoice-number", family=_FAMILY, needs=WRITES, weight=8)
def what_form_the_number_has(probe: Probe) -> str:
    """An invoice's number is INV, the year of its date and a counter of that year."""
    year = far_year(probe)
    made = [invoice(probe, date=f"{year}-03-01"), invoice(probe, date=f"{year + 1}-03-01"), invoice(probe, date=f"{year}-04-01")]
    numbers = [one.document.get("invoice_number") for one in made]

    def code(number: Any) -> str | None:
        if not isinstance(number, str) or not number or numbers.count(number) > 1:
            return None
        return "year-counter" if _NUMBER.fullmatch(number) else "unique"

    return overall_reading(probe, "invoice-number", [(code(number), one.exchange) for number, one in zip(numbers, made, strict=True)])


@promise("invoice-numbers-count-by-year", family=_FAMILY, inferred="invoice-number", needs=WRITES, weight=6)
def numbers_count_by_the_year_of_the_date(probe: Probe) -> None:
    """Invoices are numbered one by one within the year of their own date, up to its last day, whatever day they are due."""
    _counted(probe)
    year = far_year(probe)
    first = invoice(probe, date=f"{year}-12-31", due_date=f"{year + 1}-01-15")
    other = invoice(probe, date=f"{year + 1}-01-01")
    second = invoice(probe, date=f"{year}-01-01", due_date=f"{year}-02-29" if year % 4 == 0 and year % 100 else f"{year}-02-28")
    before, after = _counter(probe, first), _counter(probe, second)
    _counter(probe, other)
    follows = f"invoice_number INV-{year}-{before + 1:03d}, the one after {_number(first.document)}"
    probe.check(after == before + 1, second.exchange, follows, f"invoice_number {_number(second.document)}", before=[first.exchange, other.exchange])


@promise("refused-invoices-use-no-number", family=_FAMILY, inferred="invoice-number", needs=WRITES, weight=5)
def a_refused_invoice_uses_up_no_number(probe: Probe) -> None:
    """A refused invoice uses up no number: the next one that is stored has the number that comes next."""
    _counted(probe)
    day = f"{far_year(probe)}-06-15"
    create = probe.operation(INVOICES, "create")
    first = invoice(probe, date=day)
    body = probe.body(INVOICES, optional=False, items=lines(probe, ("1.00", 1)), date=day, due_date=day)
    wrong = (
        {**body, "due_date": f"{int(day[:4]) - 1}{day[4:]}"},
        {**body, "customer_id": 2**53 - 1},
        {**body, "items": lines(probe, ("999999999.99", 1), ("0.01", 1))},
        {**body, "items": []},
    )
    attempts = [probe.call(create, json=one) for one in wrong]
    if any(one.status < 400 for one in attempts):
        raise Unable("the target took what it should have refused")
    second = invoice(probe, date=day)
    before, after = _counter(probe, first), _counter(probe, second)
    expected = f"the number after {_number(first.document)}, since what stood between was refused"
    probe.check(after == before + 1, second.exchange, expected, f"invoice_number {_number(second.document)}", before=[first.exchange, *attempts])


@promise("invoice-numbers-are-unique", family=_FAMILY, inferred="invoice-number", weight=4)
def no_two_invoices_have_one_number(probe: Probe) -> None:
    """No two invoices have the same number."""
    _look_for_invoices(probe)
    holder: dict[str, Any] = {}
    for page in islice(probe.pages(INVOICES), _MOST_PAGES):
        for row in (one for one in page.got.rows if isinstance(one, dict)):
            number = _number(row)
            other = holder.setdefault(number, row.get("id"))
            probe.check(
                other == row.get("id"),
                page,
                "invoice numbers that differ",
                f"{number} on the invoices {quoted(other)} and {quoted(row.get('id'))}",
            )


@promise("due-date-is-not-before-date", family=_FAMILY, documented="Create Invoice", needs=WRITES, weight=6)
def due_date_is_not_before_date(probe: Probe) -> None:
    """An invoice may be due on its own day, and is refused with a 400 on due_date where it would be due before."""
    _look_for_invoices(probe)
    year = far_year(probe)
    for date, due_date in ((f"{year}-05-20", f"{year}-05-20"), (f"{year}-12-31", f"{year + 1}-01-01")):
        body = probe.body(INVOICES, optional=False, items=lines(probe, ("1.00", 1)), date=date, due_date=due_date)
        accepted(probe, INVOICES, body, f"due_date {due_date} is not before date {date}")
    for date, due_date in ((f"{year}-05-20", f"{year}-05-19"), (f"{year}-01-01", f"{year - 1}-12-31")):
        body = probe.body(INVOICES, optional=False, items=lines(probe, ("1.00", 1)), date=None, due_date=None)
        exchange = probe.call(probe.operation(INVOICES, "create"), json={**body, "date": date, "due_date": due_date})
        refused(probe, exchange, "due_date", why=f"due_date {due_date} is before date {date}")


@promise("new-invoices-are-unpaid", family=_FAMILY, inferred="invoice-status", needs=WRITES, weight=6)
def a_new_invoice_is_unpaid(probe: Probe) -> None:
    """A new invoice is Unpaid, whatever status and number a client sends along, which only the server sets."""
    plain = invoice(probe, date=f"{far_year(probe)}-07-01")
    _is(probe, plain, plain.document, "Unpaid")
    body = {**probe.body(INVOICES, optional=False, items=lines(probe, ("1.00", 1))), "status": "Paid", "invoice_number": "INV-1999-001"}
    exchange = probe.call(probe.operation(INVOICES, "create"), json=body)
    if probe.reading("read-only-sent") == "refuse":
        probe.expect(exchange, 400, why="since only the server sets status and invoice_number")
        return
    made = probe.created(INVOICES, body, exchange)
    _is(probe, made, made.document, "Unpaid")
    expected = "an invoice_number of the server's own"
    probe.check(_number(made.document) != "INV-1999-001", exchange, expected, f"invoice_number {_number(made.document)}")


@promise("payments-move-the-status", family=_FAMILY, inferred="invoice-status", needs=_PAYS, weight=5)
def payments_move_the_status(probe: Probe) -> None:
    """Payments move an invoice from Unpaid by Partially Paid to Paid, exactly when nothing is open any more."""
    control = probe.require_control()
    made = invoice(probe, ("0.30", 1), date=f"{far_year(probe)}-08-01")
    for status in ("Partially Paid", "Partially Paid", "Paid"):  # three times 0.1 is not 0.3 in binary
        pay(control, made, 0.1)
        _is(probe, made, _as_it_is(probe, made), status)
    answer = control.pay(made.id, 0.01)
    probe.check(answer.status == 400, made.exchange, "400 to a payment of 0.01, since the invoice is paid", f"{answer.status}")


@promise("payments-are-income", family=_FAMILY, inferred="invoice-status", needs=_PAYS, weight=5)
def a_payment_is_an_income(probe: Probe) -> None:
    """A payment is recorded as an Income transaction of that sum, which names the invoice's number."""
    control = probe.require_control()
    made = invoice(probe, ("20.00", 1), date=f"{far_year(probe)}-08-02")
    pay(control, made, 12.35)
    found = _payments(probe, made)
    seen = quoted([(one.get("type"), one.get("amount")) for one in found])
    expected = f"one Income transaction of 12.35, described Payment of {_number(made.document)}"
    probe.check(len(found) == 1 and exact(found[0].get("amount")) == Decimal("12.35"), made.exchange, expected, seen)


@promise("no-payment-beyond-what-is-open", family=_FAMILY, inferred="invoice-status", needs=_PAYS, weight=5)
def paying_more_than_is_open_is_refused(probe: Probe) -> None:
    """A payment of more than is open is refused with a 400, and moves neither the invoice nor the transactions."""
    control = probe.require_control()
    made = invoice(probe, ("5.00", 1), date=f"{far_year(probe)}-08-03")
    answer = control.pay(made.id, 5.01)
    probe.check(answer.status == 400, made.exchange, "400 to a payment of 5.01, since 5 is open", f"{answer.status}")
    _is(probe, made, _as_it_is(probe, made), "Unpaid")
    probe.check(not _payments(probe, made), made.exchange, "no transaction, since the payment was refused")


def pay(control: Control, made: CreatedObject, amount: float) -> None:
    """Pays part of an invoice; raises Unable where the control plane cannot."""
    answer = control.pay(made.id, amount)
    if not 200 <= answer.status < 300:
        raise Unable(f"the control plane answered {answer.status} to a payment")


def _is(probe: Probe, made: CreatedObject, document: Mapping[str, Any], status: str) -> None:
    probe.check(document.get("status") == status, made.exchange, f"status {status}", f"status {document.get('status')}")


def _as_it_is(probe: Probe, made: CreatedObject) -> Mapping[str, Any]:
    found = _only(probe, INVOICES, lambda row: row.get("id") == made.id, customer_id=made.sent["customer_id"])
    return found[0] if found else {}


def _payments(probe: Probe, made: CreatedObject) -> list[Mapping[str, Any]]:
    described = f"Payment of {_number(made.document)}"
    return _only(probe, TRANSACTIONS, lambda row: row.get("description") == described, type="Income")


def _only(probe: Probe, collection: str, wanted: Callable[[Mapping[str, Any]], bool], **query: Any) -> list[Mapping[str, Any]]:
    return [row for row in probe.crawl(collection, **query) if isinstance(row, dict) and wanted(row)]
