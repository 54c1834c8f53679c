"""Who is hurt and how, in words that need no manual."""

from __future__ import annotations

from typing import Any

import pytest

from openapi.diff.changes import Change, Level
from openapi.schemas import Direction
from tests.openapi.diff.schema_pairs import compare, document

STRING = {"type": "string"}


def told(base: Any, head: Any, direction: Direction = Direction.REQUEST, path: str = "") -> list[Change]:
    return compare(document(base), document(head), direction, path)


def of(name: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: schema}, **more}


def test_a_property_that_becomes_required() -> None:
    (change,) = told(of("email", STRING), of("email", STRING, required=["email"]))
    assert change.text == "Clients that send no `email` are refused from now on: `email` was optional and is required."
    assert change.path == "request body, email"


def test_a_bound_that_is_tightened() -> None:
    (change,) = told(of("name", {"type": "string", "maxLength": 20}), of("name", {"type": "string", "maxLength": 10}))
    assert change.text == "Clients that send `name` longer than 10 characters are refused from now on: `maxLength` of `name` was 20 and is 10."


def test_a_value_that_an_answer_may_hold_now() -> None:
    (change,) = told(of("status", {"enum": ["Paid"]}), of("status", {"enum": ["Paid", "Void"]}), Direction.ANSWER)
    assert change.level is Level.WARNING
    assert change.text == (
        'Clients may receive "Void" as `status` from now on, and one that handles only what it knew so far may go wrong: '
        '"Void" is new among the values of `status`.'
    )


def test_a_property_that_is_renamed() -> None:
    gone, come = told(of("role", STRING), of("newRole", STRING))
    assert "renamed to `newRole`" in gone.text
    assert (gone.path, come.path) == ("request body, role", "request body, newRole")


def test_a_proof_shows_its_value() -> None:
    (change,) = told({"type": "string", "pattern": "^(red|green)$"}, {"type": "string", "pattern": "^(red|blue)$"})
    assert 'such as "green"' in change.text


def test_what_cannot_be_decided_says_so() -> None:
    (change,) = told({"type": "string", "pattern": r"^\p{L}+$"}, {"type": "string", "pattern": r"^\p{N}+$"})
    assert change.level is Level.WARNING
    assert "cannot be decided" in change.text


def test_a_place_deep_within_is_named_on_the_direction() -> None:
    lists = [of("items", {"type": "array", "items": of("qty", {"type": "integer", "maximum": most})}) for most in (9, 5)]
    (change,) = told(*lists)
    assert change.path == "request body, items[].qty"
    assert "`qty` above 5" in change.text


def test_an_alternative_is_named_in_the_path() -> None:
    pairs = [{"oneOf": [{"title": "Dog", **of("name", STRING)}, {"type": "string", "maxLength": most}]} for most in (9, 5)]
    (change,) = told(*pairs)
    assert change.path == "request body, as a string"


def test_a_shared_part_is_told_of_wherever_it_stands() -> None:
    parts = [{"Part": of("size", {"type": "integer", "maximum": most})} for most in (9, 5)]
    whole = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Part"}}}
    changes = compare(document(whole, parts[0]), document(whole, parts[1]), Direction.REQUEST)
    assert [change.path for change in changes] == ["request body, a.size"]
    assert changes[0].base is not None
    assert changes[0].base.pointer == "/components/schemas/Part/properties/size/maximum"


@pytest.mark.parametrize(("base", "head", "level"), [("x", "y", Level.BREAKING), ("x", None, Level.BREAKING)])
def test_the_default_of_a_parameter_is_what_a_client_asks_for_by_leaving_it_out(base: str, head: str | None, level: Level) -> None:
    schemas = [{"type": "string"} | ({} if value is None else {"default": value}) for value in (base, head)]
    (change,) = told(*schemas, path="query parameter sort")
    assert change.level is level
    assert "`sort`" in change.text


def test_in_an_address_a_text_holds_a_number_too() -> None:
    (wider,) = told({"type": "integer"}, STRING, path="query parameter id")
    (narrower,) = told(STRING, {"type": "integer"}, path="query parameter id")
    assert (wider.level, narrower.level) == (Level.INFO, Level.BREAKING)


def test_how_a_value_is_written_as_xml_matters_where_xml_travels() -> None:
    pair = of("a", STRING), of("a", {**STRING, "xml": {"attribute": True}})
    (change,) = told(*pair, path="request body as application/xml")
    assert change.level is Level.BREAKING


SENTENCES: list[tuple[Any, Any, Direction, str, str]] = [
    (
        {**STRING, "default": "a"},
        {**STRING, "default": "b"},
        Direction.REQUEST,
        "query parameter category",
        'Clients that leave out `category` get another value from now on: the default of `category` was "a" and is "b".',
    ),
    (
        of("sort", STRING),
        of("sort", {**STRING, "default": "b"}),
        Direction.REQUEST,
        "",
        'Clients that leave out `sort` are not refused, but it may mean another value from now on: `sort` had no default, and has "b" now.',
    ),
    (
        of("phone", STRING),
        of("a", {"type": "null"}),
        Direction.ANSWER,
        "",
        "Clients that rely on `phone` no longer find it: it was optional and is gone.",
    ),
    (
        of("status", {**STRING, "readOnly": True, "enum": ["a"]}),
        of("status", {**STRING, "readOnly": True, "enum": ["a", "b"]}),
        Direction.REQUEST,
        "",
        '`status` is read-only, so no client sends it: nobody is hurt ("b" is new among the values of `status`).',
    ),
    (
        of("kind", STRING),
        of("kind", {**STRING, "enum": ["a", "b"]}),
        Direction.REQUEST,
        "",
        'Clients that send anything else as `kind` are refused from now on: `kind` was free, and has to be "a" or "b" now.',
    ),
    (
        of("id", {"oneOf": [STRING, {"type": "integer"}]}),
        of("id", {"type": "integer"}),
        Direction.REQUEST,
        "",
        "Clients that send a string as `id` are refused from now on: `id` was a string or an integer, and is an integer now.",
    ),
    (
        of("oldField", {**STRING, "description": "a"}),
        of("oldField", {**STRING, "description": "b"}),
        Direction.ANSWER,
        "",
        "Nobody is hurt: the description of `oldField` changed.",
    ),
    (
        {"type": "integer", "maximum": 20},
        {"type": "integer", "maximum": 15},
        Direction.REQUEST,
        "",
        "Clients that send a request body above 15 are refused from now on: `maximum` of the request body was 20 and is 15.",
    ),
]


@pytest.mark.parametrize(("base", "head", "direction", "path", "sentence"), SENTENCES, ids=[str(number) for number in range(len(SENTENCES))])
def test_a_sentence_is_understood_without_a_manual(base: Any, head: Any, direction: Direction, path: str, sentence: str) -> None:
    assert sentence in [change.text for change in told(base, head, direction, path)]
