"""A server that is killed with -9 while it delivers: every committed event arrives, under one id, and the log shows it.

The long form is `python -m tests.crash.deliveries`. What it would take for a broken promise is seen here in the small.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from sandbox.events.outbox import payload
from tests.crash.client import Fault
from tests.crash.deliveries import Clerk, Found, acknowledged, check, trial
from tests.crash.receiver import Arrival

MOMENT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRETS = {"/all": "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlVGVzdHM=", "/payments": "whsec_TmV3U2VjcmV0Rm9yVGhlVGVzdHM="}


def test_five_kills_lose_no_event() -> None:
    tally = trial(5, seed=3)
    assert tally.kills == 5
    assert tally.events > 10
    assert tally.failures > 5


def event(id: str, type: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "type": type, "created_at": "2026-11-22T12:00:00Z", "data": data, "deliveries": []}


def delivery(id: int, event: str, path: str, *codes: int) -> dict[str, Any]:
    status = "delivered" if codes[-1] == 200 else "pending"
    url = f"http://127.0.0.1:1{path}"
    return {"id": id, "event_id": event, "url": url, "status": status, "attempts": [{"status_code": code} for code in codes]}


INVOICE = {"id": 1, "invoice_number": "INV-2025-001", "status": "Unpaid"}
INCOME = {"id": 1, "type": "Income", "amount": 5}
FOUND = Found(
    invoices={1: {**INVOICE, "status": "Paid"}},
    transactions={1: INCOME, 2: {"id": 2, "type": "Expense", "amount": 5}},
    events={"evt_1": event("evt_1", "invoice.created", INVOICE), "evt_2": event("evt_2", "payment.received", INCOME)},
    deliveries={
        1: delivery(1, "evt_1", "/all", 500, 200),
        2: delivery(2, "evt_2", "/all", 200),
        3: delivery(3, "evt_2", "/payments", 200),
    },
)


def arrival(id: str, path: str, answered: int = 200, body: bytes | None = None, secret: str | None = None) -> Arrival:
    if body is None:
        body = payload({**FOUND.events[id], "event_id": id})
    signature = Webhook(secret or SECRETS[path]).sign(id, MOMENT, body.decode())
    headers = {"webhook-id": id, "webhook-timestamp": str(int(MOMENT.timestamp())), "webhook-signature": signature}
    return Arrival(path, headers, body, answered)


FAILED, THEN, ALL, PAYMENTS = arrival("evt_1", "/all", 500), arrival("evt_1", "/all"), arrival("evt_2", "/all"), arrival("evt_2", "/payments")


def found(**changes: Any) -> Found:
    return replace(FOUND, **changes)


def test_what_arrived_at_least_once_is_no_fault() -> None:
    check(FOUND, [FAILED, THEN, ALL, PAYMENTS], SECRETS)
    check(FOUND, [FAILED, THEN, THEN, ALL, ALL, PAYMENTS], SECRETS)


@pytest.mark.parametrize(
    ("arrivals", "said"),
    [
        ([FAILED, ALL, PAYMENTS], "evt_1 never arrived at /all with a success, but 1 times without"),
        ([FAILED, THEN, ALL], "evt_2 never arrived at /payments"),
        ([THEN, ALL, PAYMENTS, arrival("evt_1", "/payments")], "not subscribed"),
        ([THEN, ALL, PAYMENTS, arrival("evt_3", "/all", body=THEN.body)], r"what arrived is not in the log: .*evt_3"),
        ([THEN, arrival("evt_1", "/all", body=THEN.body + b" "), ALL, PAYMENTS], "different bodies"),
        ([arrival("evt_1", "/all", body=ALL.body), ALL, PAYMENTS], "but the log has"),
        ([arrival("evt_1", "/all", secret=SECRETS["/payments"]), ALL, PAYMENTS], "wrong signature"),
    ],
)
def test_what_did_not_arrive_or_arrived_as_something_else_is_a_fault(arrivals: list[Arrival], said: str) -> None:
    with pytest.raises(Fault, match=said):
        check(FOUND, arrivals, SECRETS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"events": {"evt_2": FOUND.events["evt_2"]}}, "invoice.created of 1, which is there, stands 0 times"),
        ({"invoices": {}}, "invoice.created of 1, which is not there, stands 1 times"),
        ({"events": {**FOUND.events, "evt_3": event("evt_3", "invoice.created", INVOICE)}}, "invoice.created of 1, which is there, stands 2 times"),
        ({"events": {**FOUND.events, "evt_3": event("evt_3", "payment.received", {"id": 2})}}, "payment.received of 2, which is not there"),
        ({"invoices": {1: {**INVOICE, "invoice_number": "INV-2025-002"}}}, "evt_1 tells"),
        ({"deliveries": {1: FOUND.deliveries[1], 2: FOUND.deliveries[2]}}, "the log shows 0 deliveries of evt_2 to /payments"),
        ({"deliveries": {**FOUND.deliveries, 4: delivery(4, "evt_1", "/all", 200)}}, "the log shows 2 deliveries of evt_1 to /all"),
        ({"deliveries": {**FOUND.deliveries, 4: delivery(4, "evt_1", "/payments", 200)}}, "the log shows 1 deliveries of evt_1 to /payments"),
        ({"deliveries": {**FOUND.deliveries, 1: delivery(1, "evt_1", "/all", 500)}}, r"is pending after \[500\]"),
        ({"deliveries": {**FOUND.deliveries, 1: delivery(1, "evt_1", "/all", 200, 200)}}, r"is delivered after \[200, 200\]"),
    ],
)
def test_a_log_that_lacks_one_or_has_one_twice_is_a_fault(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Fault, match=said):
        check(found(**changes), [FAILED, THEN, ALL, PAYMENTS], SECRETS)


def test_what_was_acknowledged_and_is_not_there_is_a_fault() -> None:
    for clerk, said in (
        (Clerk(None, invoices={1, 2}), r"invoices \[2\]"),  # type: ignore[arg-type]
        (Clerk(None, paid={3}), r"payments of \[3\]"),  # type: ignore[arg-type]
        (Clerk(None, incomes={1, 4}), r"incomes \[4\]"),  # type: ignore[arg-type]
    ):
        with pytest.raises(Fault, match=said):
            acknowledged(clerk, FOUND)
    acknowledged(Clerk(None, invoices={1}, paid={1}, incomes={1}), FOUND)  # type: ignore[arg-type]
