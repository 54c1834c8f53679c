"""An invoice is paid from the control plane, and each payment is an Income transaction (decision `invoice-status`)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Invalid, Missing
from tests.engine.world import LINE, World


@pytest.fixture
def invoice(world: World) -> World:
    """A world with one invoice over 1500."""
    world.make("createCustomer")
    world.make("createInvoice")
    return world


def _refused(world: World, amount: float) -> dict[str, str]:
    before = world.image
    with pytest.raises(Invalid) as refused:
        world.pay(1, amount)
    assert world.image == before
    return refused.value.errors


def test_an_invoice_goes_from_unpaid_by_partially_paid_to_paid(invoice: World) -> None:
    assert invoice.do("listInvoices").data[0]["status"] == "Unpaid"
    assert [invoice.pay(1, amount)["status"] for amount in (0.01, 1499.98, 0.01)] == ["Partially Paid", "Partially Paid", "Paid"]
    assert invoice.do("listInvoices").data[0]["status"] == "Paid"


def test_an_invoice_can_be_paid_at_once(invoice: World) -> None:
    assert invoice.pay(1, 1500)["status"] == "Paid"


def test_paying_changes_nothing_else_of_the_invoice_but_its_time(invoice: World) -> None:
    before = invoice.do("listInvoices").data[0]
    invoice.clock.advance(timedelta(minutes=5))
    paid = {**invoice.pay(1, 1500), "_paid": 0}
    assert paid == {**before, "status": "Paid", "updated_at": "2024-01-15T10:05:00Z", "_paid": 0}


def test_a_payment_of_the_wrong_amount_changes_nothing(invoice: World) -> None:
    assert _refused(invoice, 1500.01) == {"amount": "Amount 1,500.01 is more than the 1,500.00 that is open on INV-2024-001"}
    invoice.pay(1, 1000)
    assert _refused(invoice, 500.01) == {"amount": "Amount 500.01 is more than the 500.00 that is open on INV-2024-001"}
    assert invoice.pay(1, 500)["status"] == "Paid"


def test_a_paid_invoice_takes_no_more(invoice: World) -> None:
    invoice.pay(1, 1500)
    assert _refused(invoice, 0.01).keys() == {"amount"}
    assert invoice.do("listTransactions").meta == {"current_page": 1, "total_pages": 1, "total_records": 1}


def test_an_invoice_that_is_not_there_cannot_be_paid(invoice: World) -> None:
    before = invoice.image
    with pytest.raises(Missing, match="There is no object 2 in invoices"):
        invoice.pay(2, 1)
    assert invoice.image == before


def test_a_payment_is_recorded_as_income_of_today(invoice: World) -> None:
    invoice.clock.advance(timedelta(days=17))
    invoice.pay(1, 500.5)
    times = dict.fromkeys(("created_at", "updated_at"), "2024-02-01T10:00:00Z")
    told = {"type": "Income", "account_id": 1, "amount": 500.5, "description": "Payment of INV-2024-001", "date": "2024-02-01"}
    assert invoice.do("listTransactions").data == [{"id": 1, **told, **times}]


def test_a_payment_may_say_its_account_and_its_day(invoice: World) -> None:
    invoice.pay(1, 500, account_id=8, date="2023-12-24")
    (recorded,) = invoice.do("listTransactions").data
    assert (recorded["account_id"], recorded["date"], recorded["created_at"]) == (8, "2023-12-24", "2024-01-15T10:00:00Z")


def test_recording_income_by_the_api_pays_no_invoice(invoice: World) -> None:
    invoice.make("recordTransaction", description="Payment of INV-2024-001")
    assert invoice.do("listInvoices").data[0]["status"] == "Unpaid"


def test_an_amendment_of_a_paid_invoice_leaves_it_paid(invoice: World) -> None:
    invoice.pay(1, 1500)
    assert invoice.amend("invoices", 1, notes="Thank you")["status"] == "Paid"


@settings(deadline=None)
@given(parts=st.lists(st.integers(min_value=1, max_value=99_999_999), min_size=1, max_size=8))
def test_parts_that_add_up_pay_an_invoice_to_the_cent(parts: list[int]) -> None:
    world = World()
    world.make("createCustomer")
    world.make("createInvoice", items=[LINE | {"amount": float(Decimal(sum(parts)) / 100)}])
    states = [world.pay(1, float(Decimal(part) / 100))["status"] for part in parts]
    assert states == ["Partially Paid"] * (len(parts) - 1) + ["Paid"]
    assert _refused(world, 0.01).keys() == {"amount"}
