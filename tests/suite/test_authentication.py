"""The promises on authentication are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.promises.authentication import secured
from openapi.reader import load_contract
from tests.asgi import ADMINISTRATOR, READ_ONLY, STAFF
from tests.saboteurs.interceptors import answers, called, id_in, is_one
from tests.saboteurs.saboteur import Forward, Interceptor
from tests.suite.broken_promises import requests_of_three_runs
from tests.suite.conftest import FindBetween
from tests.suite.in_process import served, suite_run

KNOWN = (ADMINISTRATOR, STAFF, READ_ONLY)
SECURED = [one.id for one in load_contract().operations.values() if secured(one)]


def opened(operation: str, *, unless: bool) -> Interceptor:
    """An operation that takes any key, or none; `unless` it has one, it must have none."""

    def opens(request: Request, key: str | None, forward: Forward) -> Answer:
        stranger = key not in KNOWN and (key is None) is unless
        return forward(request, ADMINISTRATOR if stranger and is_one(request, [operation]) else key)

    return opens


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("authentication")) < 130


def test_every_operation_is_asked_without_a_key_and_with_an_unknown_one() -> None:
    with served() as server:
        outcomes = suite_run(server.app, only={"key-is-required", "unknown-key-is-refused", "speaks-auth-place"}).outcomes
    assert [outcome.checked for outcome in outcomes.values()] == [set(SECURED)] * 3


@pytest.mark.parametrize("operation", ["deleteCustomer", "createUser", "getFinancialReport"])
def test_one_operation_that_needs_no_key_is_found(operation: str, find_between: FindBetween) -> None:
    assert find_between("authentication", between=opened(operation, unless=True)) >= {"key-is-required"}


@pytest.mark.parametrize("operation", ["updateCustomer", "listUsers", "batchCreateCustomers"])
def test_one_operation_that_takes_any_key_is_found(operation: str, find_between: FindBetween) -> None:
    assert find_between("unknown-key-is-refused", "key-is-required", between=opened(operation, unless=False)) == {"unknown-key-is-refused"}


def test_a_401_with_data_in_it_is_found(find_between: FindBetween) -> None:
    shows = answers(lambda envelope: envelope.update(data=[]), statuses=(401,))
    assert find_between("key-is-required", between=shows) == {"key-is-required"}


def test_a_401_without_a_message_is_found(find_between: FindBetween) -> None:
    silent = answers(lambda envelope: envelope.pop("message") and None, statuses=(401,))
    assert find_between("key-is-required", between=silent) == {"key-is-required"}


def test_a_key_that_may_stand_in_the_query_of_all_operations_but_one_is_found(find_between: FindBetween) -> None:
    def ignores(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(request, "" if request.key_in_query and is_one(request, ["listTickets"]) else key)

    assert find_between("speaks-auth-place", between=ignores) == {"speaks-auth-place"}


def test_a_server_that_takes_the_better_of_two_keys_is_found(find_between: FindBetween) -> None:
    def better(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return forward(request, ADMINISTRATOR) if answer.status == 401 and key in KNOWN else answer

    def first(request: Request, key: str | None, forward: Forward) -> Answer:
        query = tuple(pair for pair in request.query if pair[0] != "api_key")
        return better(Request(request.method, request.path, query, request.headers, request.body, request.key, request.key_in_query), key, forward)

    assert find_between("two-keys-are-refused", between=first) == {"two-keys-are-refused"}


def test_a_good_key_of_another_scheme_that_opens_is_found(find_between: FindBetween) -> None:
    def any_scheme(request: Request, key: str | None, forward: Forward) -> Answer:
        header = dict(request.headers).get("authorization", "")
        return forward(Request(request.method, request.path, request.query, (), request.body), ADMINISTRATOR if ADMINISTRATOR in header else key)

    assert find_between("malformed-key-is-refused", between=any_scheme) == {"malformed-key-is-refused"}


def test_a_key_that_is_only_looked_at_as_far_as_it_goes_is_found(find_between: FindBetween) -> None:
    def begins(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(request, ADMINISTRATOR if (key or "").startswith(ADMINISTRATOR) else key)

    assert find_between("altered-key-is-refused", between=begins) == {"altered-key-is-refused"}


def test_no_evidence_names_the_altered_key() -> None:
    with served() as server:
        run = suite_run(server.app, only={"altered-key-is-refused"})
    assert [one.request.key for one in run.context.target.exchanges] == ["altered", ""]
    assert "altered" not in run.context.target.keys


@pytest.mark.parametrize("collection", ["customers", "users"])
def test_a_create_that_is_refused_and_stores_all_the_same_is_found(collection: str, find_between: FindBetween) -> None:
    def stores(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        operation = called(request)
        if answer.status in (401, 403) and operation is not None and (operation.action, operation.resource) == ("create", collection):
            forward(Request(request.method, request.path, body=request.body), ADMINISTRATOR)
        return answer

    assert find_between("refused-callers-change-nothing", between=stores) == {"refused-callers-change-nothing"}


@pytest.mark.parametrize("action", ["replace", "delete"])
def test_a_change_that_is_refused_and_made_all_the_same_is_found(action: str, find_between: FindBetween) -> None:
    def changes(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status in (401, 403) and is_one(request, [action]) and id_in(request):
            forward(request, ADMINISTRATOR)
        return answer

    assert find_between("refused-callers-change-nothing", between=changes) == {"refused-callers-change-nothing"}


def test_an_address_whose_limit_is_used_up_is_no_fault_of_the_server(find_between: FindBetween) -> None:
    def throttled(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return Answer(429, answer.headers, b'{"success": false, "message": "Later"}') if answer.status == 401 else answer

    assert find_between("key-is-required", "unknown-key-is-refused", "refusals-stand-in-order", between=throttled) == set()
