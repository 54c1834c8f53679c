"""Compares two schemas: which values are valid in a request or a response, before and after."""

from __future__ import annotations

from openapi.diff.changes import Context
from openapi.diff.document_tree import Node
from openapi.diff.schemas.comparison import Comparison, Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.inclusion import counterexample
from openapi.diff.schemas.normalized_schema import Parts, schema_parts
from openapi.diff.schemas.sentences import shown
from openapi.diff.schemas.traversal import traverse
from openapi.schemas import Direction

__all__ = ["compare_schemas"]


_MOST = 40
"""Pairs below which looking for a value is quick, and keywords that act together are likely to be near each other."""
_HURTS = frozenset(Effect) - {Effect.NONE, Effect.WIDENS, Effect.LOOSENS}


def compare_schemas(base: Node | None, head: Node | None, context: Context) -> None:
    """Tells what changed between them; a schema that is not there allows anything. SourceError for a reference to nowhere."""
    comparison = Comparison(context, traverse)
    cursor = Cursor(comparison)
    try:
        traverse(cursor, schema_parts(base), schema_parts(head))
    except RecursionError:
        doubt = "It is nested too deeply to be compared as a whole."
        cursor.report("schema-undecided", Effect.UNDECIDED, base, head, "the schema changed", doubt=doubt)
    _prove(cursor, schema_parts(base), schema_parts(head))
    for one in comparison.found:
        place = context.within(f"{context.path}, {one.trail}" if one.trail and context.path else one.trail or context.path)
        place.report(one.kind, one.level, one.base or base, one.head or head, one.text)


def _prove(cursor: Cursor, base: Parts, head: Parts) -> None:
    """Where each difference by itself is harmless, a value is looked for that is refused all the same, since keywords act together."""
    found = cursor.comparison.found
    if (
        cursor.direction is not Direction.REQUEST
        or cursor.is_parameter
        or not found
        or len(cursor.comparison.seen) > _MOST
        or any(one.effect in _HURTS for one in found)
    ):
        return
    if all(one.effect is Effect.NONE and one.kind.endswith("documentation-changed") for one in found):
        return
    example = counterexample(cursor, base, head)
    if example is not None:
        what = f"{shown(example.value)} was accepted and is refused now, though no change by itself says so"
        doubt = "Whether clients send such a value cannot be decided."
        cursor.report("schema-undecided", Effect.UNDECIDED, base[0] if base else None, head[0] if head else None, what, doubt=doubt)
