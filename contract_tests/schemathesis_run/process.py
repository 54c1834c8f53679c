"""Runs stock Schemathesis against an implementation, and reads from its own report what was really exercised.

Its verdict alone proves little: a server that answers 429 or 401 to everything passes every check.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

KEY_VARIABLE = "BUSINESS_SUITE_API_KEY"
"""The environment variable from which `schemathesis.toml` takes the key."""

EVENTS = "events.ndjson"
_PRINTED = "printed.txt"
_LOOK = 0.25
"""Seconds between two looks at a running program."""
_FINISHED = ("ScenarioFinished", "FuzzScenarioFinished")
_ERRORS = ("NonFatalError", "FatalError", "Interrupted")


@dataclass(frozen=True)
class Exercise:
    """What a run sent and what it was answered. An operation is named by method and path: `GET /customers/{id}`.

    Requests with a method that the path does not offer stand under that method. `unanswered` are those that ended
    without an answer.
    """

    statuses: Mapping[str, Counter[int]]
    unanswered: int

    @property
    def requests(self) -> int:
        """All requests, answered or not."""
        return self.unanswered + sum(counts.total() for counts in self.statuses.values())

    def count(self, status: int) -> int:
        """How many answers had this status."""
        return sum(counts[status] for counts in self.statuses.values())

    def share(self, status: int) -> float:
        """Which part of all answers had this status, from 0 to 1; 0 where there was no answer."""
        answers = self.requests - self.unanswered
        return self.count(status) / answers if answers else 0.0

    def without_success(self, operations: Iterable[str]) -> tuple[str, ...]:
        """Those of the operations that never answered 2xx."""
        return tuple(one for one in operations if not any(200 <= status < 300 for status in self.statuses.get(one, ())))


@dataclass(frozen=True)
class Outcome:
    """A finished run: its exit code (0: nothing found), a sentence for each failure and error, and its whole output."""

    exit_code: int
    failures: tuple[str, ...]
    exercise: Exercise
    output: str


def run_schemathesis(
    base_url: str,
    spec: Path,
    config: Path,
    report_dir: Path,
    *,
    key: str,
    seed: int,
    max_examples: int,
    timeout: float | None = None,
    more: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
    watch: Callable[[Path], object] = lambda events: None,
) -> Outcome:
    """Runs all checks in all phases, with one worker, so that one seed sends one sequence of requests.

    `base_url` includes the base path of the API; `max_examples` bounds the generated cases of an operation and phase,
    but not those of the coverage phase, which are counted by the schema. Reports go to `report_dir`, which is made;
    `more` are further words of its command line, and `watch` is called now and then with the file of its events.
    Raises subprocess.TimeoutExpired after `timeout` seconds.
    """
    report_dir.mkdir(parents=True, exist_ok=True)
    events = report_dir.resolve() / EVENTS
    events.unlink(missing_ok=True)
    options = {
        "--url": base_url,
        "--checks": "all",
        "--phases": "examples,coverage,fuzzing,stateful",
        "--workers": "1",
        "--seed": str(seed),
        "--max-examples": str(max_examples),
        "--generation-database": "none",
        "--report": "ndjson",
        "--report-ndjson-path": str(events),
    }
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config.resolve()), "--no-color"]
    command = [*program, "run", str(spec.resolve()), *(word for option in options.items() for word in option), *more]
    code, output = _run(command, report_dir, {**os.environ, **(environment or {}), KEY_VARIABLE: key}, timeout, lambda: watch(events))
    report = list(read_events(events))
    return Outcome(code, tuple(_failures(report)), exercised(report), output)


def _run(command: list[str], directory: Path, environment: Mapping[str, str], timeout: float | None, watch: Callable[[], object]) -> tuple[int, str]:
    """Runs a program to its end, or until it has had its time; its exit code and what it printed."""
    with (directory / _PRINTED).open("w+b") as printed:
        process = subprocess.Popen(command, cwd=directory, env=dict(environment), stdout=printed, stderr=subprocess.STDOUT)
        try:
            waited = 0.0
            while True:
                try:
                    code = process.wait(_LOOK)
                    break
                except subprocess.TimeoutExpired:
                    waited += _LOOK
                    watch()
                    if timeout is not None and waited >= timeout:
                        raise subprocess.TimeoutExpired(command, timeout) from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        printed.seek(0)
        return code, printed.read().decode("utf-8", "replace")


def exercised(report: Iterable[Mapping[str, Any]]) -> Exercise:
    """What the events of an NDJSON report say was sent and answered."""
    statuses: dict[str, Counter[int]] = {}
    unanswered = 0
    for scenario in scenarios(report):
        cases = scenario["cases"]
        for case_id, interaction in scenario.get("interactions", {}).items():
            response = interaction.get("response")
            if response is None:
                unanswered += 1
            else:
                statuses.setdefault(_operation(cases[case_id]), Counter())[response["status_code"]] += 1
    return Exercise(MappingProxyType(statuses), unanswered)


def read_events(events: Path) -> Iterator[dict[str, Any]]:
    """The events of a report; none where the run ended before there was one, of which its exit code tells."""
    if events.is_file():
        with events.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def scenarios(report: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The recordings of the scenarios that sent something."""
    for event in report:
        for kind, content in event.items():
            if kind in _FINISHED and "cases" in content["recorder"]:
                yield content["recorder"]


def _operation(case: Mapping[str, Any]) -> str:
    return f"{case['value']['method']} {case['value']['path']}"


def _failures(report: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each failed check and each error of the run, once."""
    found: dict[str, None] = {}
    for scenario in scenarios(report):
        for case_id, checks in scenario.get("checks", {}).items():
            for check in checks:
                if check["status"] == "failure":
                    failure = check["failure_info"]["failure"]
                    found[f"{_operation(scenario['cases'][case_id])}: {check['name']}: {failure['title']}: {failure['message']}"] = None
    for event in report:
        for kind in _ERRORS:
            if kind in event:
                found[f"{kind}: {json.dumps(event[kind], sort_keys=True)}"] = None
    yield from found
