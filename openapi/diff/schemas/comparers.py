"""One pair of schemas: which of its keywords are compared, and in which order."""

from __future__ import annotations

from openapi.diff.schemas.alternatives import compare_alternatives
from openapi.diff.schemas.annotations import compare_notes
from openapi.diff.schemas.arrays import compare_arrays
from openapi.diff.schemas.bounds import compare_bounds, compare_steps
from openapi.diff.schemas.comparison import Walk
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.enums import compare_values
from openapi.diff.schemas.logic import compare_logic
from openapi.diff.schemas.normalized_schema import Parts, Schema
from openapi.diff.schemas.objects import compare_objects
from openapi.diff.schemas.strings import compare_formats, compare_patterns
from openapi.diff.schemas.types import compare_null, compare_types


def compare_pair(walk: Walk, base: Parts, head: Parts) -> None:
    """Tells what differs here, and has what lies below compared later."""
    one, other = walk.read(base), walk.read(head)
    if one.never or other.never:
        _compare_never(walk, one, other)
        return
    compare_notes(walk, one, other)
    if compare_alternatives(walk, base, head, one, other):
        return  # it was one thing as a whole
    compare_null(walk, one, other)
    if not compare_types(walk, one, other):
        return  # nothing is left in common
    if not compare_values(walk, base, head, one, other):
        compare_bounds(walk, one, other)
        compare_steps(walk, one, other)
        compare_patterns(walk, base, head, one, other)
        compare_formats(walk, one, other)
    compare_arrays(walk, one, other)
    compare_objects(walk, one, other)
    compare_logic(walk, base, head, one, other)


def _compare_never(walk: Walk, base: Schema, head: Schema) -> None:
    if base.never and not head.never:
        walk.tell("schema-allowed", Effect.WIDENS, base.never, head.node, "nothing was allowed there, and now something is")
    if head.never and not base.never:
        walk.tell("schema-forbidden", Effect.NARROWS, base.node, head.never, "nothing is allowed there any more")
