"""Where the bounds lie is found out: each kind of bound must be one in every field, and the proof of a mixture is short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contract_tests.http.exchange import Request
from contract_tests.judging.bounds import modest, without_bounds
from contract_tests.judging.verdicts import Verdict
from openapi.reader import load_contract
from tests.dialects.contract_edits import with_wider_bounds
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import requests
from tests.saboteurs.saboteur import Spec
from tests.suite.conftest import FindBetween
from tests.suite.in_process import suite_run

READING = "speaks-bounds"


def _widened(*words: str) -> Callable[[Spec], None]:
    return lambda spec: with_wider_bounds(spec, *words)


@pytest.mark.parametrize("words", [("maxLength",), ("maximum",), ("maxItems", "uniqueItems")])
def test_one_kind_of_bound_may_be_wider_throughout(words: tuple[str, ...]) -> None:
    with altered(edit=_widened(*words)) as transport:
        run = suite_run(transport, only={READING, "bounded-fields-are-named", "faulty-fields-are-named", "answer-fits-its-schema"})
    assert run.context.readings["bounds"] == "wider"
    assert {one.verdict for one in run.outcomes.values()} == {Verdict.KEPT}


def _search(spec: Spec) -> None:
    parameter = next(one for one in spec["paths"]["/customers"]["get"]["parameters"] if one["name"] == "search")
    parameter["schema"]["maxLength"] = 1000


def _pages_of_customers(spec: Spec) -> None:
    parameter = next(one for one in spec["paths"]["/customers"]["get"]["parameters"] if one["name"] == "page")
    parameter["schema"]["maximum"] *= 2


def _events_twice(spec: Spec) -> None:
    del spec["components"]["schemas"]["WebhookInput"]["properties"]["events"]["uniqueItems"]


def _lines(spec: Spec) -> None:
    del spec["components"]["schemas"]["QuoteInput"]["properties"]["items"]["maxItems"]


def _year(spec: Spec) -> None:
    parameter = next(one for one in spec["paths"]["/reports/financial"]["get"]["parameters"] if one["name"] == "year")
    parameter["schema"]["maximum"] = 99_999


ALONE: list[tuple[Callable[[Spec], None], int]] = [(_search, 290), (_pages_of_customers, 60), (_events_twice, 250), (_lines, 9_000), (_year, 60)]


@pytest.mark.parametrize(("edit", "longest"), ALONE, ids=[edit.__name__ for edit, _ in ALONE])
def test_one_bound_that_is_wider_than_its_sisters_is_a_mixture_and_shown_alone(edit: Callable[[Spec], None], longest: int) -> None:
    with altered(edit=edit) as transport:
        run = suite_run(transport, only={READING})
    assert run.context.readings["bounds"] == "mixed"
    proof = run.outcomes[READING].evidence[0].exchange
    assert proof is not None
    assert proof.request.size < longest


def test_a_page_that_is_refused_below_its_bound_is_found(find_between: FindBetween) -> None:
    def refuses(request: Request) -> Request:
        return replace(request, query=tuple((name, "0" if name == "page" and len(value) > 9 else value) for name, value in request.query))

    assert find_between("bounds-are-reached", between=requests(refuses)) == {"bounds-are-reached"}


def _words(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_words, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema).union(*map(_words, schema.values()))


def test_bounds_that_another_decision_states_stay_in_every_reading() -> None:
    resources = load_contract().resources
    assert not _words(without_bounds(resources["tickets"].schema)) & {"maxLength", "maximum", "maxItems"}
    amount = without_bounds(resources["transactions"].input)["properties"]["amount"]
    assert amount["maximum"] == 999_999_999.99
    assert without_bounds(resources["users"].input)["properties"]["password"]["maxLength"] == 128
    batch = load_contract().operations["batchCreateCustomers"].body
    assert without_bounds(batch)["properties"]["customers"]["maxItems"] == 100
    assert modest(resources["tickets"].input)["properties"]["subject"]["maxLength"] == 253
