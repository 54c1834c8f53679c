"""The promises on roles are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.verdicts import Verdict
from contract_tests.promises import promises
from openapi.reader import load_contract
from tests.asgi import READ_ONLY, STAFF
from tests.saboteurs.interceptors import answers, is_one, refusal, with_json
from tests.saboteurs.saboteur import Forward, Spec
from tests.suite.broken_promises import promises_broken_by
from tests.suite.conftest import FindBetween
from tests.suite.in_process import served, suite_run

OPERATIONS = load_contract().operations


def spec_node(spec: Spec, operation: str) -> Spec:
    node: Spec = spec["paths"][OPERATIONS[operation].path][OPERATIONS[operation].method.lower()]
    return node


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    with served(scenario="demo") as server:
        for _ in range(3):
            run = suite_run(server.app, only={"roles", "limit-is-1000-an-hour"})  # which asks with the administrator's key
            assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.KEPT}
            assert run.context.target.sent < 60


def test_every_operation_is_asked_with_both_roles() -> None:
    with served() as server:
        run = suite_run(server.app, only={"roles"})
    asked = {(one.operation.id, one.request.key) for one in run.context.target.exchanges if one.operation is not None}
    assert asked >= {(operation, role) for operation in OPERATIONS for role in ("staff", "read-only")}


@pytest.mark.parametrize("operation", ["listUsers", "getFinancialReport", "createUser"])
def test_one_operation_that_is_open_to_staff_is_found(operation: str) -> None:
    def opens(spec: Spec) -> None:
        spec_node(spec, operation)["x-role"].append("staff")

    assert promises_broken_by("roles", edit=opens) == {"role-refuses"}


@pytest.mark.parametrize("operation", ["deleteCustomer", "batchCreateCustomers", "registerWebhook"])
def test_one_operation_that_is_open_to_readers_is_found(operation: str) -> None:
    def opens(spec: Spec) -> None:
        spec_node(spec, operation)["x-role"].append("read-only")

    assert promises_broken_by("roles", edit=opens) == {"role-refuses"}


@pytest.mark.parametrize(("operation", "role"), [("createLead", "staff"), ("listTickets", "read-only"), ("deleteCustomer", "staff")])
def test_one_operation_that_is_closed_to_whom_it_is_open_is_found(operation: str, role: str) -> None:
    def closes(spec: Spec) -> None:
        spec_node(spec, operation)["x-role"].remove(role)

    assert promises_broken_by("roles", edit=closes) == {"role-allows"}


def test_a_role_that_is_answered_401_is_found(find_between: FindBetween) -> None:
    def as_stranger(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return refusal(answer, 401, "Invalid API key or unauthorized access") if answer.status == 403 and key == STAFF else answer

    assert find_between("roles", between=as_stranger) == {"role-refuses"}


def test_a_403_with_the_data_in_it_is_found(find_between: FindBetween) -> None:
    assert find_between("roles", between=answers(lambda envelope: envelope.update(data=[]), statuses=(403,))) == {"role-refuses"}


def test_lists_that_are_empty_for_a_role_are_found() -> None:
    def hides(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if key == READ_ONLY and answer.status == 200 and is_one(request, ["listProducts"]):
            return with_json(answer, {**answer.json, "data": []})
        return answer

    assert promises_broken_by("roles", between=hides, scenario="demo") == {"role-allows"}


def test_nothing_is_checked_with_a_key_that_was_not_given() -> None:
    with served() as server:
        run = suite_run(server.app, only={"roles"}, control=False)
        assert run.outcomes["role-refuses"].reason is None
        run.context.target.keys.pop("staff")
        run.context.target.keys.pop("read-only")
        outcome = run._checked(promises()["role-refuses"])
    assert (outcome.verdict.value, outcome.checks) == ("not-checked", 0)
    assert "no read-only key was given" in (outcome.reason or "")
