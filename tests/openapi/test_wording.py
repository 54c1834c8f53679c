"""Values, counts and patterns as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import inf, nan
from typing import Any

import pytest

from openapi.document import read_document
from openapi.pattern_descriptions import described
from openapi.vocabulary import walk
from openapi.wording import counted, in_json_words, listed, of_a_collection, plural, quoted, shown, singular
from tests.servers import SPEC


class Colour(Enum):
    RED = "red"


VALUES: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (7, "7"),
    (2**70, "1180591620717411303424"),
    (1.5, "1.5"),
    (Decimal("7.50"), "7.50"),
    (inf, "Infinity"),
    (-inf, "-Infinity"),
    (nan, "NaN"),
    ("text", '"text"'),
    ('it\'s "so"', '"it\'s \\"so\\""'),
    ("two\nlines", '"two\\nlines"'),
    ("\x1b[2J\u202e", '"\\u001b[2J\\u202e"'),
    ("\ud800", '"\\ud800"'),
    ([None, True, "a"], '[null, true, "a"]'),
    ((1, 2), "[1, 2]"),
    ({"b"}, '["b"]'),
    ({"a": None, 1: {"b": False}}, '{"a": null, "1": {"b": false}}'),
    (Colour.RED, '"red"'),
    (datetime(2024, 1, 15, 10, tzinfo=UTC), '"2024-01-15T10:00:00Z"'),
    (date(2024, 1, 15), '"2024-01-15"'),
    (b"bytes", '"bytes"'),
    ("x" * 500, f'"{"x" * 198}…'),
]


@pytest.mark.parametrize(("value", "text"), VALUES, ids=[text[:20] for _, text in VALUES])
def test_a_value_is_shown_as_json_writes_it(value: Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("port", "'port'"),
        ("it's", "'it's'"),
        ("C:\\x", "'C:\\x'"),
        ("a\nb", "'a\\nb'"),
        (None, "null"),
        (True, "true"),
        ([None], "[null]"),
        ({}, "{}"),
    ],
)
def test_a_name_stands_in_quotes_and_what_is_none_as_json(value: Any, text: str) -> None:
    assert quoted(value) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "request", "0 requests"),
        (1, "request", "1 request"),
        (2, "request", "2 requests"),
        (1, "entry", "1 entry"),
        (3, "entry", "3 entries"),
        (2, "day", "2 days"),
        (2, "box", "2 boxes"),
        (2, "whole write", "2 whole writes"),
        (2, "person", "2 people"),
    ],
)
def test_a_count_agrees_with_what_is_counted(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("invoices", "invoice"), ("categories", "category"), ("movies", "movie"), ("addresses", "address"), ("statuses", "status"), ("boxes", "box"),
        ("houses", "house"), ("people", "person"), ("children", "child"), ("taxes", "tax"), ("line-items", "line-item"), ("days", "day"),
    ],
)  # fmt: skip
def test_a_plural_and_its_singular_find_each_other(many: str, one: str) -> None:
    assert (singular(many), plural(one)) == (one, many)


@pytest.mark.parametrize("noun", ["staff", "news", "series", "data", "status"])
def test_what_is_no_plural_is_counted_as_objects(noun: str) -> None:
    assert [of_a_collection(number, noun) for number in (1, 2)] == [f"one object of {noun}", f"2 objects of {noun}"]


def test_words_are_listed_with_one_conjunction() -> None:
    assert [listed("abc"[:number], "and") for number in range(4)] == ["nothing", "a", "a and b", "a, b and c"]


def test_types_of_python_are_told_as_json_calls_them() -> None:
    assert in_json_words("Expected `str | null`, got `int` - at `$.format`") == "Expected a text or null, got a whole number at format"
    assert in_json_words("Object contains unknown field `int`") == "Object contains unknown field 'int'"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"^\d+$", "must be one or more digits"),
        (r"^[A-Z]{2,4}$", "must be 2 to 4 capital letters"),
        (r"^[a-z0-9-]*$", "must hold only small letters, digits or hyphens"),
        (r"^INV-[0-9]{4}-[0-9]{3,}$", "must be 'INV-', 4 digits, '-', then at least 3 digits"),
        (r"^\+[0-9]{6,15}$", "must be '+', then 6 to 15 digits"),
        (r"^[A-Z0-9]$", "must be one capital letter or digit"),
        (r"^#?[0-9]$", "must be at most '#', then one digit"),
        (r"^[A-Za-z_]\w*$", "must be one letter or underscore, then any number of letters, digits or underscores"),
    ],
)
def test_a_simple_pattern_has_words(pattern: str, words: str) -> None:
    assert described(pattern) == words


@pytest.mark.parametrize("pattern", ["^(a|b)$", "abc", "^a", "a$", "^[^x]+$", "^.{3}$", r"^\p{L}+$", "^[", "^(?=a)a$", r"^a\$", "^[!-~]*$", "^[]a]$"])
def test_a_pattern_beyond_words_is_not_guessed_at(pattern: str) -> None:
    assert described(pattern) is None


@pytest.mark.parametrize("file", ["api-v2.yaml", "control.yaml"])
def test_every_pattern_of_our_own_documents_has_words(file: str) -> None:
    nodes = walk(read_document(SPEC.with_name(file)))
    patterns = {node["pattern"] for kind, _, node in nodes if kind == "schema" and "pattern" in node}
    assert len(patterns) >= 3
    assert [pattern for pattern in patterns if described(pattern) is None or "[" in str(described(pattern))] == []
