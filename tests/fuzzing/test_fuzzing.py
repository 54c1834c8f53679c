"""The fuzzer finds nothing in the server in a short run, and finds what is planted in a broken one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.domain import ALL_RULES
from sandbox.domain.rules import Document, Rules, Transaction
from sandbox.edge.exception_handlers import FAILED
from sandbox.edge.exchange import Exchange
from sandbox.edge.stages import Verdict
from sandbox.engine.result import Result
from sandbox.engine.verbs import Engine
from tests.asgi import Client, Reply, sandbox_of
from tests.fuzzing.__main__ import report
from tests.fuzzing.claims import broken
from tests.fuzzing.mutations import fuzzed
from tests.fuzzing.requests import Request, valid
from tests.fuzzing.run import LIMIT, Finding, Fuzzer, Outcome, fuzzer

ENOUGH = 20_000
GET = Request("GET", "/", ())
RATE = (("x-ratelimit-limit", "9"), ("x-ratelimit-remaining", "8"), ("x-ratelimit-reset", "7"))
JSON = ("content-type", "application/json")


def test_no_request_breaks_a_claim() -> None:
    with fuzzer() as one:
        outcome = one.run(2000, 1)
    assert outcome.found == [], report(outcome)
    assert set(outcome.statuses) >= {200, 201, 304, 400, 401, 403, 404, 405, 413, 415, 429, 431}
    assert outcome.statuses.total() == 2000


def test_most_requests_are_taken_before_they_are_mutated() -> None:
    server = sandbox_of(scenario="demo")
    client = Client(server.server.app)
    asked = [valid(Random(number)) for number in range(300)]
    statuses = Counter(client.send(one.method, one.target, headers=one.headers, body=one.body).status for one in asked)
    client.close()
    server.close()
    # A role may lack the right, a customer may be gone or pointed to, a second workspace may have no such customer.
    assert set(statuses) <= {200, 201, 400, 403, 404}
    assert statuses[200] + statuses[201] > 200


def test_a_seed_and_a_number_are_one_request_for_ever() -> None:
    once, again = ([fuzzed(Random(f"{seed}/{number}")) for seed in (1, 2) for number in range(300)] for _ in range(2))
    assert once == again
    assert len(set(once)) > 590


def test_a_rule_that_fails_for_some_values_is_found_and_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules("customers")

    @rules.must("account")
    def account_is_one_that_the_author_thought_of(customer: Document, tx: Transaction) -> None:
        if customer["account"].lower().startswith("jane"):
            {"Jane Smith": 1}[customer["account"]]

    monkeypatch.setattr("sandbox.app.ALL_RULES", (*ALL_RULES, rules))
    with fuzzer() as one:
        (finding,) = one.run(ENOUGH, 1).found
        assert finding.claim == "the status is 500"
        assert FAILED in str(finding)
        assert [again.request for again in one.run(1, 1, first=finding.number).found] == [finding.request]


def test_what_is_stored_by_a_refused_request_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(self: Verdict, exchange: Exchange) -> None:
        if exchange.faults and exchange.called.id == "createLead":
            assert exchange.workspace is not None
            with exchange.workspace.transaction() as tx:
                tx.insert("leads", {"first_name": "half a lead"})
        careful(self, exchange)

    careful = Verdict.run
    monkeypatch.setattr(Verdict, "run", careless)
    assert _only_claim() == "the documents are not what they were"


def test_a_number_that_is_used_up_by_a_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def counting(self: Engine, work: Any, *rest: Any) -> Result:
        work.next_number("reads")
        return read(self, work, *rest)

    read = Engine._list
    monkeypatch.setattr(Engine, "_list", counting)
    assert _only_claim() == "the documents are not what they were"


def test_a_document_that_is_changed_in_its_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def scribbling(self: Engine, work: Any, operation: Any, params: Any, body: Any) -> Result:
        found = read(self, work, operation, params, body)
        found.data["_read"] = True
        return found

    read = Engine._read
    monkeypatch.setattr(Engine, "_read", scribbling)
    with fuzzer() as one:
        outcome = one.run(ENOUGH, 1, most=3)
    assert outcome.spoilt
    assert [finding.claim.partition(",")[0] for finding in outcome.found] == ["a document was changed in its place"]


class Crumbling:
    """ASGI middleware whose server no longer answers a HEAD once it has seen so many other requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._seen = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen, self._seen = self._seen, (0 if scope["method"] == "HEAD" else self._seen + 1)
        if scope["method"] == "HEAD" and seen >= 4:
            raise OSError("crumbled")

        await self._app(scope, receive, send)


def test_a_finding_names_the_few_requests_that_it_takes() -> None:
    with _fuzzer_of(Crumbling) as one:
        (finding,) = one.run(2000, 3).found
        assert "crumbled" in finding.claim
        assert finding.first < finding.number < finding.first + 20
        assert one.run(finding.number - finding.first + 1, 3, first=finding.first).found[0].number == finding.number


def test_a_run_goes_on_to_as_many_findings_as_it_is_asked_for() -> None:
    with _fuzzer_of(Crumbling) as one:
        outcome = one.run(2000, 3, most=3)
    assert len(outcome.found) == 3
    assert len({finding.number for finding in outcome.found}) == 3


@pytest.mark.parametrize(
    ("reply", "claims"),
    [
        (Reply(0, (), b""), ["nobody answered"]),
        (Reply(500, (*RATE, JSON), b'{"success": false, "message": "x"}'), ["the status is 500"]),
        (Reply(200, (JSON,), b'{"success": true}'), [f"{name} is None, and no number" for name, _ in RATE]),
        (Reply(200, (*RATE, RATE[0], JSON), b'{"success": true}'), ["x-ratelimit-limit stands 2 times"]),
        (Reply(200, RATE, b'{"success": true}'), ["the content type is None"]),
        (Reply(304, (*RATE, JSON), b""), ["the content type is 'application/json'"]),
        (Reply(304, RATE, b"x"), ["there is a body where none may be"]),
        (Reply(401, (*RATE, JSON), b'{"success": false, "message": "x"}'), ["a 401 without www-authenticate"]),
        (Reply(204, (), b""), ["only a preflight is answered with 204"]),
        (Reply(200, (*RATE, JSON), b"\xff"), ["the body is not JSON"]),
        (Reply(200, (*RATE, JSON), b'{"success": false}'), ["the body is not in the envelope"]),
        (Reply(400, (*RATE, JSON), b'{"success": false}'), ["the refusal is not in the envelope"]),
        (Reply(400, (*RATE, JSON), b'{"success": false, "message": "x", "more": 1}'), ["the refusal is not in the envelope"]),
        (Reply(400, (*RATE, JSON), b'{"success": false, "message": "x", "errors": {}}'), ["the errors are no sentences by field"]),
        (Reply(400, (*RATE, JSON), b'{"success": false, "message": "%b"}' % (b"x" * 100_000)), ["the refusal has 100033 bytes"]),
        (Reply(400, (*RATE, JSON), b'{"success": false, "message": "x", "errors": {"a": "b"}}'), []),
    ],
)
def test_each_claim_is_one_that_an_answer_can_break(reply: Reply, claims: list[str]) -> None:
    assert list(broken(GET, reply)) == claims


def test_a_field_without_a_name_is_refused_in_words_as_the_fuzzer_once_found_it_was_not() -> None:
    server = sandbox_of()
    reply = server.post("/customers", {"account": "Jane Smith", "": 1})
    server.close()
    assert reply.status == 400
    assert list(reply.errors) == ["body"]
    assert reply.errors["body"].startswith("The empty name is not a field of this request")


def test_a_client_that_leaves_is_owed_no_answer() -> None:
    left = Request("POST", "/", (), leaves=True)
    assert list(broken(left, Reply(0, (), b""))) == list(broken(left, Reply(499, (), b""))) == []
    assert list(broken(left, Reply(400, RATE, b""))) != []


def test_a_report_tells_the_figures_and_how_to_see_a_finding_again() -> None:
    outcome = Outcome(seconds=2.0)
    outcome.statuses.update([200, 200, 0])
    assert report(outcome).splitlines() == ["3 requests in 2.0 s, 2 a second", "  left: 1", "  200: 2", "Every claim held."]
    outcome.found.append(Finding(7, 11, 12, Request("POST", "/", (), b"x" * 9000, (3,), True), None, "no answer"))
    assert "python -m tests.fuzzing --seed 7 --first 11 --requests 2" in report(outcome)
    assert len(report(outcome)) < 1000


def _only_claim() -> str:
    with fuzzer() as one:
        (finding,) = one.run(ENOUGH, 1).found
        assert finding.first == finding.number, "it takes no other request to see it"
    return finding.claim


@contextmanager
def _fuzzer_of(wrap: Any) -> Iterator[Fuzzer]:
    server = sandbox_of(scenario="demo", rate_limit=LIMIT)
    one = Fuzzer(server, wrap)
    yield one
    one.close()
    server.close()
