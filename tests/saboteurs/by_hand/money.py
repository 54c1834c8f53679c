"""Sums that are wrong by a little, and numbers, dates and payments of invoices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import answers, as_value, bodies, body_of, is_one, objects, with_json
from tests.saboteurs.saboteur import Forward, Interceptor, Put, intercepting, patching

INVOICES = ("createInvoice", "listInvoices")


SUMS = (*INVOICES, "createQuote", "listQuotes")


def _summed(change: Callable[[list[Any]], float], *operations: str) -> Interceptor:
    """Works the amount out anew from the lines."""
    return objects(lambda one: one.update(amount=change(one["items"])), *(operations or SUMS))


@intercepting("money", "shape")
def sums_carry_the_noise_of_floats() -> Interceptor:
    return _summed(lambda lines: sum(line["amount"] * line["qty"] for line in lines))


@intercepting("money")
def sums_are_cut_after_two_decimals_of_a_float() -> Interceptor:
    return _summed(lambda lines: int(sum(line["amount"] * line["qty"] for line in lines) * 100) / 100)


@intercepting("money", "reports")
def sums_ignore_qty() -> Interceptor:
    return _summed(lambda lines: float(sum(Decimal(str(line["amount"])) for line in lines)))


@intercepting("money")
def the_sum_of_a_quote_is_that_of_its_first_line() -> Interceptor:
    return _summed(lambda lines: float(Decimal(str(lines[0]["amount"])) * lines[0]["qty"]), "createQuote", "listQuotes")


@intercepting("money")
def sums_end_after_ten_lines() -> Interceptor:
    return _summed(lambda lines: float(sum(Decimal(str(line["amount"])) * line["qty"] for line in lines[:10])))


@intercepting("money")
def sums_are_rounded_to_whole_numbers() -> Interceptor:
    return _summed(lambda lines: float(round(sum(Decimal(str(line["amount"])) * line["qty"] for line in lines)) or 1))


@intercepting("money")
def a_tax_of_a_tenth_is_added() -> Interceptor:
    return objects(lambda one: one.update(amount=round(one["amount"] * 1.1, 2)), "createQuote", "listQuotes")


@intercepting("money", "state")
def the_amount_is_what_the_client_said() -> Interceptor:
    said: dict[int, Any] = {}

    def takes(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value, sent = as_value(answer), body_of(request)
        if answer.status == 201 and is_one(request, ["createInvoice"]) and isinstance(sent, dict) and "amount" in sent:
            said[value["data"]["id"]] = value["data"]["amount"] = sent["amount"]
            return with_json(answer, value)
        return answer

    return takes


@intercepting("money", "state")
def the_status_is_what_the_client_said() -> Interceptor:
    def takes(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        value, sent = as_value(answer), body_of(request)
        if answer.status == 201 and is_one(request, ["createInvoice"]) and isinstance(sent, dict) and "status" in sent:
            value["data"]["status"] = sent["status"]
            return with_json(answer, value)
        return answer

    return takes


def _cents(operation: str, change: Callable[[Any], Any], field: str) -> Interceptor:
    def changed(body: Any) -> None:
        if type(body.get(field)) in (int, float):
            body[field] = change(body[field])

    return bodies(changed, operation)


@intercepting("money", "errors")
def a_third_decimal_is_rounded_away() -> Interceptor:
    return _cents("recordTransaction", lambda amount: float(round(Decimal(str(amount)), 2)) if abs(amount) < 1e15 else amount, "amount")


@intercepting("money", "errors")
def a_third_decimal_of_a_line_is_rounded_away() -> Interceptor:
    def rounded(body: Any) -> None:
        for line in body["items"] if isinstance(body.get("items"), list) else []:
            if isinstance(line, dict) and type(line.get("amount")) is float and abs(line["amount"]) < 1e15:
                line["amount"] = float(round(Decimal(str(line["amount"])), 2))

    return bodies(rounded, "createInvoice")


@intercepting("money", "state")
def prices_have_the_precision_of_single_floats() -> Interceptor:
    import struct

    def single(number: float) -> float:
        return round(float(struct.unpack("f", struct.pack("f", number))[0]), 2)

    return _cents("createProduct", lambda price: single(price) if 0 < price < 1e9 and round(price, 2) == price else price, "price")


@intercepting("money", "state")
def a_tax_rate_is_rounded_to_whole_percents() -> Interceptor:
    return _cents("createProduct", lambda rate: round(rate) if 0 <= rate <= 100 and round(rate, 2) == rate else rate, "tax_rate")


@patching("money")
def a_sum_may_exceed_the_largest_amount(put: Put) -> None:
    from sandbox.domain import line_items

    put(line_items, "LARGEST_AMOUNT", Decimal(10**18))
    put(line_items, "money", lambda amount: min(float(amount), 999_999_999.99))


@patching("money")
def a_sum_of_the_largest_amount_is_refused(put: Put) -> None:
    from sandbox.domain import line_items

    put(line_items, "LARGEST_AMOUNT", Decimal("999999999.98"))


@intercepting("money", "errors")
def a_sum_beyond_the_largest_is_keyed_by_amount() -> Interceptor:
    def keyed(envelope: Any) -> None:
        if "add up" in envelope.get("errors", {}).get("items", ""):
            envelope["errors"]["amount"] = envelope["errors"].pop("items")

    return answers(keyed, statuses=(400,))


@patching("money", "state")
def two_invoices_have_one_number(put: Put) -> None:
    from sandbox.engine.unit_of_work import Work

    true = Work.next_number
    put(Work, "next_number", lambda self, counter: (true(self, counter) + 1) // 2)


@intercepting("money", "state", "errors")
def a_refused_invoice_uses_a_number_up() -> Interceptor:
    def uses(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        sent = body_of(request)
        if answer.status == 400 and is_one(request, ["createInvoice"]) and isinstance(sent, dict):
            years[str(sent.get("date"))[:4]] = years.get(str(sent.get("date"))[:4], 0) + 1
        value = as_value(answer)
        if answer.status == 201 and is_one(request, ["createInvoice"]):
            _, year, number = value["data"]["invoice_number"].split("-")
            shifted[value["data"]["id"]] = value["data"]["invoice_number"] = f"INV-{year}-{int(number) + years.get(year, 0):03d}"
            return with_json(answer, value)
        if answer.status == 200 and is_one(request, ["listInvoices"]):
            for row in value["data"]:
                row["invoice_number"] = shifted.get(row["id"], row["invoice_number"])
            return with_json(answer, value)
        return answer

    years: dict[str, int] = {}
    shifted: dict[int, str] = {}
    return uses


def _numbered(change: Callable[[Any], str]) -> Interceptor:
    return objects(lambda one: one.update(invoice_number=change(one)), *INVOICES)


@intercepting("money", "state")
def numbers_are_counted_by_the_year_of_today() -> Interceptor:
    return _numbered(lambda one: f"INV-{one['created_at'][:4]}-{one['id']:03d}")


@intercepting("money", "state", "shape")
def numbers_have_two_digits() -> Interceptor:
    return _numbered(lambda one: f"{one['invoice_number'][:9]}{int(one['invoice_number'][9:]):02d}")


@intercepting("money", "state")
def numbers_are_counted_over_all_years() -> Interceptor:
    return _numbered(lambda one: f"INV-{one['date'][:4]}-{one['id']:03d}")


@intercepting("money", "state")
def numbers_go_by_the_year_of_the_due_date() -> Interceptor:
    return _numbered(lambda one: f"INV-{one['due_date'][:4]}-{one['invoice_number'][9:]}")


@intercepting("money", "state")
def a_new_invoice_is_paid() -> Interceptor:
    return objects(lambda one: one.update(status="Paid"), "createInvoice")


@intercepting("money", "state", "filters")
def invoices_are_listed_as_partially_paid() -> Interceptor:
    return objects(lambda one: one.update(status="Partially Paid") if one["status"] == "Unpaid" else None, "listInvoices")


@patching("money", "state")
def an_invoice_may_be_due_before_its_date(put: Put) -> None:
    _due_rule(put, lambda invoice: False)


@patching("money", "state")
def an_invoice_may_not_be_due_on_its_date(put: Put) -> None:
    _due_rule(put, lambda invoice: bool(invoice["due_date"] <= invoice["date"]))


def _due_rule(put: Put, is_wrong: Callable[[Any], bool]) -> None:
    from sandbox.domain import invoices

    kept = [one for one in invoices.rules.registered if one.function.__name__ != "due_date_is_not_before_date"]
    put(invoices.rules, "registered", kept)

    def due_date_is_checked(invoice: Any, tx: Any) -> str | None:
        return "Due_date is before date" if is_wrong(invoice) else None

    invoices.rules.must("due_date", "date")(due_date_is_checked)


@patching("money", "state", "reports")
def any_payment_pays_all(put: Put) -> None:
    from sandbox.engine.verbs import Engine

    true = Engine.amend

    def amend(self: Any, work: Any, collection: str, id: int, fields: Any) -> Any:
        return true(self, work, collection, id, {"_paid": work.existing(collection, id)["amount"]} if "_paid" in fields else fields)

    put(Engine, "amend", amend)


@patching("money", "reports", "state")
def a_payment_records_no_transaction(put: Put) -> None:
    from sandbox.engine.unit_of_work import Work

    put(Work, "create", lambda self, collection, body: body)


@patching("money", "reports")
def more_may_be_paid_than_is_open(put: Put) -> None:
    from sandbox.domain import invoices

    put(invoices, "exact", _Generous.exact)


class _Generous(Decimal):
    """An amount that no payment is more than."""

    @classmethod
    def exact(cls, number: float) -> _Generous:
        return cls(str(number))

    def __gt__(self, other: Any) -> bool:
        return False

    def __sub__(self, other: Any) -> _Generous:
        return _Generous(Decimal(self) - Decimal(other))

    def __add__(self, other: Any) -> _Generous:
        return _Generous(Decimal(self) + Decimal(other))
