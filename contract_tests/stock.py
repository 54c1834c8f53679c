"""Stock Schemathesis as a part of the suite: one run, of which each of its checks is a promise of its own.

It works on the contract in the target's own dialect, since stock checks know of one reading alone; what it sent and was
answered joins the run's exchanges, so that our observers look at it too.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from contract_tests.conformance import read_events, run_schemathesis, scenarios
from contract_tests.deciding import decision_of
from contract_tests.exchange import Answer, Exchange, Request
from contract_tests.probe import Common, Probe
from contract_tests.registry import promise
from contract_tests.stock_dialect import configuration, document_in, unsaid
from contract_tests.target import Target
from contract_tests.verdicts import Fault, Unable
from openapi.contract import Operation
from openapi.wording import counted

MOST_VARIABLE = "CONTRACT_TESTS_MOST_OF_A_KIND"
"""What `thinning` reads, which is loaded with Schemathesis alone, and so cannot be asked for its name here."""
SECONDS = 600
CHECKS: Mapping[str, tuple[str, str, str]] = {
    "not_a_server_error": ("documented", "Response Codes", "No well or badly formed request makes the server fail with a 5xx."),
    "status_code_conformance": ("documented", "Response Codes", "Every status that an operation answers with is one that it documents."),
    "content_type_conformance": ("inferred", "content-type", "Every answer has a content type that its operation documents."),
    "response_headers_conformance": ("documented", "Rate Limiting", "Every answer has the headers that its operation documents, in their form."),
    "response_schema_conformance": ("documented", "Core Resources", "Every body fits the schema of its operation and status."),
    "negative_data_rejection": ("documented", "Validation Error", "A request that breaks its schema is refused."),
    "positive_data_acceptance": ("documented", "Core Resources", "A request that fits its schema is taken, but for rules that no schema can say."),
    "missing_required_header": ("documented", "Error Responses", "A request without a header that is required is refused."),
    "unsupported_method": ("inferred", "status-codes", "A method that a path does not offer is answered with 405."),
    "allow_header_conformance": ("inferred", "status-codes", "Allow names the methods that a path offers."),
    "use_after_free": ("documented", "Delete Customer", "What was deleted is not answered any more, in chains of generated requests."),
    "ensure_resource_availability": ("documented", "Create Customer", "What was created can be asked for at once, in chains of generated requests."),
    "ignored_auth": ("documented", "Authentication Error", "No generated request succeeds without a key, or with a wrong one."),
    "object_level_authorization": ("documented", "Authentication Error", "No generated request reads what another key made and it may not see."),
}  # fmt: skip
"""Schemathesis's own checks: where the rule stands, and what it says."""
TAKEN, REFUSED = "positive_data_acceptance", "negative_data_rejection"
DECIDED: Mapping[str, str] = {
    "bounds": "Of generated requests, those that come near a bound of the contract's own are taken, and those beyond it refused.",
    "integers": "Of generated requests, those that spell an integer with a fraction or an exponent are taken, or refused, like any other.",
}
"""Decisions that alone say what is right of some of its cases: what they say of these. The reference does not speak of them."""
_ALLOWED = {(REFUSED, "bounds", "wider"), (REFUSED, "integers", "json-schema"), (TAKEN, "integers", "digits")}
"""What a check finds fault with where a decision is read so, and may not."""


@dataclass
class Findings:
    """What one run of Schemathesis found: faults by check, the operations that it reached, and what it complained of itself."""

    faults: dict[str, list[Fault]] = field(default_factory=dict)
    decided: dict[tuple[str, str], list[Fault]] = field(default_factory=dict)
    """By check and decision, the faults of cases of which that decision alone says what is right."""
    checked: dict[str, set[str]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    requests: int = 0


@dataclass
class Stock:
    """Runs Schemathesis once, when its first promise is checked. `tell` hears how many requests were sent so far."""

    common: Common
    key: str
    max_examples: int
    timeout: float
    tell: Callable[[int], object] = lambda requests: None
    _found: Findings | None = None
    _unable: str | None = None

    @property
    def found(self) -> Findings | None:
        """What was found, if it ran."""
        return self._found

    def findings(self) -> Findings:
        """What was found. Raises Unable where it cannot run."""
        if self._found is None and self._unable is None:
            try:
                self._found = self._run()
            except Unable as reason:
                self._unable = str(reason)
        if self._found is None:
            raise Unable(self._unable)
        return self._found

    def _run(self) -> Findings:
        target = self.common.target
        if target.safe:
            raise Unable("--safe allows reads only, and Schemathesis writes")
        expected = estimate(len(target.contract.operations), self.max_examples)
        left = _left(target)
        if left is not None and left < expected:
            raise Unable(f"the budget is short: Schemathesis needs about {counted(expected, 'request')}, and has {max(0, left)} left")
        with tempfile.TemporaryDirectory(prefix="contract-tests-") as name:
            directory = Path(name)
            (directory / "contract.json").write_text(json.dumps(document_in(target.contract, self.common.readings)), encoding="utf-8")
            (directory / "schemathesis.toml").write_text(configuration(target.contract, self.common.readings), encoding="utf-8")
            try:
                outcome = run_schemathesis(
                    target.base_url,
                    directory / "contract.json",
                    directory / "schemathesis.toml",
                    directory / "report",
                    key=self.key,
                    seed=self.common.seed,
                    max_examples=self.max_examples,
                    timeout=SECONDS,
                    more=(
                        *self._excluded(),
                        "--continue-on-failure",
                        "--no-shrink",
                        "--output-sanitize",
                        "false",
                        f"--request-timeout={self.timeout:g}",
                    ),
                    environment={
                        "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("thinning.py")),
                        MOST_VARIABLE: str(self.max_examples),
                        "NO_PROXY": "*",
                    },
                    watch=_Tail(self.tell).look,
                )
            except subprocess.TimeoutExpired:
                raise Unable(f"Schemathesis was not ready within {SECONDS} s") from None
            events = list(read_events(directory / "report" / "events.ndjson"))
        if outcome.exit_code not in (0, 1):
            raise RuntimeError(f"Schemathesis ended with exit code {outcome.exit_code}: {outcome.output[-2000:]}")
        return adopt(events, target, self.key)

    def _excluded(self) -> tuple[str, ...]:
        checks = unsaid(self.common.readings)
        return ("--exclude-checks", ",".join(checks)) if checks else ()


def estimate(operations: int, max_examples: int) -> int:
    """About how many requests a run needs: measured, and rounded up."""
    return operations * (34 + 14 * max_examples)


def adopt(events: list[dict[str, Any]], target: Target, key: str) -> Findings:
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


class _Tail:
    """Counts the requests that a growing report tells of, each line once; its last line may be half."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self._tell, self._read, self._requests = tell, 0, 0

    def look(self, events: Path) -> None:
        if not events.is_file():
            return
        with events.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                self._requests += sum(len(one.get("interactions", ())) for one in scenarios([json.loads(line)]))
        self._tell(self._requests)


def _left(target: Target) -> int | None:
    """How many requests may still be sent; None for any number."""
    bounds = [] if target.budget is None else [target.budget - target.sent]
    if not target.lifted and (window := target.left()) is not None:
        bounds.append(window)
    return min(bounds, default=None)


def _register(name: str, source: str, where: str, sentence: str) -> None:
    def check(probe: Probe) -> None:
        if probe.common.stock is None:
            raise Unable("Schemathesis does not run here")
        if name in unsaid(probe.common.readings):
            raise Unable("Schemathesis knows no other reading of status-codes than ours")
        findings = probe.common.stock.findings()
        if not findings.requests:
            raise Unable(f"Schemathesis sent nothing: {'; '.join(findings.complaints[:1]) or 'it gave no reason'}")
        probe.checks += findings.checks.get(name, 0)
        probe.checked |= findings.checked.get(name, set())
        probe.faults += findings.faults.get(name, [])

    check.__doc__ = sentence
    given: dict[str, Any] = {source: where}
    promise(f"stock-{name.replace('_', '-')}", family="stock", weight=0, kind="stock", **given)(check)


def _register_decided(decision: str, sentence: str) -> None:
    def check(probe: Probe) -> None:
        if probe.common.stock is None or probe.common.stock.found is None:
            raise Unable("Schemathesis did not run here")
        findings, spoken = probe.common.stock.found, probe.reading(decision)
        for name in (TAKEN, REFUSED):
            probe.checks += findings.checks.get(name, 0)
            probe.checked |= findings.checked.get(name, set())
            if (name, decision, spoken) not in _ALLOWED:
                probe.faults += findings.decided.get((name, decision), [])

    check.__doc__ = sentence
    promise(f"generated-{decision}", family="stock", weight=0, kind="stock", inferred=decision)(check)


for _name, (_source, _where, _sentence) in CHECKS.items():
    _register(_name, _source, _where, _sentence)
for _name, _sentence in DECIDED.items():
    _register_decided(_name, _sentence)
