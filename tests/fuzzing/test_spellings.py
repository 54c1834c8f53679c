"""The fuzzer's numbers are numbers, its private fields are private, and nothing breaks where a contract sets them no bounds."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from tests.edge.permissive_contract import loose_document, written
from tests.fuzzing.__main__ import report
from tests.fuzzing.requests import Request
from tests.fuzzing.run import fuzzer
from tests.fuzzing.spellings import INTEGERS, PRIVATE, SPELLED, a_private_field, another_number, spelled_anew

BODY = b'{"customer_id": 7, "items": [{"amount": 99.95, "qty": 120}], "rate": 0, "of": [1, 2], "far": -20.5}'


def of(body: bytes) -> Request:
    return Request("POST", "/", (), body)


def test_what_is_spelled_anew_says_the_same() -> None:
    bodies = {spelled_anew(Random(number), of(BODY)).body for number in range(300)}
    assert len(bodies) > 250
    assert all(json.loads(body, parse_float=Decimal) == json.loads(BODY, parse_float=Decimal) for body in bodies)


def test_another_number_is_one_that_json_knows() -> None:
    bodies = [another_number(Random(number), of(BODY)).body for number in range(2000)]
    told = {str(json.loads(body, parse_float=str, parse_int=str)) for body in bodies}
    assert all(any(spelled in one for one in told) for spelled in SPELLED)
    assert all(any(str(number) in one for one in told) for number in INTEGERS)


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_field_stands_in_some_object_of_some_body(name: str) -> None:
    held = [json.loads(a_private_field(Random(number), of(BODY)).body) for number in range(300)]
    assert any(name in one for one in held)
    assert any(name in one["items"][0] for one in held)


@pytest.mark.parametrize("stack", ["fast", "stock"])
def test_no_request_breaks_a_claim_where_nothing_has_bounds(tmp_path: Path, stack: str) -> None:
    with fuzzer(spec=written(loose_document(), tmp_path), stack=stack) as one:
        outcome = one.run(1500, 13)
    assert outcome.found == [], report(outcome)
    assert {200, 201, 400, 404} <= set(outcome.statuses)
