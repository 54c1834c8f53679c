"""The promises on the shape of answers are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.promises.shapes import strict_json
from tests.saboteurs.interceptors import answers, heads, objects, with_bytes, with_header, with_status, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor
from tests.suite.broken_promises import written_in
from tests.suite.conftest import FindBetween
from tests.suite.in_process import broken, served, suite_run

Seen = Callable[[str, Interceptor], bool]
ASKED = ("role-allows", "unknown-ids-are-404", "create", "read", "refused-callers-change-nothing", "unknown-references", "key-is-required")


@pytest.fixture
def seen(find_between: FindBetween) -> Seen:
    """Whether the observer of a name finds it in what others ask."""
    return lambda id, between: id in find_between(*ASKED, id, "speaks-content-type", between=between)


def test_the_sandbox_keeps_them_whatever_it_is_asked() -> None:
    with served(scenario="demo") as server:
        run = suite_run(server.app, only={*written_in("shapes", "authentication", "errors", "http", "creation"), "caching"})
    assert {id for id in broken(run) if id in written_in("shapes")} == set()
    assert run.outcomes["answer-fits-its-schema"].checks > 200
    assert run.context.readings["content-type"] == "bare"


def late(one: dict[str, Any]) -> None:
    one["created_at"] = "2025-07-01 09:00:00"


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: one.pop("created_at") and None,
        lambda one: one.update(id=str(one["id"])),
        lambda one: one.update(internal_note="x"),
        lambda one: one.update(account=None),
        late,
    ],
    ids=["lost", "mistyped", "added", "null", "another form"],
)
def test_a_field_that_the_contract_has_otherwise_is_found(edit: Callable[[Any], Any], find_between: FindBetween, seen: Seen) -> None:
    assert seen("answer-fits-its-schema", objects(edit, "getCustomer", "createCustomer"))


def raw(change: Callable[[bytes], bytes]) -> Interceptor:
    return heads(lambda request, answer: with_bytes(answer, change(answer.body)), "createCustomer", statuses=(201,))


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body[:-1],
        lambda body: body.replace(b'"id":', b'"id":1,"id":'),
        lambda body: body.replace(b'"success":true', b'"success":NaN'),
        lambda body: b"<html></html>",
        lambda body: body.replace(b'"account":"', b'"account":"\xff'),
    ],
    ids=["broken off", "a name twice", "NaN", "HTML", "no UTF-8"],
)
def test_a_body_that_is_no_strict_json_is_found(change: Callable[[bytes], bytes], find_between: FindBetween, seen: Seen) -> None:
    assert seen("answer-fits-its-schema", raw(change))


def test_a_page_without_its_meta_is_found(find_between: FindBetween, seen: Seen) -> None:
    assert seen("answer-fits-its-schema", answers(lambda envelope: envelope.pop("meta") and None, "listQuotes"))


@pytest.mark.parametrize(("operation", "status"), [("createCustomer", 200), ("getCustomer", 206), ("listTickets", 203)])
def test_a_status_that_the_contract_does_not_have_is_found(operation: str, status: int, find_between: FindBetween, seen: Seen) -> None:
    assert seen("status-is-documented", heads(lambda request, answer: with_status(answer, status), operation, statuses=(200, 201)))


def test_a_422_is_found_also_where_there_is_no_operation(find_between: FindBetween) -> None:
    unknown = heads(lambda request, answer: with_status(answer, 422), statuses=(404,))
    assert "status-is-documented" in find_between("status-is-documented", "unknown-paths-are-404", between=unknown)


def test_a_header_that_the_contract_requires_is_missed(seen: Seen) -> None:
    assert seen("answer-has-its-headers", heads(lambda request, answer: without_headers(answer, "location"), "createCustomer"))


@pytest.mark.parametrize("value", ["text/html", "application/json; charset=latin-1", "application/problem+json"])
def test_another_content_type_on_errors_is_found(value: str, find_between: FindBetween, seen: Seen) -> None:
    assert seen("content-type-is-json", heads(lambda request, answer: with_header(answer, "content-type", value), statuses=(400, 401, 404)))


def test_a_content_type_in_two_forms_is_mixed(seen: Seen) -> None:
    charset = heads(lambda request, answer: with_header(answer, "content-type", "application/json; charset=utf-8"), statuses=(401,))
    assert seen("speaks-content-type", charset)


def test_a_content_type_with_its_charset_throughout_is_a_dialect(find_between: FindBetween) -> None:
    def charset(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        return with_header(answer, "content-type", 'Application/JSON;  charset="UTF-8"') if answer.body else answer

    assert find_between("shape", *ASKED, between=charset) == set()


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b"[Infinity]", b'"\xff"', b"{", b""])
def test_strict_json_is_stricter_than_pythons(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        strict_json(body)
