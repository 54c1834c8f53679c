"""Invoices: their numbers, due dates and payments.

The public API has no payment (decision `invoice-status`): the control plane and the seeder use `record-payment`.
"""

from __future__ import annotations

from sandbox.domain.rules import ActionRequest, Document, Rules, Transaction, exact, in_words, money
from sandbox.errors import Invalid

rules = Rules("invoices")


@rules.must("due_date", "date")
def due_date_is_not_before_date(invoice: Document, tx: Transaction) -> str | None:
    """Dates are RFC 3339, so that their text sorts as they do."""
    if invoice["due_date"] < invoice["date"]:
        return f"Due_date {invoice['due_date']} is before date {invoice['date']}; it must be that day or later"
    return None


@rules.before_save("invoice_number", "date")
def number_is_counted_by_year(invoice: Document, tx: Transaction) -> None:
    """`INV-2024-001`, counted by the year of `date`, never given twice (decision `invoice-number`)."""
    if "invoice_number" not in invoice:
        year = invoice["date"][:4]
        invoice["invoice_number"] = f"INV-{year}-{tx.next_number(f'invoice_number/{year}'):03d}"


@rules.before_save("status", "amount")
def status_follows_the_payments(invoice: Document, tx: Transaction) -> None:
    """Unpaid → Partially Paid → Paid (decision `invoice-status`); `_paid` is what was paid so far."""
    paid = exact(invoice.setdefault("_paid", 0))
    if not paid:
        invoice["status"] = "Unpaid"
    else:
        invoice["status"] = "Paid" if paid >= exact(invoice["amount"]) else "Partially Paid"


@rules.action("record-payment", "invoice_number", "amount", "status", "transactions.type", "transactions.amount", "transactions.date")
def record_payment(request: ActionRequest) -> Document:
    """Pays part or all of what is open: `{"amount"}`, with optional `account_id` and `date`; answers with the invoice.

    Raises Missing for an unknown invoice, Invalid for more than is open.
    """
    tx, payment = request.tx, request.body
    invoice = tx.existing("invoices", request.params["id"])
    paid = exact(invoice.get("_paid", 0))
    still_open = exact(invoice["amount"]) - paid
    amount = exact(payment["amount"])
    if amount > still_open:
        raise Invalid({"amount": f"Amount {in_words(amount)} is more than the {in_words(still_open)} that is open on {invoice['invoice_number']}"})
    tx.create(
        "transactions",
        {
            "type": "Income",
            "account_id": payment.get("account_id", 1),
            "amount": payment["amount"],
            "description": f"Payment of {invoice['invoice_number']}",
            "date": payment.get("date", tx.today.isoformat()),
        },
    )
    return tx.amend("invoices", invoice["id"], {"_paid": money(paid + amount)})
