"""`oneOf` and `anyOf`: which alternatives correspond, were added, removed, wrapped or unwrapped."""

from __future__ import annotations

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect, safe
from openapi.diff.schemas.inclusion import counterexample, holds
from openapi.diff.schemas.matching import label, pair_up
from openapi.diff.schemas.normalized_schema import ANNOTATIONS, Parts, Schema, Union
from openapi.diff.schemas.sentences import listed, shown
from openapi.diff.schemas.types import compare_null
from openapi.schemas import Direction


def compare_alternatives(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> bool:
    """Whether the schemas were compared as wholes, since one side is plain and the other one of several."""
    if not one.unions and not other.unions:
        return False
    if not one.unions and _bare(other):
        if only := _only(other):
            cursor.compare(base, only)
            return True
        _wrapped(cursor, base, head, one, other)
        return True
    if not other.unions and _bare(one):
        if only := _only(one):
            cursor.compare(only, head)
            return True
        _unwrapped(cursor, base, head, one, other)
        return True
    for old, new in zip(one.unions, other.unions, strict=False):
        _compare_unions(cursor, base, head, old, new, one, other)
    for union in other.unions[len(one.unions) :]:
        _union_added(cursor, base, head, one, union)
    for union in one.unions[len(other.unions) :]:
        what = f"{cursor.subject} need not be {_names(cursor, union)} any more"
        cursor.report("alternatives-removed", Effect.WIDENS, union.node, other.node, what, new=f"{cursor.some} that is none of them")
    return False


def _bare(schema: Schema) -> bool:
    """Whether it is alternatives and nothing else that constrains."""
    said = (schema.types, schema.values, schema.bounds, schema.steps, schema.patterns, schema.formats, schema.properties, schema.required)
    more = (schema.additional, schema.items, schema.prefix, schema.single, schema.nots, schema.conditions, schema.pattern_properties)
    return len(schema.unions) == 1 and not any(said) and not any(more)


def _only(schema: Schema) -> Parts:
    """The one alternative where there is no other, which is then no alternative; nothing where there are several."""
    alternatives = schema.unions[0].alternatives
    return alternatives[0] if len(alternatives) == 1 and not schema.nullable else ()


def _names(cursor: Cursor, union: Union) -> str:
    return listed([label(cursor, parts) for parts in union.alternatives], "or")


def _wrapped(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """What was one thing is one of several now."""
    union = other.unions[0]
    what = f"{cursor.subject} was {label(cursor, base)}, and is {_names(cursor, union)} now"
    compare_null(cursor, one, other)
    if cursor.direction is Direction.REQUEST:
        fits = any(safe(cursor.effects(base, parts), Direction.REQUEST) for parts in union.alternatives) or _covers(cursor, head, union, one)
        found = counterexample(cursor, base, head)
        effect = Effect.CHANGES if found else Effect.WIDENS if fits else Effect.UNDECIDED
        example = f"{cursor.some} such as {shown(found.value)}" if found else ""
        cursor.report("alternatives-wrapped", effect, one.node, union.node, what, old=example, new="the other alternatives", doubt=_DOUBT)
        return
    strange = [parts for parts in union.alternatives if not safe(cursor.effects(base, parts), Direction.ANSWER)]
    effect = Effect.WIDENS if strange else Effect.NARROWS
    fresh = listed([label(cursor, parts) for parts in strange], "or") + (f" as {cursor.subject}" if cursor.is_part else "")
    cursor.report("alternatives-wrapped", effect, one.node, union.node, what, old="anything else", new=fresh)


def _unwrapped(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """What was one of several is one thing now."""
    union = one.unions[0]
    what = f"{cursor.subject} was {_names(cursor, union)}, and is {label(cursor, head)} now"
    compare_null(cursor, one, other)
    if cursor.direction is Direction.REQUEST:
        lost = [parts for parts in union.alternatives if not safe(cursor.effects(parts, head), Direction.REQUEST)]
        effect = Effect.NARROWS if lost else Effect.WIDENS
        gone = listed([label(cursor, parts) for parts in lost], "or") + (f" as {cursor.subject}" if cursor.is_part else "")
        cursor.report("alternatives-unwrapped", effect, union.node, other.node, what, old=gone, new="what fits several of them")
        return
    fits = any(safe(cursor.effects(parts, head), Direction.ANSWER) for parts in union.alternatives) or _covers(cursor, base, union, other)
    found = counterexample(cursor, head, base)
    effect = Effect.CHANGES if found else Effect.NARROWS if fits else Effect.UNDECIDED
    example = f"{cursor.some} such as {shown(found.value)}" if found else ""
    cursor.report("alternatives-unwrapped", effect, union.node, other.node, what, old="the other alternatives", new=example, doubt=_DOUBT)


def _covers(cursor: Cursor, whole: Parts, union: Union, plain: Schema) -> bool:
    """Whether alternatives surely hold all that a plain schema allows: its few values, or each of its bare types."""
    if plain.values is not None:
        return holds(cursor, whole, plain.values)
    types = _bare_types(plain)
    held = [_bare_types(cursor.read(parts)) for parts in union.alternatives]
    if not types or not all(held) or (union.word == "oneOf" and not _apart(cursor, union)):
        return False
    return types <= frozenset().union(*held)


def _bare_types(schema: Schema) -> frozenset[str]:
    """The types of a schema that says nothing else; none where it says more."""
    says_more = schema.unions or not schema.places.keys() <= {"type", "nullable", *ANNOTATIONS}
    return frozenset() if schema.types is None or says_more else schema.types


_DOUBT = "Whether it hurts cannot be decided: no value was found that was allowed on one side alone."


def _union_added(cursor: Cursor, base: Parts, head: Parts, one: Schema, union: Union) -> None:
    found = counterexample(cursor, base, head)
    effect = Effect.NARROWS if found or cursor.direction is Direction.ANSWER else Effect.UNDECIDED
    example = f"{cursor.some} such as {shown(found.value)}" if found else f"{cursor.some} that is none of them"
    what = f"{cursor.subject} has to be {_names(cursor, union)} now"
    cursor.report("alternatives-added", effect, one.node, union.node, what, old=example, doubt=_DOUBT)


def _compare_unions(cursor: Cursor, base: Parts, head: Parts, old: Union, new: Union, one: Schema, other: Schema) -> None:
    pairs, gone, fresh = pair_up(cursor, old, new, one, other)
    for before, after in pairs:
        cursor.below(f" as {label(cursor, after)}").compare(before, after)
    lost = False
    for parts in gone:
        covered = any(safe(cursor.effects(parts, rest), Direction.REQUEST) for rest in new.alternatives)
        lost = lost or not covered
        name = label(cursor, parts)
        what = f"{name} is no longer an alternative of {cursor.subject}" + (", but another one holds all of it" if covered else "")
        cursor.report("alternative-removed", Effect.NONE if covered else Effect.NARROWS, parts[0], new.node, what, old=f"{name} as {cursor.subject}")
    for parts in fresh:
        covered = any(safe(cursor.effects(rest, parts), Direction.ANSWER) for rest in old.alternatives)
        name = label(cursor, parts)
        what = f"{name} is a new alternative of {cursor.subject}" + (", and another one held all of it" if covered else "")
        cursor.report("alternative-added", Effect.NONE if covered else Effect.WIDENS, old.node, parts[0], what, new=f"{name} as {cursor.subject}")
    if old.word != new.word:
        _compare_words(cursor, base, head, old, new)
    elif new.word == "oneOf" and cursor.direction is Direction.REQUEST and not lost:
        _compare_overlap(cursor, base, head, pairs, old, new)


def _compare_words(cursor: Cursor, base: Parts, head: Parts, old: Union, new: Union) -> None:
    now, before = ("at least one", "exactly one") if new.word == "anyOf" else ("exactly one", "at least one")
    what = f"{cursor.subject} has to fit {now} of its alternatives, where it was {before}"
    several = f"{cursor.some} that fits several of its alternatives"
    if _apart(cursor, old) and _apart(cursor, new):
        cursor.report("alternatives-kind-changed", Effect.NONE, old.node, new.node, what + ", and nothing fits two of them")
        return
    if new.word == "anyOf":
        cursor.report("alternatives-kind-changed", Effect.LOOSENS, old.node, new.node, what, new=several)
        return
    found = counterexample(cursor, base, head) if cursor.direction is Direction.REQUEST else None
    effect = Effect.NARROWS if found or cursor.direction is Direction.ANSWER else Effect.UNDECIDED
    cursor.report(
        "alternatives-kind-changed",
        effect,
        old.node,
        new.node,
        what,
        old=f"{several}, such as {shown(found.value)}" if found else several,
        doubt=_DOUBT,
    )


def _apart(cursor: Cursor, union: Union) -> bool:
    """Whether no two alternatives share a type."""
    types = [cursor.read(parts).types for parts in union.alternatives]
    return all(one and other and not one & other for place, one in enumerate(types) for other in types[:place])


def _compare_overlap(cursor: Cursor, base: Parts, head: Parts, pairs: list[tuple[Parts, Parts]], old: Union, new: Union) -> None:
    """A wider or new alternative may take what another one takes already, and `oneOf` then refuses it."""
    if cursor.is_trial or _apart(cursor, new) or not all(safe(cursor.effects(before, after), Direction.REQUEST) for before, after in pairs):
        return
    found = counterexample(cursor, base, head)
    if found:
        what = f"{shown(found.value)} fitted one alternative of {cursor.subject} and now fits another one too"
        doubt = "Servers that hold to `oneOf` refuse it; whether this one does cannot be decided."
        cursor.report("alternatives-overlap", Effect.UNDECIDED, old.node, new.node, what, doubt=doubt)
