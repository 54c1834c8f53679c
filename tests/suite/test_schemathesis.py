"""Stock Schemathesis as a part of a run: its checks are promises, its exchanges are ours, and it knows the target's dialect."""

from __future__ import annotations

import base64
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from contract_tests.errors import Unable
from contract_tests.http.exchange import Request
from contract_tests.http.target import Target
from contract_tests.judging.decision_cases import decision_of
from contract_tests.judging.generated_findings import Findings
from contract_tests.judging.probe import Probe, RunContext
from contract_tests.promises import promises
from contract_tests.schemathesis_run import hooks, runner
from contract_tests.schemathesis_run.checks import CHECKS, DECIDED
from contract_tests.schemathesis_run.dialect_spec import configuration, document_in, has_rules
from contract_tests.schemathesis_run.exchanges import import_exchanges
from contract_tests.schemathesis_run.runner import SchemathesisRunner, estimate
from openapi.contract import Contract
from openapi.decisions import load_decisions
from openapi.reader import load_contract
from tests.servers import SPEC
from tests.suite.in_process import BASE_URL, InProcess, served

KEY = "the-administrators-key"


def target(contract: Contract, **more: Any) -> Target:
    with served() as server:
        return Target(BASE_URL, contract, InProcess(server.app), {"administrator": KEY}, **more)


def event(
    method: str, path: str, uri: str, status: int, *, key: str | None = KEY, checks: tuple[dict[str, Any], ...] = (), body: bool = True
) -> dict[str, Any]:
    """What Schemathesis tells of one case."""
    headers = {"User-Agent": ["schemathesis"], "Content-Type": ["application/json"]} | ({"Authorization": [f"Bearer {key}"]} if key else {})
    sent = {"$base64": base64.b64encode(b'{"account":"x"}').decode()} if body else None
    interaction = {
        "request": {"method": method, "uri": BASE_URL + uri, "headers": headers, "body": sent},
        "response": {"status_code": status, "headers": {"Content-Type": ["text/html"]}, "content": {"$base64": "aGk="}, "elapsed": 0.25},
    }
    case = {"value": {"method": method, "path": path}}
    return {"ScenarioFinished": {"recorder": {"label": "x", "cases": {"a": case}, "checks": {"a": list(checks)}, "interactions": {"a": interaction}}}}


FAILURE = {
    "name": "status_code_conformance",
    "status": "failure",
    "failure_info": {"failure": {"title": "Undocumented status", "message": "Received: 418\nDocumented: 201"}},
}


def test_each_check_of_schemathesis_is_a_promise_and_none_is_made_up() -> None:
    from schemathesis.checks import CHECKS as REGISTERED
    from schemathesis.checks import load_all_checks

    load_all_checks()
    assert set(REGISTERED.get_all_names()) - {"max_response_time"} == CHECKS.keys()
    stock = {one.id for one in promises().values() if one.family == "stock"}
    assert stock == {*(f"stock-{name.replace('_', '-')}" for name in CHECKS), *(f"generated-{decision}" for decision in DECIDED)}


def test_its_promises_come_after_the_directed_ones_and_before_the_observers() -> None:
    kinds = [one.kind for one in promises().values()]
    assert "stock" not in kinds[: kinds.index("stock")]
    assert set(kinds[kinds.index("stock") : kinds.index("observer")]) == {"stock"}


def test_what_it_sent_joins_the_run_without_the_key() -> None:
    one = target(load_contract())
    found = import_exchanges([event("POST", "/customers", f"/customers?api_key={KEY}&x=1", 418, checks=(FAILURE,))], one, KEY)
    exchange = one.exchanges[-1]
    assert (exchange.source, exchange.status, exchange.operation and exchange.operation.id) == ("schemathesis", 418, "createCustomer")
    assert (exchange.request.path, exchange.request.query, exchange.request.key) == ("/customers", (("x", "1"),), "administrator")
    assert exchange.request.body == b'{"account":"x"}'
    assert exchange.got.header("content-type") == "text/html"
    assert exchange.got.body == b"hi"
    assert KEY not in repr(exchange)
    assert found.requests == 1


def test_a_failed_check_is_a_fault_of_its_promise_alone() -> None:
    one = target(load_contract())
    passed = {"name": "not_a_server_error", "status": "success"}
    found = import_exchanges([event("POST", "/customers", "/customers", 418, checks=(FAILURE, passed))], one, KEY)
    assert found.faults.keys() == {"status_code_conformance"}
    fault = found.faults["status_code_conformance"][0]
    assert (fault.operation, fault.seen) == ("createCustomer", "Undocumented status: Received: 418 Documented: 201")
    assert found.checks == {"status_code_conformance": 1, "not_a_server_error": 1}
    assert found.checked["not_a_server_error"] == {"createCustomer"}


def test_a_request_without_a_key_or_with_a_method_that_there_is_not_is_told_as_it_was() -> None:
    one = target(load_contract())
    import_exchanges([event("PATCH", "/customers", "/customers", 405, key=None), event("GET", "/users", "/users", 401, key="another")], one, KEY)
    first, second = one.exchanges
    assert (first.operation, first.request.key) == (None, None)
    assert (second.request.key, dict(second.request.headers)["authorization"]) == (None, "Bearer another")


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"safe": True}, "--safe allows reads only"), ({"budget": 900}, "the budget is short: Schemathesis needs about")],
)
def test_where_it_may_not_run_it_says_why_and_sends_nothing(more: dict[str, Any], reason: str) -> None:
    one = target(load_contract(), **more)
    stock = SchemathesisRunner(RunContext(one, one.contract, 1, None), KEY, 2, 1.0)
    for _ in range(2):
        with pytest.raises(Unable, match=reason):
            stock.findings()
    assert one.sent == 0


def test_in_process_it_does_not_run() -> None:
    one = target(load_contract())
    check = promises()["stock-ignored-auth"].check
    with pytest.raises(Unable, match="does not run here"):
        check(Probe(RunContext(one, one.contract, 1, None), "stock-ignored-auth", None))


def test_a_run_that_sent_nothing_keeps_no_promise() -> None:
    one = target(load_contract())
    context = RunContext(one, one.contract, 1, None)
    context.generator = SchemathesisRunner(context, KEY, 2, 1.0, _found=Findings(complaints=["it could not begin"]))
    with pytest.raises(Unable, match="it could not begin"):
        promises()["stock-ignored-auth"].check(Probe(context, "stock-ignored-auth", None))


def test_its_part_of_a_default_run_leaves_room_for_the_directed_one() -> None:
    assert estimate(len(load_contract().operations), 2) <= 1_500


def readings() -> list[tuple[str, str]]:
    return [(one.name, other.code) for one in load_decisions().values() for other in one.others]


@pytest.mark.parametrize(("decision", "code"), readings())
def test_the_document_in_every_dialect_is_one_that_can_be_read(decision: str, code: str) -> None:
    from openapi_spec_validator import validate

    contract = load_contract()
    document = document_in(contract, {decision: code})
    validate(document)
    tomllib.loads(configuration(contract, {decision: code}))


def test_the_dialect_shows_where_a_stock_tool_would_cry_wolf() -> None:
    contract = load_contract()
    deletion = document_in(contract, {"delete-answer": "empty"})["paths"]["/customers/{id}"]["delete"]["responses"]
    assert "204" in deletion
    assert "200" not in deletion
    created = document_in(contract, {"create-answer": "id"})["paths"]["/invoices"]["post"]["responses"]["201"]
    assert created["content"]["application/json"]["schema"]["properties"]["data"]["required"] == ["id"]
    assert "queryKey" not in document_in(contract, {"auth-place": "header"})["components"]["securitySchemes"]
    assert document_in(contract, {}) == document_in(contract, {"put": "replace"})


def test_where_a_rule_stands_beside_the_schema_400_is_an_answer_too(tmp_path: Path) -> None:
    contract = load_contract()
    ruled = {one.id for one in contract.operations.values() if has_rules(contract, one, {})}
    pointing = {"createInvoice", "createQuote", "createTicket"}
    assert ruled == {*pointing, "createUser", "registerWebhook", "listInvoices", "listTransactions", "deleteCustomer"}
    spec = tmp_path / "api.yaml"
    spec.write_text(SPEC.read_text(encoding="utf-8").replace("operationId: createQuote", "operationId: draftQuote"), encoding="utf-8")
    settings = tomllib.loads(configuration(load_contract(spec), {}))
    derived = [one for one in settings["operations"] if one["include-operation-id"] == "draftQuote"]
    assert derived[0]["checks"]["positive_data_acceptance"]["expected-statuses"] == ["2xx", "401", "403", "404", "400"]


BODY: dict[str, Any] = {"type": "Income", "account_id": 1, "amount": 5.5, "date": "2031-01-01"}
CASES: list[tuple[str, list[tuple[str, str]], dict[str, Any] | None, bool, str | None]] = [
    ("listCustomers", [("page", "9007199254740992")], None, False, "bounds"),
    ("listCustomers", [("search", "x" * 256)], None, False, "bounds"),
    ("listCustomers", [("page", "0")], None, False, None),
    ("listCustomers", [("limit", "101")], None, False, None),
    ("listCustomers", [("page", "9007199254740992"), ("limit", "0")], None, False, None),
    ("listCustomers", [("page", "9007199254740991")], None, True, "bounds"),
    ("listCustomers", [("search", "x" * 255)], None, True, "bounds"),
    ("listCustomers", [("page", "3")], None, True, None),
    ("registerWebhook", [], {"url": "https://x.example/", "events": ["invoice.created"] * 2}, False, "bounds"),
    ("registerWebhook", [], {"url": "https://x.example/", "events": []}, False, None),
    ("recordTransaction", [], {**BODY, "account_id": 1.0}, False, "integers"),
    ("recordTransaction", [], {**BODY, "account_id": 1.5}, False, None),
    ("recordTransaction", [], {**BODY, "account_id": True}, False, None),
    ("recordTransaction", [], {**BODY, "amount": 1_000_000_000}, False, None),
    ("recordTransaction", [], {**BODY, "description": "x" * 10_001}, False, "bounds"),
    ("recordTransaction", [], {**BODY, "description": "x" * 10_000}, True, "bounds"),
    ("recordTransaction", [], BODY, True, None),
    ("batchCreateCustomers", [], {"customers": [{"account": "x" * 256}]}, False, "bounds"),
    ("batchCreateCustomers", [], {"customers": [{"account": "x"}] * 101}, False, None),
]


@pytest.mark.parametrize(("operation", "query", "body", "fits", "decision"), CASES)
def test_a_case_that_a_bound_or_a_spelling_decides_is_known(
    operation: str, query: list[tuple[str, str]], body: dict[str, Any] | None, fits: bool, decision: str | None
) -> None:
    one = load_contract().operations[operation]
    request = Request(one.method, one.path, tuple(query), body=None if body is None else json.dumps(body).encode())
    assert decision_of(one, request, fits=fits) == decision


def failure(name: str) -> dict[str, Any]:
    return {"name": name, "status": "failure", "failure_info": {"failure": {"title": "Unexpected", "message": "Received: 200"}}}


@pytest.mark.parametrize(("reading", "count"), [("ours", 1), ("mixed", 1), ("wider", 0)])
def test_a_finding_at_a_bound_of_our_own_is_told_as_inferred_and_in_no_wider_dialect(reading: str, count: int) -> None:
    one = target(load_contract())
    found = import_exchanges(
        [event("GET", "/customers", "/customers?page=9007199254740992", 200, checks=(failure("negative_data_rejection"),), body=False)], one, KEY
    )
    assert found.faults == {}
    context = RunContext(one, one.contract, 1, None, readings={"bounds": reading})
    context.generator = SchemathesisRunner(context, KEY, 2, 1.0, _found=found)
    probe = Probe(context, "generated-bounds", None)
    promises()["generated-bounds"].check(probe)
    assert len(probe.faults) == count
    assert promises()["generated-bounds"].source == "inferred"


def test_answers_beyond_our_bounds_fit_the_document_in_a_wider_dialect_and_what_is_sent_stays_within() -> None:
    document = document_in(load_contract(), {"bounds": "wider"})
    sent = document["paths"]["/tickets"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert sent["properties"]["subject"]["maxLength"] == 255
    assert "maxLength" not in document["components"]["schemas"]["TicketInput"]["properties"]["subject"]


def test_both_processes_mean_the_same_variable() -> None:
    assert runner.MOST_VARIABLE == hooks.MOST_VARIABLE
