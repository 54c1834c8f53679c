"""Which promises a defect breaks: the suite runs against a server with one defect, and tells what it found."""

from __future__ import annotations

from typing import Any

from contract_tests.judging.verdicts import Verdict
from contract_tests.promises import promises
from tests.dialects.dialect import altered
from tests.suite.in_process import broken, served, suite_run


def promises_broken_by(*only: str, **defect: Any) -> set[str]:
    """The ids of the promises, of those or of these families, that are broken on a server that is altered so."""
    with altered(**defect) as transport:
        return set(broken(suite_run(transport, only=only)))


def written_in(*modules: str) -> set[str]:
    """The ids of the promises that stand in these modules."""
    return {one.id for one in promises().values() if one.check.__module__.rpartition(".")[2] in modules}


def requests_of_three_runs(*modules: str, scenario: str = "demo") -> list[int]:
    """Runs the promises of these modules three times on one server, all of which it must keep, and counts the requests of each run."""
    sent = []
    with served(scenario=scenario) as server:
        for _ in range(3):
            run = suite_run(server.app, only=written_in(*modules))
            assert broken(run) == {}
            assert {id for id, outcome in run.outcomes.items() if outcome.verdict is not Verdict.KEPT} == set()
            sent.append(run.context.target.sent)
    return sent
