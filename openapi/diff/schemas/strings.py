"""`pattern` and `format`."""

from __future__ import annotations

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.normalized_schema import Parts, Schema
from openapi.diff.schemas.regex_examples import TRIVIAL, distinguishing, narrower, readable
from openapi.diff.schemas.sentences import listed, shown

_HINTS = frozenset({"password"})
"""Formats that refuse nothing; they tell a form what to show."""
_WITHIN = frozenset(
    {
        ("int32", "int64"), ("float", "double"), ("email", "idn-email"), ("hostname", "idn-hostname"), ("uri", "uri-reference"), ("uri", "iri"),
        ("uri", "iri-reference"), ("iri", "iri-reference"), ("uri-reference", "iri-reference"), ("url", "uri"), ("url", "uri-reference"),
    }
)  # fmt: skip
"""Pairs of which the first holds nothing that the second does not."""


def compare_patterns(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """Whether all that matched still does; two expressions are tried with texts, since nobody can compare them for certain."""
    old, new = one.patterns - TRIVIAL, other.patterns - TRIVIAL
    if old == new:
        return None
    places = one.place("pattern"), other.place("pattern")
    if old < new:
        what = (
            f"{cursor.subject} has to match {_listed(new - old)}, and could be any text before"
            if not old
            else f"{cursor.subject} has to match {_listed(new - old)} too"
        )
        outside = f"{cursor.some} that does not match {_listed(new - old)}"
        return cursor.report("pattern-added", Effect.NARROWS, *places, what, old=outside)
    if new < old:
        what = f"{cursor.subject} need not match {_listed(old - new)} any more"
        return cursor.report("pattern-removed", Effect.WIDENS, *places, what, new=f"{cursor.some} that does not match {_listed(old - new)}")
    return _compare_expressions(cursor, one, other, old, new)


def _compare_expressions(cursor: Cursor, one: Schema, other: Schema, old: set[str], new: set[str]) -> None:
    places = one.place("pattern"), other.place("pattern")
    what = f"the pattern of {cursor.subject} was {_listed(old)} and is {_listed(new)}"
    lost = distinguishing(old, new) if all(map(readable, old | new)) else None
    gained = distinguishing(new, old) if all(map(readable, old | new)) else None
    keeps = len(old) == len(new) == 1 and narrower(*old, *new)
    adds_none = len(old) == len(new) == 1 and narrower(*new, *old)
    if keeps and adds_none:
        return cursor.report("pattern-rewritten", Effect.NONE, *places, what + ", which mean the same")
    doubt = "Whether every text that matched still does cannot be decided: none was found that does not."
    if (lost is not None or keeps) and (gained is not None or adds_none):
        effect = Effect.WIDENS if keeps else Effect.NARROWS if adds_none else Effect.CHANGES
    elif lost is None and gained is None:
        effect = Effect.UNDECIDED
    else:
        hurts = lost is not None if cursor.direction.value == "request" else gained is not None
        effect = Effect.CHANGES if hurts else Effect.UNDECIDED
    new_text, old_text = f"{cursor.some} such as {shown(gained)}", f"{cursor.some} such as {shown(lost)}"
    return cursor.report("pattern-changed", effect, *places, what, old=old_text, new=new_text, doubt=doubt)


def compare_formats(cursor: Cursor, base: Schema, head: Schema) -> None:
    """Formats of which one is known to hold the other, else different ones."""
    old, new = base.formats, head.formats
    if old == new:
        return
    places = base.place("format"), head.place("format")
    what = f"the format of {cursor.subject} was {_listed(old) or 'open'} and is {_listed(new) or 'open'}"
    if (old | new) <= _HINTS:
        effect, kind = Effect.NONE, "format-changed"
    elif old < new:
        effect, kind = Effect.NARROWS, "format-added"
    elif new < old:
        effect, kind = Effect.WIDENS, "format-removed"
    else:
        kind = "format-changed"
        effect = Effect.WIDENS if _within(old, new) else Effect.NARROWS if _within(new, old) else Effect.CHANGES
    cursor.report(
        kind,
        effect,
        *places,
        what,
        old=f"{cursor.some} that is not in the format {_listed(new)}",
        new=f"{cursor.some} that is not in the format {_listed(old)}",
    )


def _within(inner: set[str], outer: set[str]) -> bool:
    return len(inner) == len(outer) == 1 and (next(iter(inner)), next(iter(outer))) in _WITHIN


def _listed(words: set[str]) -> str:
    return listed([f"`{word}`" for word in sorted(words)]) if words else ""
