"""`oneOf` and `anyOf`: which alternatives correspond, were added, removed, wrapped or unwrapped."""

from __future__ import annotations

from openapi.diff.changes import Way
from openapi.diff.schemas.effects import Effect, safe
from openapi.diff.schemas.inclusion import counterexample, holds
from openapi.diff.schemas.matching import label, pair_up
from openapi.diff.schemas.normal import NOTES, Parts, Schema, Union
from openapi.diff.schemas.types import compare_null
from openapi.diff.schemas.walk import Walk
from openapi.diff.schemas.words import listed, shown


def compare_alternatives(walk: Walk, base: Parts, head: Parts, one: Schema, other: Schema) -> bool:
    """Whether the schemas were compared as wholes, since one side is plain and the other one of several."""
    if not one.unions and not other.unions:
        return False
    if not one.unions and _bare(other):
        if only := _only(other):
            walk.compare(base, only)
            return True
        _wrapped(walk, base, head, one, other)
        return True
    if not other.unions and _bare(one):
        if only := _only(one):
            walk.compare(only, head)
            return True
        _unwrapped(walk, base, head, one, other)
        return True
    for old, new in zip(one.unions, other.unions, strict=False):
        _compare_unions(walk, base, head, old, new, one, other)
    for union in other.unions[len(one.unions) :]:
        _union_added(walk, base, head, one, union)
    for union in one.unions[len(other.unions) :]:
        what = f"{walk.subject} need not be {_names(walk, union)} any more"
        walk.tell("alternatives-removed", Effect.WIDENS, union.node, other.node, what, new=f"{walk.some} that is none of them")
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


def _names(walk: Walk, union: Union) -> str:
    return listed([label(walk, parts) for parts in union.alternatives], "or")


def _wrapped(walk: Walk, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """What was one thing is one of several now."""
    union = other.unions[0]
    what = f"{walk.subject} was {label(walk, base)}, and is {_names(walk, union)} now"
    compare_null(walk, one, other)
    if walk.way is Way.REQUEST:
        fits = any(safe(walk.effects(base, parts), Way.REQUEST) for parts in union.alternatives) or _covers(walk, head, union, one)
        found = counterexample(walk, base, head)
        effect = Effect.CHANGES if found else Effect.WIDENS if fits else Effect.UNDECIDED
        example = f"{walk.some} such as {shown(found.value)}" if found else ""
        walk.tell("alternatives-wrapped", effect, one.node, union.node, what, old=example, new="the other alternatives", doubt=_DOUBT)
        return
    strange = [parts for parts in union.alternatives if not safe(walk.effects(base, parts), Way.ANSWER)]
    effect = Effect.WIDENS if strange else Effect.NARROWS
    fresh = listed([label(walk, parts) for parts in strange], "or") + (f" as {walk.subject}" if walk.is_part else "")
    walk.tell("alternatives-wrapped", effect, one.node, union.node, what, old="anything else", new=fresh)


def _unwrapped(walk: Walk, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """What was one of several is one thing now."""
    union = one.unions[0]
    what = f"{walk.subject} was {_names(walk, union)}, and is {label(walk, head)} now"
    compare_null(walk, one, other)
    if walk.way is Way.REQUEST:
        lost = [parts for parts in union.alternatives if not safe(walk.effects(parts, head), Way.REQUEST)]
        effect = Effect.NARROWS if lost else Effect.WIDENS
        gone = listed([label(walk, parts) for parts in lost], "or") + (f" as {walk.subject}" if walk.is_part else "")
        walk.tell("alternatives-unwrapped", effect, union.node, other.node, what, old=gone, new="what fits several of them")
        return
    fits = any(safe(walk.effects(parts, head), Way.ANSWER) for parts in union.alternatives) or _covers(walk, base, union, other)
    found = counterexample(walk, head, base)
    effect = Effect.CHANGES if found else Effect.NARROWS if fits else Effect.UNDECIDED
    example = f"{walk.some} such as {shown(found.value)}" if found else ""
    walk.tell("alternatives-unwrapped", effect, union.node, other.node, what, old="the other alternatives", new=example, doubt=_DOUBT)


def _covers(walk: Walk, whole: Parts, union: Union, plain: Schema) -> bool:
    """Whether alternatives surely hold all that a plain schema allows: its few values, or each of its bare types."""
    if plain.values is not None:
        return holds(walk, whole, plain.values)
    types = _bare_types(plain)
    held = [_bare_types(walk.read(parts)) for parts in union.alternatives]
    if not types or not all(held) or (union.word == "oneOf" and not _apart(walk, union)):
        return False
    return types <= frozenset().union(*held)


def _bare_types(schema: Schema) -> frozenset[str]:
    """The types of a schema that says nothing else; none where it says more."""
    return schema.types if schema.types is not None and schema.places.keys() <= {"type", "nullable", *NOTES} and not schema.unions else frozenset()


_DOUBT = "Whether it hurts cannot be decided: no value was found that was allowed on one side alone."


def _union_added(walk: Walk, base: Parts, head: Parts, one: Schema, union: Union) -> None:
    found = counterexample(walk, base, head)
    effect = Effect.NARROWS if found or walk.way is Way.ANSWER else Effect.UNDECIDED
    example = f"{walk.some} such as {shown(found.value)}" if found else f"{walk.some} that is none of them"
    what = f"{walk.subject} has to be {_names(walk, union)} now"
    walk.tell("alternatives-added", effect, one.node, union.node, what, old=example, doubt=_DOUBT)


def _compare_unions(walk: Walk, base: Parts, head: Parts, old: Union, new: Union, one: Schema, other: Schema) -> None:
    pairs, gone, fresh = pair_up(walk, old, new, one, other)
    for before, after in pairs:
        walk.below(f" as {label(walk, after)}").compare(before, after)
    lost = False
    for parts in gone:
        covered = any(safe(walk.effects(parts, rest), Way.REQUEST) for rest in new.alternatives)
        lost = lost or not covered
        name = label(walk, parts)
        what = f"{name} is no longer an alternative of {walk.subject}" + (", but another one holds all of it" if covered else "")
        walk.tell("alternative-removed", Effect.NONE if covered else Effect.NARROWS, parts[0], new.node, what, old=f"{name} as {walk.subject}")
    for parts in fresh:
        covered = any(safe(walk.effects(rest, parts), Way.ANSWER) for rest in old.alternatives)
        name = label(walk, parts)
        what = f"{name} is a new alternative of {walk.subject}" + (", and another one held all of it" if covered else "")
        walk.tell("alternative-added", Effect.NONE if covered else Effect.WIDENS, old.node, parts[0], what, new=f"{name} as {walk.subject}")
    if old.word != new.word:
        _compare_words(walk, base, head, old, new)
    elif new.word == "oneOf" and walk.way is Way.REQUEST and not lost:
        _compare_overlap(walk, base, head, pairs, old, new)


def _compare_words(walk: Walk, base: Parts, head: Parts, old: Union, new: Union) -> None:
    now, before = ("at least one", "exactly one") if new.word == "anyOf" else ("exactly one", "at least one")
    what = f"{walk.subject} has to fit {now} of its alternatives, where it was {before}"
    several = f"{walk.some} that fits several of its alternatives"
    if _apart(walk, old) and _apart(walk, new):
        walk.tell("alternatives-kind-changed", Effect.NONE, old.node, new.node, what + ", and nothing fits two of them")
        return
    if new.word == "anyOf":
        walk.tell("alternatives-kind-changed", Effect.LOOSENS, old.node, new.node, what, new=several)
        return
    found = counterexample(walk, base, head) if walk.way is Way.REQUEST else None
    effect = Effect.NARROWS if found or walk.way is Way.ANSWER else Effect.UNDECIDED
    walk.tell(
        "alternatives-kind-changed",
        effect,
        old.node,
        new.node,
        what,
        old=f"{several}, such as {shown(found.value)}" if found else several,
        doubt=_DOUBT,
    )


def _apart(walk: Walk, union: Union) -> bool:
    """Whether no two alternatives share a type."""
    types = [walk.read(parts).types for parts in union.alternatives]
    return all(one and other and not one & other for place, one in enumerate(types) for other in types[:place])


def _compare_overlap(walk: Walk, base: Parts, head: Parts, pairs: list[tuple[Parts, Parts]], old: Union, new: Union) -> None:
    """A wider or new alternative may take what another one takes already, and `oneOf` then refuses it."""
    if walk.is_trial or _apart(walk, new) or not all(safe(walk.effects(before, after), Way.REQUEST) for before, after in pairs):
        return
    found = counterexample(walk, base, head)
    if found:
        what = f"{shown(found.value)} fitted one alternative of {walk.subject} and now fits another one too"
        doubt = "Servers that hold to `oneOf` refuse it; whether this one does cannot be decided."
        walk.tell("alternatives-overlap", Effect.UNDECIDED, old.node, new.node, what, doubt=doubt)
