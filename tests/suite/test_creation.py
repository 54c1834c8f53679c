"""The promises on state are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from tests.saboteurs.interceptors import as_value, bodies, heads, is_one, objects, with_json, without_headers
from tests.saboteurs.saboteur import Forward, Put, Spec
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs

READINGS = ("speaks-paging", "speaks-order", "speaks-create-answer")


def texts(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """Changes every text of a body but the forms of which a server knows."""
    return lambda body: {name: change(value) if isinstance(value, str) and "@" not in value else value for name, value in body.items()}


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    modules = ("paging", "uniqueness", "creation", "text_round_trips", "updates", "deletion")
    assert max(requests_of_three_runs(*modules)) < 280


@pytest.mark.parametrize("operation", ["createLead", "createProduct", "recordTransaction", "registerWebhook"])
def test_a_create_that_answers_200_is_found(operation: str) -> None:
    accepted = heads(lambda request, answer: Answer(200, answer.headers, answer.body), operation, statuses=(201,))
    assert "create-stores" in promises_broken_by("create-stores", *READINGS, between=accepted)


def test_a_field_that_is_not_stored_is_found() -> None:
    def forget(one: dict[str, Any]) -> None:
        one.pop("company", None)

    assert "create-stores" in promises_broken_by("create-stores", *READINGS, between=objects(forget, "createLead"))


def test_an_optional_field_that_is_null_is_found() -> None:
    def nothing(one: dict[str, Any]) -> None:
        one.setdefault("description", None)

    assert promises_broken_by("create-sparse", *READINGS, between=objects(nothing, "createProduct")) == {"create-sparse"}


def test_another_default_is_found() -> None:
    def change(spec: Spec) -> None:
        spec["components"]["schemas"]["TicketInput"]["properties"]["priority"]["default"] = "Low"

    assert "create-sparse" in promises_broken_by("create-sparse", *READINGS, edit=change)


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        (str.strip, "texts-signs"),
        (lambda text: text.encode("ascii", "replace").decode(), "texts-signs"),
        (lambda text: str(int(text)) if text.isdigit() else text, "texts-digits"),
        (lambda text: text[:200], "texts-long"),
    ],
    ids=["trimmed", "only ASCII", "zeros lost", "cut"],
)
def test_a_text_that_is_changed_is_found(change: Callable[[str], str], promise: str) -> None:
    assert promise in promises_broken_by(promise, *READINGS, between=bodies(texts(change), "createCustomer", "createTicket"))


def test_items_that_are_stored_once_where_two_are_equal_are_found() -> None:
    def once(body: dict[str, Any]) -> None:
        body["items"] = [item for place, item in enumerate(body["items"]) if item not in body["items"][:place]]

    assert promises_broken_by("create-series", *READINGS, between=bodies(once, "createQuote")) == {"create-series"}


def test_an_object_that_is_listed_otherwise_than_it_was_stored_is_found() -> None:
    def leave_out(one: dict[str, Any]) -> None:
        one.pop("category_id", None)

    assert promises_broken_by("create-listed", *READINGS, between=objects(leave_out, "listTransactions")) == {"create-listed"}


def test_a_list_that_shows_an_object_twice_is_found() -> None:
    def twice(request: Request, answer: Answer) -> Answer:
        value = as_value(answer)
        value["data"] += value["data"][-1:]
        return with_json(answer, value)

    assert "create-listed" in promises_broken_by("create-listed", *READINGS, between=heads(twice, "listUsers", statuses=(200,)))


def test_a_missing_address_is_found() -> None:
    lost = heads(lambda request, answer: without_headers(answer, "location"), statuses=(201,))
    assert promises_broken_by("create-location", *READINGS, between=lost) == {"create-location"}


@pytest.mark.parametrize("shift", [{"updated_at": "2020-01-01T00:00:00Z"}, {"created_at": "2025-07-01 09:00:00"}])
def test_times_that_differ_or_have_another_form_are_found(shift: dict[str, str]) -> None:
    assert promises_broken_by("timestamps-first", *READINGS, between=objects(lambda one: one.update(shift), "createLead")) == {"timestamps-first"}


def test_identifiers_that_fall_are_found() -> None:
    fall = objects(lambda one: one.update(id=10_000 - one["id"]), "createProduct")
    assert "ids-rise" in promises_broken_by("ids-rise", *READINGS, between=fall)


def test_an_identifier_that_a_client_chose_is_found() -> None:
    def chosen(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 201 and is_one(request, ["createTicket"]) and b'"status"' in (request.body or b""):
            value = as_value(answer)
            return with_json(answer, {**value, "data": {**value["data"], "status": "mine"}})
        return answer

    assert promises_broken_by("create-own-fields", *READINGS, between=chosen) == {"create-own-fields"}


def test_an_identifier_that_is_used_again_is_found() -> None:
    def reuse(put: Put) -> None:
        from sandbox.state.documents import StoredDocument
        from sandbox.state.transaction import Transaction

        def insert(self: Any, collection: str, document: Any) -> Any:
            doc_id = max(self.select(collection), default=0) + 1
            stored = StoredDocument(id=doc_id, **document)
            self._written.setdefault(collection, {})[doc_id] = stored
            return stored

        put(Transaction, "insert", insert)

    assert "ids-unused" in promises_broken_by("ids-unused", patch=reuse)


def test_a_refused_create_that_is_stored_is_found() -> None:
    def stored(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 400 and request.path == "/products":
            forward(replace(request, body=b'{"name": "left over", "price": 1}'), key)
        return answer

    assert promises_broken_by("create-refused", *READINGS, between=stored) == {"create-refused"}
