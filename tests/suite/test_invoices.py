"""The promises on invoices are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from typing import Any

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.verdicts import Verdict
from contract_tests.promises import invoices as promised
from contract_tests.promises import promises
from sandbox.domain import invoices
from sandbox.domain.rules import Document, Rule
from sandbox.engine import verbs
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import objects
from tests.saboteurs.saboteur import Forward, Put
from tests.suite.in_process import broken, served, suite_run

INVOICES = {one.id for one in promises().values() if one.check.__module__ == promised.__name__}


def found(**fault: Any) -> set[str]:
    with altered(**fault) as transport:
        return set(broken(suite_run(transport, only=INVOICES)))


def replaced(name: str, function: Any) -> Any:
    """A patch that puts another function in the place of a rule."""

    def patch(put: Put) -> None:
        registered = [
            Rule(one.kind, one.resource, function, one.needs, one.target) if one.function.__name__ == name else one
            for one in invoices.rules.registered
        ]
        put(invoices.rules, "registered", registered)

    return patch


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    with served(scenario="demo") as server:
        for _ in range(3):
            run = suite_run(server.app, only=INVOICES)
            assert broken(run) == {}
            assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.KEPT}


def test_without_a_control_plane_payments_are_not_checked() -> None:
    with served() as server:
        run = suite_run(server.app, only=INVOICES, control=False)
    assert broken(run) == {}
    assert {name for name, outcome in run.outcomes.items() if outcome.verdict is Verdict.NOT_CHECKED} == {
        "payments-move-the-status", "payments-are-income", "no-payment-beyond-what-is-open",
    }  # fmt: skip


def test_a_number_that_is_given_twice_is_found() -> None:
    def same(one: dict[str, Any]) -> None:
        one["invoice_number"] = f"INV-{one['date'][:4]}-001"

    assert "speaks-invoice-number" in found(between=objects(same, "createInvoice"))


def test_a_number_counted_by_the_year_of_the_due_date_is_found() -> None:
    def number(invoice: Document, tx: Any) -> None:
        if "invoice_number" not in invoice:
            year = invoice["due_date"][:4]
            invoice["invoice_number"] = f"INV-{year}-{tx.next_number(f'invoice_number/{year}'):03d}"

    assert found(patch=replaced("number_is_counted_by_year", number)) == {"invoice-numbers-count-by-year"}


def test_one_counter_for_all_years_is_found() -> None:
    def number(invoice: Document, tx: Any) -> None:
        if "invoice_number" not in invoice:
            invoice["invoice_number"] = f"INV-{invoice['date'][:4]}-{tx.next_number('invoice_number'):03d}"

    assert "invoice-numbers-count-by-year" in found(patch=replaced("number_is_counted_by_year", number))


def test_a_number_that_a_refused_invoice_used_up_is_found() -> None:
    attempts = [0]

    def patch(put: Put) -> None:
        true = verbs.Engine._refuse_what_breaks_a_rule

        def refuse(self: Any, work: Any, collection: str, document: Document) -> None:
            attempts[0] += collection == "invoices"
            true(self, work, collection, document)

        put(verbs.Engine, "_refuse_what_breaks_a_rule", refuse)

        def number(invoice: Document, tx: Any) -> None:
            invoice.setdefault("invoice_number", f"INV-{invoice['date'][:4]}-{attempts[0]:03d}")

        replaced("number_is_counted_by_year", number)(put)

    assert "refused-invoices-use-no-number" in found(patch=patch)


def test_a_due_date_before_the_date_is_found() -> None:
    assert found(patch=replaced("due_date_is_not_before_date", lambda invoice, tx: None)) == {"due-date-is-not-before-date"}


def test_a_due_date_that_must_be_later_is_found() -> None:
    def later(invoice: Document, tx: Any) -> str | None:
        return "Due_date must be later than date" if invoice["due_date"] <= invoice["date"] else None

    assert "due-date-is-not-before-date" in found(patch=replaced("due_date_is_not_before_date", later))


def test_a_new_invoice_that_is_paid_is_found() -> None:
    def paid(one: dict[str, Any]) -> None:
        one["status"] = "Paid"

    assert "new-invoices-are-unpaid" in found(between=objects(paid, "createInvoice"))


def test_payments_that_never_finish_are_found() -> None:
    def never(invoice: Document, tx: Any) -> None:
        invoice["status"] = "Partially Paid" if invoice.setdefault("_paid", 0) else "Unpaid"

    assert found(patch=replaced("status_follows_the_payments", never)) == {"payments-move-the-status"}


def test_a_payment_that_records_no_income_is_found() -> None:
    def hidden(request: Request, key: str | None, forward: Forward) -> Answer:
        if request.path != "/transactions" or request.method != "GET":
            return forward(request, key)
        return Answer(200, (), b'{"success":true,"data":[],"meta":{"current_page":1,"total_pages":0,"total_records":0}}')

    assert found(between=hidden) == {"payments-are-income"}


def test_a_payment_of_too_much_is_found() -> None:
    def pays_all(request: Any) -> Document:
        tx, invoice = request.tx, request.tx.existing("invoices", request.params["id"])
        paid = invoice.get("_paid", 0) + request.body["amount"]
        tx.create("transactions", {"type": "Income", "account_id": 1, "amount": request.body["amount"], "date": tx.today.isoformat()})
        changed: Document = tx.amend("invoices", invoice["id"], {"_paid": paid})
        return changed

    assert "no-payment-beyond-what-is-open" in found(patch=replaced("record_payment", pays_all))
