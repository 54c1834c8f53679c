"""Adds the exchanges of Schemathesis to the run, so that our observers see them too."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from contract_tests.http.exchange import Answer, Exchange, Request
from contract_tests.http.target import Target
from contract_tests.judging.decision_cases import decision_of
from contract_tests.judging.generated_findings import Findings
from contract_tests.judging.verdicts import Fault
from contract_tests.schemathesis_run.checks import CHECKS, REFUSED, TAKEN
from contract_tests.schemathesis_run.process import scenarios
from openapi.contract import Operation


def import_exchanges(events: list[dict[str, Any]], target: Target, key: str) -> Findings:
    """Takes a report's exchanges into the run, and its failures as faults."""
    findings = Findings()
    for scenario in scenarios(events):
        numbered: dict[str, Exchange] = {}
        for case, interaction in scenario.get("interactions", {}).items():
            numbered[case] = exchange = _exchange(interaction, scenario["cases"][case]["value"], target, key)
            target.note(exchange)
            findings.requests += 1
        for case, checks in scenario.get("checks", {}).items():
            for check in checks:
                _take_in(findings, check, numbered.get(case))
    findings.complaints = [one["title"] for event in events for one in _errors(event)]
    return findings


def _take_in(findings: Findings, check: Mapping[str, Any], exchange: Exchange | None) -> None:
    name = check["name"]
    operation = exchange.operation.id if exchange is not None and exchange.operation is not None else None
    findings.checks[name] = findings.checks.get(name, 0) + 1
    if operation is not None:
        findings.checked.setdefault(name, set()).add(operation)
    if check["status"] == "failure":
        failure = check["failure_info"]["failure"]
        seen = " ".join(f"{failure['title']}: {failure['message']}".split())
        expected = CHECKS[name][2] if name in CHECKS else name
        fault = Fault(expected, seen[:600], exchange, operation)
        decision = None
        if name in (TAKEN, REFUSED) and exchange is not None and exchange.operation is not None:
            decision = decision_of(exchange.operation, exchange.request, fits=name == TAKEN)
        if decision is None:
            findings.faults.setdefault(name, []).append(fault)
        else:
            findings.decided.setdefault((name, decision), []).append(fault)


def _exchange(interaction: Mapping[str, Any], case: Mapping[str, Any], target: Target, key: str) -> Exchange:
    request, named = _request(interaction["request"], target, key)
    answer, response = None, interaction.get("response")
    if response is not None:
        headers = tuple((name.lower(), value) for name, values in response["headers"].items() for value in values)
        answer = Answer(response["status_code"], headers, _bytes(response.get("content")) or b"", float(response.get("elapsed") or 0))
    failure = None if answer is not None else "no answer came"
    operation = _operation(target, named, case["path"])
    return Exchange(target.sent + 1, request, answer, failure, operation, "stock", "schemathesis")


def _request(sent: Mapping[str, Any], target: Target, key: str) -> tuple[Request, str]:
    parts = urlsplit(sent["uri"])
    base = urlsplit(target.base_url).path
    query = parse_qsl(parts.query, keep_blank_values=True)
    headers = [(name.lower(), value) for name, values in sent["headers"].items() for value in values]
    in_header, in_query = ("authorization", f"Bearer {key}") in headers, ("api_key", key) in query
    request = Request(
        sent["method"],
        parts.path.removeprefix(base) or "/",
        tuple(pair for pair in query if pair != ("api_key", key)),
        tuple(pair for pair in headers if pair != ("authorization", f"Bearer {key}") and pair[0] in _TELLING),
        _bytes(sent.get("body")),
        "administrator" if in_header or in_query else None,
        in_query and not in_header,
    )
    return request, request.method


_TELLING = ("authorization", "content-type", "accept", "if-none-match", "cookie")
"""The headers of a request that belong to its case; the others are those of the library."""


def _operation(target: Target, method: str, template: str) -> Operation | None:
    found = target.contract.paths.get(template, {})
    return next((one for one in found.values() if one.method == method), None)


def _bytes(value: Any) -> bytes | None:
    if isinstance(value, Mapping):
        return base64.b64decode(value["$base64"])
    return value.encode() if isinstance(value, str) else None


def _errors(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for kind in ("NonFatalError", "FatalError"):
        if kind in event:
            yield {"title": unquote(json.dumps(event[kind], sort_keys=True))[:300]}
