"""Arrays: their items, positional items, and uniqueness."""

from __future__ import annotations

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.normalized_schema import Schema


def compare_arrays(cursor: Cursor, base: Schema, head: Schema) -> None:
    """An element without a place of its own is one of `items`."""
    if base.items or head.items:
        cursor.below("[]").compare(base.items, head.items)
    for place in range(max(len(base.prefix), len(head.prefix))):
        old = base.prefix[place] if place < len(base.prefix) else base.items
        new = head.prefix[place] if place < len(head.prefix) else head.items
        cursor.below(f"[{place}]").compare(old, new)
    if base.unique != head.unique:
        places = base.place("uniqueItems"), head.place("uniqueItems")
        twice = f"an element of {cursor.subject} twice" if cursor.is_part else "an element twice"
        if head.unique:
            cursor.report("unique-items-added", Effect.NARROWS, *places, f"no element of {cursor.subject} may occur twice any more", old=twice)
        else:
            cursor.report("unique-items-removed", Effect.WIDENS, *places, f"an element of {cursor.subject} may occur twice now", new=twice)
