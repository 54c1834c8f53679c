"""Goes through two schemas side by side.

Pairs wait in a queue instead of on Python's stack, and each is looked at once in a comparison: cycles end, and depth costs nothing.
What a place holds is worked out once for a pair of documents, and told wherever an operation leads to it.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from openapi.diff.changes import Level
from openapi.diff.schemas.comparers import compare_pair
from openapi.diff.schemas.comparison import ANY_WHOLE, PART, WHOLE, Comparison, Cursor
from openapi.diff.schemas.effects import Effect, Finding
from openapi.diff.schemas.normalized_schema import Parts, identity

_MOST = 1500
"""How many pairs a trial looks at."""


class _Pair(NamedTuple):
    trail: str
    muted: str
    base: Parts
    head: Parts
    number: int


class _Here(NamedTuple):
    found: list[Finding]
    below: list[_Pair]


def traverse(cursor: Cursor, base: Parts, head: Parts) -> None:
    """Compares two schemas and all below them."""
    if cursor.same(base, head):
        return
    comparison, seen = cursor.comparison, cursor.comparison.seen
    kind = (cursor.direction, cursor.is_parameter, cursor.is_trial, "xml" in comparison.context.path, comparison.context.always)
    waiting = deque([_Pair(cursor.trail, cursor.muted, base, head, _number(cursor, base, head))])
    while waiting:
        pair = waiting.popleft()
        if (pair.number, pair.muted) in seen:
            continue
        seen.add((pair.number, pair.muted))
        if cursor.is_trial and _enough(comparison):
            return
        found, below = _here(cursor, pair, kind)
        if found:
            place = Cursor(comparison, pair.trail, pair.muted, cursor.name)
            subject, some = place.subject, place.some
            comparison.found += [_placed(pair.trail, subject, some, finding) for finding in found]
        waiting += [_Pair(pair.trail + trail, muted, old, new, number) for trail, muted, old, new, number in below if (number, muted) not in seen]


def _number(cursor: Cursor, base: Parts, head: Parts) -> int:
    """A number for the pair, the same wherever it is met."""
    numbers: dict[Any, int] = cursor.memory.setdefault("numbers", {})
    return numbers.setdefault((identity(base), identity(head)), len(numbers))


def _here(cursor: Cursor, pair: _Pair, kind: tuple[Any, ...]) -> _Here:
    """What differs in this very place, and which pairs lie below it."""
    known: dict[Any, _Here] = cursor.memory.setdefault("pairs", {})
    part = bool(pair.trail) or cursor.is_part
    key = (pair.number, pair.muted, part, kind)
    if key not in known:
        here = Comparison(cursor.comparison.context, cursor.comparison.traverse, depth=cursor.comparison.depth)
        compare_pair(Cursor(here, "", pair.muted, PART if part else WHOLE), pair.base, pair.head)
        differing = [(one.trail, one.muted, old, new) for one, old, new in here.waiting if not cursor.same(old, new)]
        known[key] = _Here(here.found, [_Pair(*one, _number(cursor, one[2], one[3])) for one in differing])
    return known[key]


def _placed(trail: str, subject: str, some: str, one: Finding) -> Finding:
    """What was found, as it is told in a place, which is called by its subject."""
    text = one.text.replace(PART, subject).replace(WHOLE, subject).replace(ANY_WHOLE, some)
    return Finding(one.kind, one.effect, one.level, (trail + one.trail).lstrip(". "), one.base, one.head, text)


def _enough(comparison: Comparison) -> bool:
    """Whether a trial need not go on: each side holds something that the other does not, or there is too much to try."""
    if len(comparison.seen) > _MOST:
        comparison.found.append(Finding("schema-undecided", Effect.UNDECIDED, Level.WARNING, "", None, None, ""))
        return True
    effects = {one.effect for one in comparison.found}
    return Effect.CHANGES in effects or {Effect.NARROWS, Effect.WIDENS} <= effects
