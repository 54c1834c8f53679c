"""The promises on integers are kept by the sandbox, and each finds the fault that it is made for with the shortest proof."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.number_spellings import SPELLINGS, written
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import heads, refusal, requests
from tests.saboteurs.saboteur import Interceptor
from tests.suite.broken_promises import requests_of_three_runs
from tests.suite.conftest import FindBetween
from tests.suite.in_process import suite_run

READING = "speaks-integers"
_AN_EXPONENT = re.compile(rb":\d+e0(?=[,}])")


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("integers")) < 70


@pytest.mark.parametrize("number", [1, 7, 10, 12, 1000, 2**53 - 1])
def test_every_spelling_is_the_same_whole_number(number: int) -> None:
    texts = [spell(number) for spell in SPELLINGS]
    assert len(set(texts)) == 4
    assert all(not text.isdigit() and json.loads(text, parse_float=float) == float(number) for text in texts)


def test_a_text_is_written_at_its_place_as_it_stands() -> None:
    body = {"account_id": 7, "items": [{"qty": 1}], "note": "é"}
    assert written(body, {("account_id",): "7e0", ("items", 0, "qty"): "true"}) == '{"account_id":7e0,"items":[{"qty":true}],"note":"é"}'.encode()
    assert body["account_id"] == 7


def _with_exponents(status: int) -> Interceptor:
    def fails(request: Request, answer: Answer) -> Answer:
        names = [name.decode() for name in re.findall(rb'"(\w+)":\d+e0[,}]', request.body or b"")]
        return refusal(answer, status, "No", dict.fromkeys(names, "No")) if names else answer

    return heads(fails, "recordTransaction")


def test_a_failure_is_shown_by_one_field_that_is_spelled_so() -> None:
    with altered(between=_with_exponents(500)) as transport:
        run = suite_run(transport, only={READING})
    proof = run.outcomes[READING].evidence[0].exchange
    assert proof is not None
    assert proof.status == 500
    assert len(_AN_EXPONENT.findall(proof.request.body or b"")) == 1
    assert not re.search(rb":\d+(\.\d+E1|\.0|E-1)", (proof.request.body or b"").replace(b'"amount":', b""))


@pytest.mark.parametrize("status", [400, 404, 422, 500])
def test_a_spelling_that_is_answered_otherwise_than_its_sisters_breaks_the_reading(status: int, find_between: FindBetween) -> None:
    assert find_between(READING, between=_with_exponents(status)) == {READING}


@pytest.mark.parametrize("text", [b"1.0", b"1e0", b"+1", b"1_0", "１".encode(), b"0x1"])
def test_a_query_that_is_read_as_python_reads_it_is_found(text: bytes, find_between: FindBetween) -> None:
    odd = text.decode()

    def lenient(request: Request) -> Request:
        return replace(request, query=tuple((name, "1" if value == odd else value) for name, value in request.query))

    assert find_between("query-integers-are-digits", between=requests(lenient)) == {"query-integers-are-digits"}


@pytest.mark.parametrize("text", [b"true", b"7.5", b'"7"', b"1e400", b"9" * 40, b"18446744073709551616"])
def test_what_is_no_integer_and_taken_for_one_is_found(text: bytes, find_between: FindBetween) -> None:
    taken = re.compile(rb":" + re.escape(text) + rb"(?=[,}])")

    def lenient(request: Request) -> Request:
        return replace(request, body=taken.sub(b":1", request.body)) if request.body else request

    assert find_between("no-integers-are-refused", between=requests(lenient)) == {"no-integers-are-refused"}
