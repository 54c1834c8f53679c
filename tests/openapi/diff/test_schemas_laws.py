"""What must hold for any two schemas; the judge of what is refused is jsonschema-rs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from openapi.diff.changes import Change, Changes, Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.schemas.comparison import Comparison, Cursor
from openapi.diff.schemas.inclusion import counterexample
from openapi.diff.schemas.traversal import traverse
from openapi.parsing.errors import SourceError
from openapi.schemas import Direction
from tests.openapi.diff.schema_edits import Pair, edited_pairs
from tests.openapi.diff.schema_pairs import compare, document

LAWS = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def _law(check: Callable[..., None], whole: bool, *made: st.SearchStrategy[Any]) -> None:
    """What must hold for all that Hypothesis makes: of some pairs, or of many where everything is asked for."""
    settings(LAWS, max_examples=300 if whole else 35)(given(*made)(check))()


def _compared(base: Node, head: Node, direction: Direction) -> list[Change]:
    """A reference that leads back to itself is refused, and says nothing of comparing."""
    try:
        return compare(base, head, direction)
    except (SourceError, KeyError):
        assume(False)
        raise


def test_a_schema_differs_from_its_copy_in_nothing(whole: bool) -> None:
    def check(pair: Pair, direction: Direction) -> None:
        schema, components, *_ = pair
        assert _compared(document(schema, components), document(*copy.deepcopy((schema, components))), direction) == []

    _law(check, whole, edited_pairs(), st.sampled_from(Direction))


def test_a_change_seen_from_one_side_is_seen_from_the_other(whole: bool) -> None:
    def check(pair: Pair, direction: Direction) -> None:
        base, head = document(pair[0], pair[1]), document(pair[2], pair[3])
        assert bool(_compared(base, head, direction)) == bool(_compared(head, base, direction))

    _law(check, whole, edited_pairs(), st.sampled_from(Direction))


def test_where_at_most_info_is_told_no_value_of_the_base_is_refused(whole: bool) -> None:
    def check(pair: Pair) -> None:
        base, head = document(pair[0], pair[1]), document(pair[2], pair[3])
        if all(change.level is Level.INFO for change in _compared(base, head, Direction.REQUEST)):
            cursor = Cursor(Comparison(Context(Changes(), path="request body"), traverse))
            try:
                found = counterexample(cursor, (base,), (head,))
            except SourceError:
                return  # a reference that leads back to itself, where both sides have it
            assert found is None

    _law(check, whole, edited_pairs())


def test_every_sentence_ends_and_names_its_direction(whole: bool) -> None:
    def check(pair: Pair, direction: Direction) -> None:
        for change in _compared(document(pair[0], pair[1]), document(pair[2], pair[3]), direction):
            assert change.text.endswith((".", "..."))
            assert "\0" not in change.text
            assert change.id.startswith(f"{direction.value}-")

    _law(check, whole, edited_pairs(), st.sampled_from(Direction))
