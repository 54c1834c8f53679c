"""One pair of schemas: which of its keywords are compared, and in which order."""

from __future__ import annotations

from openapi.diff.schemas.alternatives import compare_alternatives
from openapi.diff.schemas.annotations import compare_annotations
from openapi.diff.schemas.arrays import compare_arrays
from openapi.diff.schemas.bounds import compare_bounds, compare_steps
from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.enums import compare_enums
from openapi.diff.schemas.logic import compare_logic
from openapi.diff.schemas.normalized_schema import Parts, Schema
from openapi.diff.schemas.objects import compare_objects
from openapi.diff.schemas.strings import compare_formats, compare_patterns
from openapi.diff.schemas.types import compare_null, compare_types


def compare_pair(cursor: Cursor, base: Parts, head: Parts) -> None:
    """Tells what differs here, and has what lies below compared later."""
    one, other = cursor.read(base), cursor.read(head)
    if one.never or other.never:
        _compare_never(cursor, one, other)
        return
    compare_annotations(cursor, one, other)
    if compare_alternatives(cursor, base, head, one, other):
        return  # it was one thing as a whole
    compare_null(cursor, one, other)
    if not compare_types(cursor, one, other):
        return  # nothing is left in common
    if not compare_enums(cursor, base, head, one, other):
        compare_bounds(cursor, one, other)
        compare_steps(cursor, one, other)
        compare_patterns(cursor, base, head, one, other)
        compare_formats(cursor, one, other)
    compare_arrays(cursor, one, other)
    compare_objects(cursor, one, other)
    compare_logic(cursor, base, head, one, other)


def _compare_never(cursor: Cursor, base: Schema, head: Schema) -> None:
    if base.never and not head.never:
        cursor.report("schema-allowed", Effect.WIDENS, base.never, head.node, "nothing was allowed there, and now something is")
    if head.never and not base.never:
        cursor.report("schema-forbidden", Effect.NARROWS, base.node, head.never, "nothing is allowed there any more")
