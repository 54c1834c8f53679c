"""What stock Schemathesis finds in one run: each of its checks is a promise."""

from __future__ import annotations

from typing import Any

from contract_tests.errors import Unable
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import promise
from contract_tests.schemathesis_run.checks import CHECKS, DECIDED, REFUSED, TAKEN
from contract_tests.schemathesis_run.dialect_spec import unsaid

_ALLOWED = {(REFUSED, "bounds", "wider"), (REFUSED, "integers", "json-schema"), (TAKEN, "integers", "digits")}
"""What a check finds fault with where a decision is read so, and may not."""


def _register(name: str, source: str, where: str, sentence: str) -> None:
    def check(probe: Probe) -> None:
        if probe.context.generator is None:
            raise Unable("Schemathesis does not run here")
        if name in unsaid(probe.context.readings):
            raise Unable("Schemathesis knows no other reading of status-codes than ours")
        findings = probe.context.generator.findings()
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
        if probe.context.generator is None or probe.context.generator.found is None:
            raise Unable("Schemathesis did not run here")
        findings, spoken = probe.context.generator.found, probe.reading(decision)
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
