"""The promises on batches are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.verdicts import Verdict
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import answers, body_of, called, with_body, with_json
from tests.saboteurs.saboteur import Forward, Spec
from tests.suite.in_process import broken, served, suite_run

BATCH = "batchCreateCustomers"


def found(**fault: Any) -> set[str]:
    with altered(**fault) as transport:
        return set(broken(suite_run(transport, only={"batch"})))


def is_batch(request: Request) -> bool:
    operation = called(request)
    return operation is not None and operation.id == BATCH


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    with served(scenario="demo") as server:
        for _ in range(3):
            run = suite_run(server.app, only={"batch"})
            assert broken(run) == {}
            assert {outcome.verdict for outcome in run.outcomes.values()} == {Verdict.KEPT}
            assert run.context.target.sent < 20


def test_what_a_batch_made_is_known_so_that_it_can_be_deleted() -> None:
    with served() as server:
        made = suite_run(server.app, only={"batch"}).context.created_objects
        stored = server.workspaces.get("default").image().tables["customers"]
    assert {one.id for one in made} == set(stored)


def test_a_batch_whose_good_half_is_stored_is_found() -> None:
    def stores_the_good_half(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if is_batch(request) and answer.status == 400:
            bad = {name.split(".")[1] for name in answer.errors if "." in name}
            for place, item in enumerate(body_of(request)["customers"]):
                if str(place) not in bad:
                    forward(with_body(replace(request, path="/customers"), item), key)
        return answer

    assert found(between=stores_the_good_half) >= {"batch-is-atomic"}


def test_a_batch_in_the_reverse_order_is_found() -> None:
    def reverse(envelope: dict[str, Any]) -> None:
        envelope["data"].reverse()

    assert found(between=answers(reverse, BATCH)) == {"batch-keeps-the-order"}


def test_a_batch_that_forgets_an_item_is_found() -> None:
    def but_the_last(request: Request) -> Request:
        items = body_of(request)["customers"]
        return with_body(request, {"customers": items[:-1] if len(items) > 1 else items})

    def forgets(request: Request, key: str | None, forward: Forward) -> Answer:
        return forward(but_the_last(request) if is_batch(request) else request, key)

    assert found(between=forgets) >= {"batch-keeps-the-order", "batch-size"}


def test_a_batch_of_which_nothing_is_stored_is_found() -> None:
    def invents(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if not is_batch(request) or answer.status != 201:
            return answer
        return with_json(answer, {"success": True, "data": [{**one, "id": one["id"] + 100_000} for one in answer.data]})

    assert found(between=invents) == {"batch-keeps-the-order"}


def test_a_refusal_that_names_the_first_bad_item_alone_is_found() -> None:
    def first(envelope: dict[str, Any]) -> None:
        envelope["errors"] = dict(list(envelope["errors"].items())[:1])

    assert found(between=answers(first, BATCH, statuses={400})) == {"batch-names-every-bad-item"}


def test_a_refusal_that_blames_a_good_item_is_found() -> None:
    def blame(envelope: dict[str, Any]) -> None:
        envelope["errors"]["customers.1.account"] = "Account is required"

    assert found(between=answers(blame, BATCH, statuses={400})) == {"batch-names-every-bad-item"}


@pytest.mark.parametrize("fault", [{"minItems": 0}, {"minItems": 2}, {"maxItems": 99}, {"maxItems": 101}])
def test_a_size_that_is_off_is_found(fault: dict[str, int]) -> None:
    def edit(spec: Spec) -> None:
        spec["components"]["schemas"]["CustomerBatchInput"]["properties"]["customers"].update(fault)
        spec["components"]["schemas"]["CustomerBatchAnswer"]["properties"]["data"].pop("maxItems", None)

    assert found(edit=edit) == {"batch-size"}


def test_a_batch_that_answers_200_is_found() -> None:
    def ok(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return replace(answer, status=200) if is_batch(request) and answer.status == 201 else answer

    assert found(between=ok) == {"batch-keeps-the-order", "batch-size"}


def test_what_a_broken_server_stored_once_is_no_proof_against_the_server_that_was_mended() -> None:
    mended = [False]

    def breaks_at_first(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if is_batch(request) and answer.status == 400 and not mended[0]:
            for item in (one for one in body_of(request)["customers"] if "account" in one):
                forward(with_body(replace(request, path="/customers"), item), key)
        return answer

    with altered(between=breaks_at_first) as transport:
        assert "batch-is-atomic" in broken(suite_run(transport, only={"batch"}))
        mended[0] = True
        assert broken(suite_run(transport, only={"batch"})) == {}
