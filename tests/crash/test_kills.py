"""A server that is killed with -9 while it is written to: nothing acknowledged is lost, nothing is half there, no number comes twice.

The long form is `python -m tests.crash.kills`. What it would take for a broken promise is seen here in the small.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.crash.client import Fault
from tests.crash.commander import Commander
from tests.crash.kills import trial
from tests.crash.server_process import Nursery, Way
from tests.crash.state import COLLECTIONS, State
from tests.crash.writers import Found, Ledger, Numbers, Writer, compare

INVOICE = {"id": 1, "customer_id": 1, "invoice_number": "INV-2025-001", "status": "Partially Paid"}
PAYMENT = {"id": 1, "type": "Income", "amount": 10.0, "description": "Payment of INV-2025-001"}


def test_five_kills_lose_nothing() -> None:
    tally = trial(5, seed=7, of_a_life=5)
    assert tally.kills.total() == 5
    assert tally.acknowledged > 20


def test_a_nursery_tells_a_server_that_cannot_start_from_one_that_was_killed(tmp_path: Path) -> None:
    with Nursery(tmp_path) as nursery:
        killed = nursery.start(Way(strike=3))
        assert killed.address() is None
        (tmp_path / "data" / "server.journal").write_bytes(b"no journal")
        with pytest.raises(Fault, match=r"did not start, but ended with 2: .* is damaged at offset 0"):
            nursery.start(Way()).address()


@pytest.fixture
def writer() -> Writer:
    """One that was told of a customer, and of an invoice with one payment."""
    one = Writer("writer", 1, Numbers())
    one.ledger = Ledger({1: {"id": 1, "account": "writer 1"}}, {1: INVOICE}, Counter({1: 10}))
    return one


def found(**changes: Any) -> Found:
    """What that writer was told, but for these changes."""
    whole = Found({1: {"id": 1, "account": "writer 1"}}, {1: INVOICE}, {1: PAYMENT}, {"income": 10, "outstanding_invoices": 30})
    return replace(whole, **changes)


def test_what_was_acknowledged_and_is_there_is_no_fault(writer: Writer) -> None:
    whole = found()
    compare([writer], whole)  # raises a Fault for what is wrong
    assert whole == found(), "looking changes nothing"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customers": {}}, "was acknowledged, and is lost"),
        ({"customers": {1: {"id": 1, "account": "before"}}}, "was acknowledged, but"),
        ({"customers": {**found().customers, 2: {"id": 2, "account": "writer 2"}}}, "nobody asked for it"),
        ({"transactions": {}}, "are not the 10 that were paid"),
        ({"transactions": {1: PAYMENT, 2: {**PAYMENT, "id": 2}}}, "are not the 10 that were paid"),
        ({"transactions": {2: {**PAYMENT, "id": 2}}}, "the ids of transactions are not 1 to 1"),
        ({"invoices": {1: {**INVOICE, "status": "Unpaid"}}}, "was acknowledged, but"),
        ({"report": {"income": 10, "outstanding_invoices": 40}}, "but the report says"),
    ],
)
def test_what_is_lost_or_half_there_is_a_fault(writer: Writer, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Fault, match=said):
        compare([writer], found(**changes))


def test_a_number_that_comes_twice_is_a_fault() -> None:
    numbers = Numbers()
    numbers.take("customers", 7)
    numbers.take("invoices", 7)
    with pytest.raises(Fault, match="customers 7 was given a second time"):
        numbers.take("customers", 7)


def state(**customers: str) -> State:
    table = {int(id[1:]): {"id": int(id[1:]), "account": word} for id, word in customers.items()}
    documents = {name: table if name == "customers" else {} for name in COLLECTIONS}
    return State(documents, "PT0S", {"undo": None}, {}, {}, {})


def test_a_command_in_flight_was_done_or_was_not_and_there_is_no_third() -> None:
    for there in (state(_1="first"), state(_1="first", _2="commander 1")):
        commander = commanding(state(_1="first"))
        commander.settle(there)
        assert commander.state == there
    for there in (state(), state(_1="first", _3="commander 1"), state(_1="first", _2="another"), state(_1="changed", _2="commander 1")):
        with pytest.raises(Fault, match="was in flight"):
            commanding(state(_1="first")).settle(there)


def commanding(before: State) -> Commander:
    """One whose customer was in flight when the server was killed."""
    commander = Commander({}, Random(1))
    commander.settle(before)
    commander._pending = commander._customer()
    return commander
