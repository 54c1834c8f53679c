"""Runs stock Schemathesis as a part of the suite, once in a run.

It works on the contract in the target's own dialect, since stock checks know of one reading alone.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract_tests.errors import Unable
from contract_tests.http.target import Target
from contract_tests.judging.generated_findings import Findings
from contract_tests.judging.probe import RunContext
from contract_tests.schemathesis_run.dialect_spec import configuration, document_in, unsaid
from contract_tests.schemathesis_run.exchanges import import_exchanges
from contract_tests.schemathesis_run.process import read_events, run_schemathesis, scenarios
from openapi.wording import counted

MOST_VARIABLE = "CONTRACT_TESTS_MOST_OF_A_KIND"
"""What `hooks` reads, which is loaded with Schemathesis alone, and so cannot be asked for its name here."""
SECONDS = 600


@dataclass
class SchemathesisRunner:
    """Runs Schemathesis once, when its first promise is checked. `tell` hears how many requests were sent so far."""

    context: RunContext
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
        target = self.context.target
        if target.safe:
            raise Unable("--safe allows reads only, and Schemathesis writes")
        expected = estimate(len(target.contract.operations), self.max_examples)
        left = _left(target)
        if left is not None and left < expected:
            raise Unable(f"the budget is short: Schemathesis needs about {counted(expected, 'request')}, and has {max(0, left)} left")
        with tempfile.TemporaryDirectory(prefix="contract-tests-") as name:
            directory = Path(name)
            (directory / "contract.json").write_text(json.dumps(document_in(target.contract, self.context.readings)), encoding="utf-8")
            (directory / "schemathesis.toml").write_text(configuration(target.contract, self.context.readings), encoding="utf-8")
            try:
                outcome = run_schemathesis(
                    target.base_url,
                    directory / "contract.json",
                    directory / "schemathesis.toml",
                    directory / "report",
                    key=self.key,
                    seed=self.context.seed,
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
                        "SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("hooks.py")),
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
        return import_exchanges(events, target, self.key)

    def _excluded(self) -> tuple[str, ...]:
        checks = unsaid(self.context.readings)
        return ("--exclude-checks", ",".join(checks)) if checks else ()


def estimate(operations: int, max_examples: int) -> int:
    """About how many requests a run needs: measured, and rounded up."""
    return operations * (34 + 14 * max_examples)


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
    if not target.limit_lifted and (window := target.remaining()) is not None:
        bounds.append(window)
    return min(bounds, default=None)
