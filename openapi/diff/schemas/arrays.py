"""Arrays: their items, positional items, and uniqueness."""

from __future__ import annotations

from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.normal import Schema
from openapi.diff.schemas.walk import Walk


def compare_arrays(walk: Walk, base: Schema, head: Schema) -> None:
    """An element without a place of its own is one of `items`."""
    if base.items or head.items:
        walk.below("[]").compare(base.items, head.items)
    for place in range(max(len(base.prefix), len(head.prefix))):
        old = base.prefix[place] if place < len(base.prefix) else base.items
        new = head.prefix[place] if place < len(head.prefix) else head.items
        walk.below(f"[{place}]").compare(old, new)
    if base.unique != head.unique:
        places = base.place("uniqueItems"), head.place("uniqueItems")
        twice = f"an element of {walk.subject} twice" if walk.is_part else "an element twice"
        if head.unique:
            walk.tell("unique-items-added", Effect.NARROWS, *places, f"no element of {walk.subject} may occur twice any more", old=twice)
        else:
            walk.tell("unique-items-removed", Effect.WIDENS, *places, f"an element of {walk.subject} may occur twice now", new=twice)
