"""What would hold up the loop among many documents is done beside it, with the same answers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.edge import dispatch
from sandbox.edge.json_values import MOST_VALUES, has_too_many_values
from sandbox.edge.request_limits import LARGE_BODY
from sandbox.engine.reading import Reading
from sandbox.errors import Missing
from sandbox.fair_scheduler import no_pause
from sandbox.state.image import Image
from tests.asgi import ADMINISTRATOR, STAFF, Sandbox

QUESTIONS = (
    "/reports/financial",
    "/reports/financial?year=2024",
    "/reports/financial?year=2024&month=2",
    "/reports/financial?month=2",
    "/reports/financial?year=1800",
    "/customers?search=jane",
    "/customers?search=JANE+9&limit=3&page=2",
    "/customers?search=%0A",
    "/customers?search=jane%0Ajane1",
    "/customers?search=",
    "/customers?page=3&limit=10",
    "/customers?search=x&nonsense=1",
    "/transactions?date_from=2024-02-01&date_to=2024-03-01",
    "/transactions?date_from=2024-03-01&date_to=2024-02-01",
)


def fill(sandbox: Sandbox) -> None:
    for number in range(40):
        sandbox.customer(account=f"Jane {number}", email=f"jane{number}@example.com", city="x\ny")
        day = f"2024-{1 + number % 3:02}-{1 + number % 28:02}"
        kind = "Income" if number % 3 else "Expense"
        assert sandbox.post("/transactions", {"type": kind, "account_id": 1, "amount": number + 0.1, "date": day}).status == 201
    lines = [{"description": "x", "amount": 12.5, "qty": 2}]
    assert sandbox.post("/invoices", {"customer_id": 1, "date": "2024-02-01", "due_date": "2024-03-01", "items": lines}).status == 201


@pytest.mark.parametrize("target", QUESTIONS)
def test_the_answer_is_the_same_among_few_and_among_many(sandbox: Sandbox, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sandbox)
    few = sandbox.get(target)
    monkeypatch.setattr(dispatch, "_MANY", 5)
    sandbox.customer(account="Another one")
    assert sandbox.delete("/customers/41").status == 200
    many = sandbox.get(target)
    assert (many.status, many.json, many.header("etag")) == (few.status, few.json, few.header("etag"))


def test_who_may_not_see_the_report_does_not_have_it_made(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sandbox)
    monkeypatch.setattr(dispatch, "_MANY", 5)
    assert sandbox.get("/reports/financial", key=STAFF).status == 403
    assert sandbox.get("/reports/financial", key=None).status == 401


def test_a_known_report_is_a_304_among_many_too(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sandbox)
    tag = sandbox.get("/reports/financial").header("etag")
    monkeypatch.setattr(dispatch, "_MANY", 5)
    assert tag is not None
    assert sandbox.get("/reports/financial", headers={"if-none-match": tag}).status == 304


def test_a_reading_is_of_one_moment_and_writes_nothing() -> None:
    table = {1: {"id": 1, "amount": 1.0}, 2: {"id": 2, "amount": 2.0}}
    reading = Reading(Image({"transactions": table}), datetime(2024, 1, 2, tzinfo=UTC), None, no_pause)
    assert [one["id"] for one in reading.documents("transactions")] == [1, 2]
    assert list(reading.documents("invoices")) == []
    assert (reading.today.day, reading.existing("transactions", 1)["amount"], reading.get("transactions", 3)) == (2, 1.0, None)
    with pytest.raises(Missing):
        reading.existing("transactions", 3)
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: reading.create("transactions", {}),
        lambda: reading.amend("transactions", 1, {}),
        lambda: reading.next_number("x"),
        lambda: reading.entropy(1),
    )
    for attempt in attempts:
        with pytest.raises(RuntimeError, match="writes nothing"):
            attempt()


def test_a_large_body_is_read_like_a_small_one(sandbox: Sandbox) -> None:
    customers = [{"account": f"Jane {number}", "address": "x" * 5_000} for number in range(100)]
    reply = sandbox.post("/batch/customers", {"customers": customers})
    assert (reply.status, len(reply.data)) == (201, 100)
    wrong = sandbox.post("/batch/customers", {"customers": [*customers[:99], {"account": ""}]})
    assert [*wrong.errors] == ["customers.99.account"]
    assert sandbox.send("POST", "/customers", key=ADMINISTRATOR, body=b"[" + b" " * LARGE_BODY).errors["body"].startswith("Body is not JSON")


TOO_MANY = {
    "names": b"{%b}" % b",".join(b'"%x":1' % number for number in range(90_000)),
    "numbers": b'{"amount":[%b1]}' % (b"1.5," * 200_000),
    "objects": b'{"items":[%b{}]}' % (b"{}," * 300_000),
    "lists": b'{"items":[%b[]]}' % (b"[]," * 300_000),
    "texts": b'{"items":[%b""]}' % (b'"",' * 300_000),
    "all in one text's shadow": b'{"a":"\\"","b":[%b1]}' % (b"1," * 300_000),
}


@pytest.mark.parametrize("what", TOO_MANY)
def test_a_body_with_values_without_end_is_refused_in_one_sentence(sandbox: Sandbox, what: str) -> None:
    reply = sandbox.send("POST", "/customers", key=ADMINISTRATOR, body=TOO_MANY[what])
    assert reply.status == 400
    assert reply.errors == {"body": "Body has more than 20000 values, which is the most that is taken; send them in several requests"}


def test_a_text_may_hold_commas_as_many_as_it_likes(sandbox: Sandbox) -> None:
    items = [{"description": "," * 9_000, "amount": 1.0, "qty": 1}] * 100
    body = {"customer_id": sandbox.customer(), "date": "2024-01-01", "due_date": "2024-01-02", "items": items}
    assert sandbox.post("/invoices", body).status == 201


def test_values_are_counted_exactly() -> None:
    assert not has_too_many_values(b"[%b1]" % (b"1," * (MOST_VALUES - 1)))
    assert has_too_many_values(b"[%b1]" % (b"1," * MOST_VALUES))
    assert not has_too_many_values(b'["%b"]' % (b"," * MOST_VALUES))
