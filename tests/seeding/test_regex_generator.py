"""A text made from a pattern matches that pattern, and a pattern beyond the module makes none."""

from __future__ import annotations

import re
from random import Random

import pytest

from sandbox.seeding.regex_generator import text_matching


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}-[0-9]{4}$",
        r"^\+\d{11}$",
        r"^(red|green|blue)$",
        r"^(?:a|bc){2,3}x?$",
        r"^[^\u0000]*$",
        r"^\w+\s\w+$",
        r"^\D\W\S$",
        r"^[\d._-]{3}$",
        r"^[^a-z]{4}$",
        r"^[]a]$".replace("[]", r"[\]"),
        r"^.{5}$",
        r"^a{2,}$",
        r"^a{2}?b*?$",
        r"^\x41\.\n\t$",
        r"^[\x41-\x43]+$",
        r"^$",
        "plain",
    ],
)
def test_a_text_matches_its_pattern(pattern: str) -> None:
    for seed in range(40):
        text = text_matching(pattern, Random(seed))
        assert text is not None
        assert re.search(pattern, text), text


@pytest.mark.parametrize(
    "pattern", ["(?=ahead)", "(?P<name>a)", r"a\b", r"(a)\1", "*a", "a)", "(a", "(a|b", "[a", "a{x}", "a{1", "a{1,x}", "a\\", r"\uzzzz", "a{99999}"]
)
def test_a_pattern_beyond_the_module_makes_no_text(pattern: str) -> None:
    assert text_matching(pattern, Random(1)) is None


def test_every_branch_is_taken_at_some_time() -> None:
    assert {text_matching("a|b|c", Random(seed)) for seed in range(40)} == {"a", "b", "c"}
