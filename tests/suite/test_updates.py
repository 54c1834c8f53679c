"""The promises on updates and deletes are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, body_of, heads, id_in, is_one, objects, refusal, with_body, with_json
from tests.saboteurs.saboteur import Forward
from tests.suite.broken_promises import promises_broken_by

READINGS = ("speaks-paging", "speaks-order", "speaks-put", "speaks-delete-answer")


def test_an_update_that_is_answered_and_not_done_is_found() -> None:
    def pretend(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["updateCustomer"]):
            return forward(request, key)
        read = forward(replace(request, method="GET", body=None), key)
        return with_json(read, {**as_value(read), "data": {**(as_value(read)["data"]), **body_of(request)}})

    assert "update-sticks" in promises_broken_by("update-sticks", *READINGS, between=pretend)


def test_an_update_that_moves_created_at_is_found() -> None:
    moved = objects(lambda one: one.update(created_at="2025-07-02T00:00:00Z"), "updateCustomer")
    assert promises_broken_by("update-sticks", between=moved) == {"update-sticks"}


def test_a_time_of_change_that_stands_still_is_found() -> None:
    still = objects(lambda one: one.update(updated_at=one["created_at"]), "getCustomer", "updateCustomer", "listCustomers")
    assert promises_broken_by("update-time", between=still) == {"update-time"}


def test_an_update_of_a_neighbour_is_found() -> None:
    def both(request: Request, key: str | None, forward: Forward) -> Answer:
        if is_one(request, ["updateCustomer"]):
            forward(replace(request, path=f"/customers/{(id_in(request) or 0) + 1}"), key)
        return forward(request, key)

    assert promises_broken_by("update-alone", between=both) == {"update-alone"}


def test_a_field_that_survives_a_replacement_is_found_as_a_reading_that_is_not_listed() -> None:
    def keep_the_phone(request: Request, key: str | None, forward: Forward) -> Answer:
        body = body_of(request)
        if is_one(request, ["updateCustomer"]) and isinstance(body, dict) and "phone" not in body:
            request = with_body(request, {**body, "phone": as_value(forward(replace(request, method="GET", body=None), key))["data"]["phone"]})
        return forward(request, key)

    assert promises_broken_by("speaks-put", between=keep_the_phone) == {"speaks-put"}


def test_an_update_without_what_is_required_is_found() -> None:
    def fill_in(request: Request, key: str | None, forward: Forward) -> Answer:
        body = body_of(request)
        lacking = is_one(request, ["updateCustomer"]) and isinstance(body, dict) and "account" not in body
        return forward(with_body(request, {"account": "Nameless", **body}) if lacking else request, key)

    assert promises_broken_by("update-required", between=fill_in) == {"update-required"}


def test_a_refused_update_that_is_half_done_is_found() -> None:
    def half(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 400 and is_one(request, ["updateCustomer"]):
            forward(with_body(request, {"account": body_of(request)["account"]}), key)
        return answer

    assert promises_broken_by("update-refused", between=half) == {"update-refused"}


@pytest.mark.parametrize("status", [202, 410])
def test_a_delete_that_is_answered_otherwise_is_found(status: int) -> None:
    other = heads(lambda request, answer: Answer(status, answer.headers, answer.body), "deleteCustomer", statuses=(200,))
    assert promises_broken_by("delete-gone", *READINGS, between=other) == {"delete-gone", "speaks-delete-answer"}


def test_a_delete_that_is_not_done_is_found() -> None:
    def pretend(request: Request, key: str | None, forward: Forward) -> Answer:
        if not is_one(request, ["deleteCustomer"]):
            return forward(request, key)
        answer = forward(replace(request, method="GET"), key)
        return with_json(answer, {"success": True, "message": "It was deleted"}) if answer.status == 200 else answer

    assert promises_broken_by("delete-gone", *READINGS, between=pretend) == {"delete-gone"}


def test_a_delete_that_takes_another_object_with_it_is_found() -> None:
    def more(request: Request, key: str | None, forward: Forward) -> Answer:
        if is_one(request, ["deleteCustomer"]):
            forward(replace(request, path=f"/customers/{(id_in(request) or 0) + 1}"), key)
        return forward(request, key)

    assert "delete-alone" in promises_broken_by("delete-alone", between=more)


def test_a_change_that_brings_back_what_was_deleted_is_found() -> None:
    def create(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status != 404 or not is_one(request, ["updateCustomer"]):
            return answer
        made = forward(replace(request, method="POST", path="/customers"), key)
        return Answer(200, made.headers, made.body)

    assert promises_broken_by("delete-change", between=create) == {"delete-change"}


def test_a_second_user_with_the_same_address_is_found() -> None:
    def another(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        body = body_of(request)
        if answer.status == 400 and is_one(request, ["createUser"]) and "email" in as_value(answer)["errors"]:
            return forward(with_body(request, {**body, "email": f"again.{body['email']}"}), key)
        return answer

    assert promises_broken_by("unique-kept", between=another) == {"unique-kept"}


def test_a_lead_that_may_not_share_its_address_is_found() -> None:
    known: set[Any] = set()

    def refuse(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 201 and is_one(request, ["createLead"]):
            address = body_of(request)["email"]
            if address in known:
                return refusal(answer, 400, "Validation failed", {"email": "Email is taken"})
            known.add(address)
        return answer

    assert promises_broken_by("unique-only", between=refuse) == {"unique-only"}
