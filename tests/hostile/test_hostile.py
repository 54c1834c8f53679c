"""What bad input gets: the right status in the envelope, and nothing else happens."""

from __future__ import annotations

import time

import pytest
from jsonschema_rs import Draft4Validator

from openapi.reader import load_contract
from openapi.schemas import Direction, json_schema
from tests.hostile.case import Case
from tests.hostile.conftest import Target
from tests.hostile.raw_connection import Answer, Wire
from tests.hostile.table import REFUSED, TAKEN

ENVELOPE = Draft4Validator(json_schema(load_contract().document["components"]["schemas"]["Error"], Direction.ANSWER), validate_formats=True)
MOST_FAULTS = 100
MOVING = ("date", "x-ratelimit-remaining", "x-ratelimit-reset")


def _ids(table: list[Case]) -> list[str]:
    return [case.name for case in table]


def _is_enveloped(answer: Answer, field: str | None) -> bool:
    """The reference's envelope, which names the field at fault and no other."""
    assert ENVELOPE.is_valid(answer.json), answer.body[:500]
    assert answer.json["message"]
    if field is not None:
        assert list(answer.json["errors"]) == [field]
    return True


def _counts(answer: Answer) -> bool:
    """The three rate headers, of this server's limit."""
    assert answer.header("x-ratelimit-limit") == "1000000"
    assert 0 < int(answer.header("x-ratelimit-remaining") or 0) < 1_000_000
    assert int(answer.header("x-ratelimit-reset") or 0) > 1_000_000_000
    return True


def _keeps_its_word(wire: Wire, answer: Answer, case: Case) -> bool:
    """A connection that was said to close does, and any other takes the next request, unless the rest of this one is no HTTP."""
    return wire.is_closed() if case.breaks_off or answer.header("connection") == "close" else wire.is_usable()


@pytest.mark.parametrize("case", REFUSED, ids=_ids(REFUSED))
def test_a_hostile_request_is_refused_in_the_envelope_and_leaves_nothing_behind(target: Target, case: Case) -> None:
    before = target.stored()
    with Wire(target.address) as wire:
        answer = wire.ask(case)
        assert answer.status == case.status, answer.body[:500]
        assert answer.header("content-type") == "application/json"
        assert _counts(answer)
        assert (answer.body == b"") if case.method == "HEAD" else _is_enveloped(answer, case.field)
        if case.header is not None:
            assert answer.header(case.header[0]) == case.header[1]
        assert answer.header("location") is None
        assert len(answer.body) < 64 * 1024
        assert _keeps_its_word(wire, answer, case)
    assert target.stored() == before
    assert target.said() == ""


@pytest.mark.parametrize("case", TAKEN, ids=_ids(TAKEN))
def test_an_odd_request_that_is_right_is_answered(target: Target, case: Case) -> None:
    before = target.stored()
    with Wire(target.address) as wire:
        answer = wire.ask(case)
        assert answer.status == case.status, answer.body[:500]
        assert answer.json["success"] is True
        assert _counts(answer)
        assert _keeps_its_word(wire, answer, case)
    assert (target.stored() != before) == (case.status == 201)
    assert target.said() == ""


@pytest.mark.parametrize("case", REFUSED, ids=_ids(REFUSED))
def test_both_stacks_say_the_same(targets: dict[str, Target], case: Case) -> None:
    said = []
    for target in targets.values():
        with Wire(target.address) as wire:
            answer = wire.ask(case)
            said.append((answer.status, sorted(pair for pair in answer.headers if pair[0] not in MOVING), answer.body))
    assert said[0] == said[1]


@pytest.mark.parametrize("name", ["size: 80,000 unknown fields", "size: 80,000 wrong items", "query: 4,000 unknown names"])
def test_of_a_thousand_faults_a_hundred_are_named_and_soon(targets: dict[str, Target], name: str) -> None:
    case = next(one for one in REFUSED if one.name == name)
    seconds = []
    for _ in range(2):  # the better one counts: the machine may be busy with something else
        with Wire(targets["fast"].address) as wire:
            began = time.perf_counter()
            answer = wire.ask(case)
            seconds.append(time.perf_counter() - began)
    assert min(seconds) < 10, "no measure of speed, but far less than naming them all would take"
    assert 1 <= len(answer.json["errors"]) <= MOST_FAULTS


def test_the_table_is_long_and_names_everything_once() -> None:
    assert len(REFUSED) >= 130
    assert len({case.name for case in [*REFUSED, *TAKEN]}) == len(REFUSED) + len(TAKEN)
    assert {case.status for case in REFUSED} == {400, 401, 403, 404, 405, 413, 415, 431}
