"""The promises on events are looked at where the target shows its events, and are not checked elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport
from contract_tests.judging.verdicts import Verdict
from contract_tests.run.promise_runner import PromiseRunner
from openapi.reader import load_contract
from tests.saboteurs.interceptors import body_of, called
from tests.suite.broken_promises import requests_of_three_runs
from tests.suite.in_process import InProcess, broken, served, suite_run

EVENTS = {"speaks-transaction-events", "events"}
Emit = Callable[[Request, Answer], list[tuple[str, Any]]]


class Showing:
    """A server that shows its events on its control plane; which it emits is decided by what it answered."""

    def __init__(self, behind: Transport, emit: Emit) -> None:
        self._behind, self._emit, self._events = behind, emit, list[dict[str, Any]]()
        self.pages = 0

    def send(self, request: Request, key: str | None) -> Answer:
        if request.path == "/_sandbox/events":
            self.pages += 1
            page, limit = (int(dict(request.query).get(name, default)) for name, default in (("page", "1"), ("limit", "20")))
            rows = self._events[::-1][(page - 1) * limit : page * limit]
            meta = {"current_page": page, "total_pages": -(-len(self._events) // limit), "total_records": len(self._events)}
            return Answer(200, (), json.dumps({"success": True, "data": rows, "meta": meta}).encode())
        answer = self._behind.send(request, key)
        for type, data in self._emit(request, answer):
            event = {"id": f"evt_{len(self._events)}", "type": type, "created_at": "2025-07-01T09:00:00Z", "data": data}
            self._events.append(event)
        return answer

    def remember(self, number: int) -> None:
        """So many events are there already."""
        self._events += [{"id": f"evt_old_{one}", "type": "invoice.created", "created_at": "", "data": {"id": one}} for one in range(number)]

    def close(self) -> None:
        self._behind.close()


def as_the_contract_says(request: Request, answer: Answer) -> list[tuple[str, Any]]:
    if request.path.endswith("/payments") and answer.status == 201:
        return [("payment.received", {"id": 0, "type": "Income", "amount": body_of(request)["amount"]})]
    operation = called(request)
    if operation is None or answer.status != 201 or operation.id not in load_contract().operations:
        return []
    return [(one.event, answer.data) for one in operation.emits if all(answer.data[name] == value for name, value in one.when.items())]


def run_with(emit: Emit) -> PromiseRunner:
    with served() as server:
        transport = Showing(InProcess(server.app), emit)
        try:
            return suite_run(transport, only=EVENTS)
        finally:
            transport.close()


class Hiding:
    """A server whose control plane has no events."""

    def __init__(self, behind: Transport) -> None:
        self._behind = behind

    def send(self, request: Request, key: str | None) -> Answer:
        return Answer(404, (), b"{}") if request.path == "/_sandbox/events" else self._behind.send(request, key)

    def close(self) -> None:
        self._behind.close()


def test_where_no_events_are_shown_they_are_not_checked_and_nothing_is_sent_for_them() -> None:
    with served() as server, closing(Hiding(InProcess(server.app))) as transport:
        run = suite_run(transport, only=EVENTS)
    assert {name: outcome.reason for name, outcome in run.outcomes.items()} == dict.fromkeys(EVENTS, "the target's control plane shows no events")
    assert run.context.target.sent == 0


def test_without_a_control_plane_they_are_not_checked() -> None:
    with served() as server:
        run = suite_run(server.app, only=EVENTS, control=False)
    assert {outcome.reason for outcome in run.outcomes.values()} == {"the target offers no control plane"}


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("events")) < 20


def test_of_a_long_log_no_more_is_read_than_is_new() -> None:
    with served() as server, closing(Showing(InProcess(server.app), as_the_contract_says)) as transport:
        transport.remember(20_000)
        assert broken(suite_run(transport, only=EVENTS)) == {}
        assert transport.pages < 20


def test_a_server_that_emits_what_the_contract_says_keeps_them() -> None:
    run = run_with(as_the_contract_says)
    assert broken(run) == {}
    assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.KEPT}
    assert run.context.readings == {"transaction-events": "yes"}


def test_recorded_income_that_emits_nothing_is_a_dialect() -> None:
    run = run_with(lambda request, answer: [] if request.path == "/transactions" else as_the_contract_says(request, answer))
    assert broken(run) == {}
    assert run.context.readings == {"transaction-events": "no"}


def without(type: str) -> Emit:
    return lambda request, answer: [one for one in as_the_contract_says(request, answer) if one[0] != type]


def twice(request: Request, answer: Answer) -> list[tuple[str, Any]]:
    return as_the_contract_says(request, answer) * 2


def on_any_type(request: Request, answer: Answer) -> list[tuple[str, Any]]:
    is_new = request.path == "/transactions" and answer.status == 201
    return [("payment.received", answer.data)] if is_new else as_the_contract_says(request, answer)


def also_when_refused(request: Request, answer: Answer) -> list[tuple[str, Any]]:
    is_refused = request.path == "/invoices" and request.method == "POST" and answer.status == 400
    return [("invoice.created", {"id": 0})] if is_refused else as_the_contract_says(request, answer)


def of_another_object(request: Request, answer: Answer) -> list[tuple[str, Any]]:
    return [(type, {**data, "id": data["id"] + 1}) for type, data in as_the_contract_says(request, answer)]


@pytest.mark.parametrize("emit", [without("invoice.created"), twice, on_any_type, also_when_refused, of_another_object])
def test_events_that_are_missing_or_too_many_are_found(emit: Emit) -> None:
    assert "events" in broken(run_with(emit))
