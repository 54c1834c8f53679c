"""Slips: what breaks a schema, one fault at a time, and bodies and queries that hold many."""

from __future__ import annotations

from random import Random

import pytest
from jsonschema_rs import Draft4Validator

from contract_tests.judging.invalid_requests import alone, nothing, queries, rounds
from contract_tests.judging.invalid_values import LEFT_OUT
from contract_tests.judging.valid_values import Bodies
from openapi.reader import load_contract
from openapi.schemas import Direction, json_schema

CONTRACT = load_contract()
SENT = {name: resource for name, resource in CONTRACT.resources.items() if resource.input}


@pytest.mark.parametrize("name", SENT)
def test_every_invalid_is_one_and_the_only_one_of_its_body(name: str) -> None:
    resource = SENT[name]
    good = Bodies(Random(1)).make(resource, lambda collection: 1)
    check = Draft4Validator(json_schema(resource.input, Direction.REQUEST), validate_formats=True)
    assert check.is_valid(good)
    for one in rounds(resource.input, good):
        assert one.invalid_values
        for invalid in one.invalid_values:
            single = alone(good, invalid)
            places = {str(error.instance_path[0]) if error.instance_path else "" for error in check.iter_errors(single.sent)}
            missing = invalid.value is LEFT_OUT and len(invalid.where) == 1
            assert places == {"" if missing else str(invalid.where[0])}, invalid


@pytest.mark.parametrize("name", SENT)
def test_every_field_and_every_bound_of_it_is_broken_once(name: str) -> None:
    resource = SENT[name]
    good = Bodies(Random(1)).make(resource, lambda collection: 1)
    broken = [invalid for one in rounds(resource.input, good) for invalid in one.invalid_values]
    fields = {str(invalid.where[0]) for invalid in broken}
    assert fields == {field for field, part in resource.input["properties"].items() if not part.get("readOnly")}
    for field in fields:
        part, told = resource.input["properties"][field], " ".join(invalid.what for invalid in broken if invalid.where[0] == field)
        for word, sign in (("maxLength", "longer"), ("maximum", "above"), ("minimum", "below"), ("multipleOf", "multiple"), ("pattern", "pattern")):
            assert (word in part) <= (sign in told), (field, word)
        assert (field in resource.input["required"]) <= ("left out" in told)


def test_a_round_has_at_most_one_invalid_in_a_place() -> None:
    for resource in SENT.values():
        for one in rounds(resource.input, Bodies(Random(1)).make(resource, lambda collection: 1)):
            assert len({invalid.where for invalid in one.invalid_values}) == len(one.invalid_values)


def test_nothing_lacks_all_that_must_be_sent() -> None:
    (empty,) = nothing(SENT["leads"].input)
    assert empty.sent == {}
    assert {invalid.where for invalid in empty.invalid_values} == {("first_name",), ("last_name",), ("email",)}
    assert list(nothing({"properties": {}})) == []


def test_parameters_are_broken_in_three_rounds_and_can_be_left_alone() -> None:
    operation = CONTRACT.operations["listTickets"]
    asked = list(queries(operation))
    assert len(asked) == 3
    assert {invalid.what for one in asked for invalid in one.invalid_values} >= {"given twice", "empty", "below 1", "above 100", "none of the values"}
    alone_left = [name for one in queries(operation, leaving=frozenset({"page", "limit"})) for name, _ in one.sent]
    assert set(alone_left) == {"status", "department_id"}
