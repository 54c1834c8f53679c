"""Stock Schemathesis, with all its checks and phases, finds nothing in a fresh server, and its own report shows that it looked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract_tests.schemathesis_run.process import Exercise, Outcome, exercised, run_schemathesis
from openapi.reader import load_contract
from tests.asgi import ADMINISTRATOR
from tests.commands import ROOT
from tests.servers import SPEC, running

CONFIG = ROOT / "schemathesis.toml"
# The coverage phase sends what the schema asks for, whatever stands here; more belongs to a longer run.
EXAMPLES = 3
SECONDS = 300


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run for all claims."""
    directory = tmp_path_factory.mktemp("conformance")
    with running(directory, "--rate-limit", "1000000/3600") as server:
        return run_schemathesis(server.api, SPEC, CONFIG, directory / "report", key=ADMINISTRATOR, seed=1, max_examples=EXAMPLES, timeout=SECONDS)


@pytest.fixture(scope="module")
def operations() -> tuple[str, ...]:
    return tuple(f"{one.method.upper()} {one.path}" for one in load_contract(SPEC).operations.values())


def test_schemathesis_finds_no_failure(outcome: Outcome) -> None:
    assert outcome.failures == ()
    assert outcome.exit_code == 0, outcome.output


def test_every_operation_succeeded_at_least_once(outcome: Outcome, operations: tuple[str, ...]) -> None:
    assert len(operations) == 21
    assert outcome.exercise.without_success(operations) == ()


def test_nothing_was_throttled_or_left_without_an_answer(outcome: Outcome) -> None:
    assert outcome.exercise.count(429) == 0
    assert outcome.exercise.unanswered == 0


def test_the_key_was_good_but_for_the_requests_that_were_to_be_without_one(outcome: Outcome) -> None:
    assert 0 < outcome.exercise.share(401) < 0.1


def test_each_operation_was_asked_well_and_badly_formed_questions(outcome: Outcome, operations: tuple[str, ...]) -> None:
    for operation in operations:
        asked = outcome.exercise.statuses[operation]
        assert asked.total() >= 10, operation
        assert asked[400] + asked[404] > 0, operation


def test_the_configuration_switches_no_check_off() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    assert "enabled" not in text
    assert "exclude" not in text


def scenario(case: Mapping[str, Any], checks: list[Mapping[str, Any]], status: int | None) -> dict[str, Any]:
    """The event of a scenario of one case, as the report tells it."""
    response = None if status is None else {"status_code": status}
    recorder = {"label": "Stateful tests", "cases": {"a": {"value": case}}, "checks": {"a": checks}, "interactions": {"a": {"response": response}}}
    return {"ScenarioFinished": {"recorder": recorder}}


def test_a_report_is_counted_by_operation_and_status() -> None:
    one, other = {"method": "GET", "path": "/customers"}, {"method": "POST", "path": "/customers"}
    skipped = {"ScenarioFinished": {"recorder": {"label": "GET /users"}}}
    report = [skipped, *(scenario(one, [], status) for status in (200, 401, 401)), scenario(other, [], 429), scenario(other, [], None)]
    exercise = exercised(report)
    assert exercise.statuses == {"GET /customers": {200: 1, 401: 2}, "POST /customers": {429: 1}}
    assert (exercise.requests, exercise.unanswered) == (5, 1)
    assert (exercise.count(429), exercise.share(401)) == (1, 0.5)
    assert exercise.without_success(["GET /customers", "POST /customers", "GET /users"]) == ("POST /customers", "GET /users")


def test_a_run_without_an_answer_has_no_shares() -> None:
    assert Exercise({}, 0).share(401) == 0


def test_a_run_that_could_not_begin_is_not_a_pass(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9/api/v2"
    found = run_schemathesis(nowhere, tmp_path / "no.yaml", CONFIG, tmp_path / "report", key=ADMINISTRATOR, seed=1, max_examples=1, timeout=SECONDS)
    assert found.exit_code != 0
    assert found.exercise.requests == 0
    assert "does not exist" in found.output
