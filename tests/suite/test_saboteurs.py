"""The suite finds defects that are put before it on purpose, names them rightly, and finds none where there is none.

`make saboteurs` sends it against all of them; here it meets every eighth one by hand and a few of those that follow from the contract.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.registry import FAMILIES
from openapi.reader import load_contract
from tests.asgi import ADMINISTRATOR
from tests.saboteurs.by_hand.all import ALL_BY_HAND
from tests.saboteurs.derived import derived_saboteurs
from tests.saboteurs.equivalent import EQUIVALENT
from tests.saboteurs.interceptors import InterceptedTransport, answers, with_query
from tests.saboteurs.kill import Kill, false_alarms, kill
from tests.saboteurs.matrix import WIDTH, as_json, chosen, table
from tests.saboteurs.sabotaged_server import Stage, edited
from tests.saboteurs.saboteur import Forward, Interceptor, Saboteur

DERIVED = derived_saboteurs()
SAMPLE = list(DERIVED)[7 :: len(DERIVED) // 10]
EIGHTH = [one for place, one in enumerate(ALL_BY_HAND.values()) if place % 8 == 0]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    one.close()


def _who_gets_away(stage: Stage, saboteurs: list[Saboteur]) -> list[str]:
    kills = [kill(stage, one) for one in saboteurs]
    return [f"{one.id}: {one.failure or ', '.join(one.caught_by) or 'nobody'}" for one in kills if not one.caught]


@pytest.mark.parametrize("family", [one for one in FAMILIES if one != "stock"])
def test_every_saboteur_by_hand_is_caught_by_a_promise_that_fits(stage: Stage, family: str) -> None:
    asked = [one for one in EIGHTH if one.family == family]
    assert asked
    assert _who_gets_away(stage, asked) == []


@pytest.mark.parametrize("id", [id for id in SAMPLE if id not in EQUIVALENT])
def test_a_saboteur_that_follows_from_the_contract_is_caught(stage: Stage, id: str) -> None:
    assert _who_gets_away(stage, [DERIVED[id]]) == []


@pytest.mark.parametrize("control", [True, False])
def test_the_suite_cries_wolf_at_no_conforming_server(stage: Stage, control: bool) -> None:
    assert false_alarms(stage, control=control) == {}


def test_a_saboteur_that_does_nothing_is_not_caught(stage: Stage) -> None:
    def make() -> Interceptor:
        return lambda request, key, forward: forward(request, key)

    nobody = kill(stage, Saboteur("nothing-at-all", tuple(FAMILIES), interceptor=make))
    assert (nobody.caught_by, nobody.failure) == ((), None)


def test_there_are_enough_of_them_and_every_family_has_some() -> None:
    assert len(ALL_BY_HAND) >= 60
    assert len(DERIVED) >= 300
    assert {one.family for one in ALL_BY_HAND.values()} == set(FAMILIES) - {"stock"}
    assert not ALL_BY_HAND.keys() & DERIVED.keys()
    assert all(one.fits for one in (*ALL_BY_HAND.values(), *DERIVED.values()))


def test_what_is_equivalent_is_not_sent_and_has_a_reason() -> None:
    assert not EQUIVALENT.keys() & set(chosen())
    assert all(len(reason) > 20 for reason in EQUIVALENT.values())


def test_an_edit_makes_a_contract_that_can_be_read(tmp_path: Path) -> None:
    editors = [one for one in (*ALL_BY_HAND.values(), *DERIVED.values()) if one.edit is not None]
    for one in editors[::12]:
        assert load_contract(edited(one, tmp_path)).operations.keys() == load_contract().operations.keys()


def test_an_edit_that_changes_nothing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="edits nothing"):
        edited(Saboteur("idle", ("shape",), edit=lambda spec: None), tmp_path)


class _Server:
    """Answers every request with the same customer and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def begin(self) -> None:
        pass

    def send(self, request: Request, key: str | None) -> Answer:
        self.asked.append(request)
        return Answer(200, (("etag", '"1"'), ("content-length", "31"), ("content-type", "application/json")), b'{"success":true,"data":{"id":1}}')

    def close(self) -> None:
        pass


def _renames() -> Interceptor:
    return answers(lambda envelope: envelope.update(data={"number": 1}), "getCustomer")


def test_a_changed_body_has_its_own_tag_and_is_not_modified_by_it() -> None:
    transport = InterceptedTransport(_Server(), _renames(), raw=False)
    answer = transport.send(Request("GET", "/customers/1"), ADMINISTRATOR)
    assert answer.data == {"number": 1}
    assert answer.header("content-length") == str(len(answer.body))
    tag = answer.header("etag")
    assert tag not in (None, '"1"')
    again = transport.send(Request("GET", "/customers/1", headers=(("If-None-Match", str(tag)),)), ADMINISTRATOR)
    assert (again.status, again.body, again.header("etag")) == (304, b"", tag)


def test_head_of_a_changed_body_tells_its_length_and_has_none() -> None:
    transport = InterceptedTransport(_Server(), _renames(), raw=False)
    got = transport.send(Request("GET", "/customers/1"), ADMINISTRATOR)
    head = transport.send(Request("HEAD", "/customers/1"), ADMINISTRATOR)
    assert (head.body, head.headers) == (b"", got.headers)


def test_the_control_plane_is_not_intercepted() -> None:
    def refuses(request: Request, key: str | None, forward: Forward) -> Answer:
        raise AssertionError

    server = _Server()
    assert InterceptedTransport(server, refuses, raw=False).send(Request("GET", "/_sandbox/clock"), ADMINISTRATOR).status == 200


def test_a_parameter_is_put_in_the_place_of_the_old_one() -> None:
    request = Request("GET", "/customers", (("page", "1"), ("limit", "5")))
    assert with_query(request, page=2).query == (("limit", "5"), ("page", "2"))
    assert with_query(request, page=None).query == (("limit", "5"),)


_KILLS = [
    Kill("a-sum-is-wrong", "money", False, ("amount-is-the-sum",), "amount-is-the-sum", "expected 3; saw 4", 9),
    Kill("a-name-that-is-so-long-that-it-would-not-fit-into-half-of-the-line-of-a-table", "shape", True, (), None, None, 900),
    Kill("a-list-is-wrong", "paging", False, ("status-is-documented",), None, None, 900),
]


def test_the_matrix_fits_into_80_columns_and_names_who_got_away() -> None:
    console = Console(file=io.StringIO(), width=WIDTH)
    console.print(table(_KILLS))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "amount-is-the-sum" in text
    assert "2 got away" in text
    assert "a-list-is-wrong: caught, but called status-is-documented" in text


def test_the_matrix_in_json_has_totals_and_survivors() -> None:
    told = json.loads(json.dumps(as_json(_KILLS)))
    assert told["totals"]["all"] == {"saboteurs": 3, "caught": 1}
    assert told["totals"]["money"] == {"saboteurs": 1, "caught": 1}
    assert told["survivors"] == [_KILLS[1].id, _KILLS[2].id]
    assert told["equivalent"] == EQUIVALENT


def test_saboteurs_are_chosen_by_name_family_or_kind() -> None:
    assert chosen(["two-invoices-have-one-number"]) == ["two-invoices-have-one-number"]
    assert set(chosen(["by-hand"])) == set(ALL_BY_HAND)
    assert set(chosen(["derived"])) == set(DERIVED) - set(EQUIVALENT)
    assert {"tags-are-weak", "a-304-has-a-body"} <= set(chosen(["caching"]))
