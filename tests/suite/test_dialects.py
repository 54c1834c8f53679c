"""A server that speaks another listed reading throughout keeps the contract, and says so; one of two minds breaks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contract_tests.http.transport import Transport
from contract_tests.judging.verdicts import Verdict, verdict_of
from openapi.decisions import load_decisions
from tests.dialects import contract_edits, server_patches, traffic_rewrites
from tests.dialects.dialect import MIXED, THROUGHOUT, Dialect, spoken
from tests.suite.in_process import broken, suite_run

WHOLE = [name for place, name in enumerate(THROUGHOUT) if place % 8 == 0]
"""These meet every promise; the others, but with `--whole`, those alone that find the reading out."""
COMPANY = ("speaks-paging", "paging-bounds")
"""They make the answers, good and bad, that a reading of all answers looks at."""
assert all((contract_edits, server_patches, traffic_rewrites))  # which register what they hold


@pytest.fixture(params=THROUGHOUT)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return THROUGHOUT[request.param]


@pytest.fixture
def server(dialect: Dialect) -> Iterator[Transport]:
    with spoken(dialect) as transport:
        yield transport


def test_there_is_a_server_for_at_least_fifteen_listed_readings() -> None:
    decisions = load_decisions()
    assert len(THROUGHOUT) >= 15
    assert all(one.code in {other.code for other in decisions[one.decision].others} for one in (*THROUGHOUT.values(), *MIXED.values()))


def test_a_dialect_is_reported_and_breaks_no_promise(dialect: Dialect, server: Transport, whole: bool) -> None:
    run = suite_run(server) if whole or dialect.name in WHOLE else suite_run(server, only={dialect.promise, *COMPANY})
    assert broken(run) == {}
    assert verdict_of(run.outcomes) is Verdict.KEPT
    assert run.context.readings[dialect.decision] == dialect.code
    assert run.outcomes[dialect.promise].verdict is Verdict.KEPT
    others = {name: code for name, code in run.context.readings.items() if name != dialect.decision}
    assert others == {name: load_decisions()[name].reading.code for name in others}


def test_where_no_dialect_is_allowed_the_reading_is_what_breaks(dialect: Dialect, server: Transport) -> None:
    run = suite_run(server, strict=True, only={dialect.promise})
    assert run.outcomes[dialect.promise].verdict is Verdict.BROKEN
    assert dialect.code in run.outcomes[dialect.promise].evidence[0].seen


@pytest.mark.parametrize("name", MIXED)
def test_a_server_of_two_minds_breaks_the_promise(name: str) -> None:
    dialect = MIXED[name]
    with spoken(dialect) as transport:
        run = suite_run(transport, only={dialect.promise, *COMPANY})
    assert run.context.readings[dialect.decision] == "mixed"
    assert run.outcomes[dialect.promise].verdict is Verdict.BROKEN
