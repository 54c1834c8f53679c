"""Rules shared by invoices and quotes: line items, and an amount that is their sum (decision `item-amount`)."""

from __future__ import annotations

from decimal import Decimal

from sandbox.domain.rules import LARGEST_AMOUNT, SMALLEST_AMOUNT, Document, Rules, Transaction, exact, in_words, money

rules = Rules("invoices", "quotes")


def total(document: Document) -> Decimal:
    """Σ amount × qty, in exact decimal arithmetic."""
    return sum((exact(line["amount"]) * exact(line["qty"]) for line in document["items"]), Decimal(0))


@rules.must("items", "amount")
def the_sum_can_be_written_as_money(document: Document, tx: Transaction) -> str | None:
    """What holds for an amount holds for a sum too (decision `money`); a contract may set its lines no such bounds."""
    amount = total(document)
    if amount > LARGEST_AMOUNT:
        return f"Items add up to {in_words(amount)}, which is more than the largest amount, {in_words(LARGEST_AMOUNT)}"
    if amount < SMALLEST_AMOUNT:
        return f"Items add up to {in_words(amount)}, which is less than the smallest amount, {in_words(SMALLEST_AMOUNT)}"
    return None


@rules.before_save("items", "amount")
def amount_is_the_sum_of_its_items(document: Document, tx: Transaction) -> None:
    """Whatever was sent as `amount` was ignored."""
    document["amount"] = money(total(document))
