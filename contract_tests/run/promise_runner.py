"""Checks the promises one after the other, and reports each result to listeners. Nothing here prints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contract_tests.errors import BudgetSpent, Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe, RunContext
from contract_tests.judging.registry import Case, Promise
from contract_tests.judging.subscriptions import NEEDED
from contract_tests.judging.verdicts import Fault, Outcome, Stop, Verdict
from openapi.decisions import load_decisions

MOST_FAULTS = 25
"""So many proofs of one promise are kept."""


@dataclass
class PromiseRunner:
    """One run against one target: outcomes by promise, in the order in which they were checked."""

    context: RunContext
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def check(self, promise: Promise) -> Outcome:
        """Checks one promise. What the suite itself does wrong is raised: it is no verdict on the target."""
        target = self.context.target
        target.promise = promise.id
        started, sent = time.perf_counter(), target.sent
        outcome = self._checked(promise)
        outcome.requests, outcome.seconds = target.sent - sent, time.perf_counter() - started
        target.promise = None
        self.outcomes[promise.id] = outcome
        return outcome

    def _checked(self, promise: Promise) -> Outcome:
        if lack := self._lack(promise):
            return Outcome(Verdict.NOT_CHECKED, lack)
        if promise.kind == "reading":
            return self._read(promise)
        outcome = Outcome(Verdict.KEPT)
        for case, subject in self._cases(promise):
            if len(outcome.faults) >= MOST_FAULTS:
                break
            probe = Probe(self.context, promise.id, case.name, case.operation)
            reason = _asked(partial(promise.check, probe, *subject))
            self._take_in(outcome, probe, case, reason)
            if isinstance(reason, BudgetSpent):
                break
        return _concluded(outcome)

    def _read(self, promise: Promise) -> Outcome:
        """Finds out which reading of a decision is spoken: a listed one is a dialect, and a dialect is no fault unless strict."""
        probe = Probe(self.context, promise.id, None)
        outcome = Outcome(Verdict.KEPT)
        code: str | None = None

        def ask() -> None:
            nonlocal code
            code = promise.check(probe)

        reason = _asked(ask)
        self._take_in(outcome, probe, Case(promise.id, None, None), reason)
        decision = load_decisions()[promise.where]
        if code is not None:
            outcome.checks += 1
            outcome.reading = self.context.readings[promise.where] = code
            ours = decision.reading.code
            if code == "mixed" and not outcome.faults:
                outcome.faults.append(Fault(f"one reading throughout ({ours})", "more than one", _last(self.context)))
            elif code not in (ours, "mixed") and self.context.strict:
                sentence = next((one.sentence for one in decision.others if one.code == code), code)
                expected, seen = f"the reading {ours}: {decision.reading.sentence}", f"the reading {code}: {sentence}"
                outcome.faults.append(Fault(expected, seen, _last(self.context)))
        return _concluded(outcome)

    def _cases(self, promise: Promise) -> list[tuple[Case, tuple[Any, ...]]]:
        if promise.kind == "observer":
            return [(Case(str(one.number), one.operation.id if one.operation else None, one), (one,)) for one in self.context.target.exchanges]
        if promise.cases is None:
            return [(Case(promise.id, None, None), ())]
        return [(case, (case.subject,)) for case in promise.cases(self.context.contract)]

    def _lack(self, promise: Promise) -> str | None:
        needs, target = promise.needs, self.context.target
        if needs.writes and target.safe:
            return "--safe allows reads only"
        if needs.control and self.context.control is None:
            return "the target offers no control plane"
        if needs.receiver and self.context.receiver is None:
            return NEEDED
        return next((f"no {key} key was given (--{key}-key)" for key in needs.keys if not target.has(key)), None)

    def _take_in(self, outcome: Outcome, probe: Probe, case: Case, reason: Unable | None) -> None:
        outcome.faults += probe.faults
        outcome.checked |= probe.checked
        outcome.checks += probe.checks
        if reason is not None:
            outcome.unable[case.name] = str(reason)
        elif case.operation is not None and probe.checks:
            outcome.checked.add(case.operation)


def _asked(ask: Callable[[], Any]) -> Unable | None:
    try:
        ask()
    except Stop:
        return None
    except Unable as reason:
        return reason
    return None


def _concluded(outcome: Outcome) -> Outcome:
    """Broken where there is a proof; not checked where no case could be; kept otherwise, and then it says what was left out."""
    if outcome.faults:
        outcome.verdict = Verdict.BROKEN
    elif not outcome.checks:
        outcome.verdict = Verdict.NOT_CHECKED
        outcome.reason = next(iter(outcome.unable.values()), "there was nothing to check it on")
    elif outcome.unable:
        left = ", ".join(sorted(outcome.unable))
        outcome.reason = f"not on {left}: {next(iter(outcome.unable.values()))}"
        if any("budget" in reason or "rate limit" in reason for reason in outcome.unable.values()):
            outcome.verdict = Verdict.NOT_CHECKED
    return outcome


def _last(context: RunContext) -> Exchange | None:
    return context.target.exchanges[-1] if context.target.exchanges else None
