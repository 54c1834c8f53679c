"""What a scenario writes for the first objects: as it stands, or until a field is full."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import StartError
from sandbox.seeding.fixed_objects import written_out

TEXT = {"type": "string", "maxLength": 7}
LINE = {"type": "object", "properties": {"words": TEXT, "number": {"type": "integer"}}}


@pytest.mark.parametrize("value", ["text", 5, 1.5, True, None, [1, 2], {"words": "text"}])
def test_what_fills_nothing_stands_as_it_is(value: Any) -> None:
    assert written_out(value, LINE) == value


@pytest.mark.parametrize(
    ("part", "whole"), [("ab", "abababa"), ("abcdefgh", "abcdefg"), ("\U0001f4a9", "\U0001f4a9" * 7)], ids=["short", "too long", "emoji"]
)
def test_a_text_fills_its_field_as_far_as_the_contract_allows(part: str, whole: str) -> None:
    assert written_out({"words": {"fill": part}}, LINE) == {"words": whole}


def test_a_list_fills_its_field_and_so_does_what_is_in_it() -> None:
    schema = {"type": "array", "maxItems": 3, "items": LINE}
    assert written_out({"fill": [{"words": {"fill": "x"}}, {"number": 2}]}, schema) == [{"words": "x" * 7}, {"number": 2}, {"words": "x" * 7}]


def test_without_a_bound_it_stands_there_once() -> None:
    assert written_out({"fill": "ab"}, {"type": "string"}) == "ab"
    assert written_out({"unknown": {"fill": ["ab"]}}, LINE) == {"unknown": ["ab"]}


def test_an_object_may_have_a_field_of_that_name() -> None:
    assert written_out({"fill": "red"}, {"type": "object", "properties": {"fill": TEXT}}) == {"fill": "red"}


@pytest.mark.parametrize("part", [5, "", [], {"a": 1}, None])
def test_nothing_else_fills_a_field(part: Any) -> None:
    with pytest.raises(StartError, match="A scenario can fill a field with a text or a list that is repeated, but not with"):
        written_out({"words": {"fill": part}}, LINE)
