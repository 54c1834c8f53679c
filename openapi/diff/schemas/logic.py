"""`not`, `if`, what depends on another property, and the keywords that hold one schema for all names, elements or leftovers."""

from __future__ import annotations

from openapi.diff.changes import Way
from openapi.diff.inclusion import counterexample
from openapi.diff.schemas.bounds import kebab
from openapi.diff.schemas.effects import Effect, reversed_effect, together
from openapi.diff.schemas.normal import Parts, Schema
from openapi.diff.schemas.sameness import written
from openapi.diff.schemas.walk import Walk
from openapi.diff.schemas.words import listed, shown
from openapi.diff.tree import Node

_CONSTRAINS = {
    "contains": "an element of the list has to fit a schema",
    "propertyNames": "the names of the properties have to fit a schema",
    "unevaluatedItems": "elements that no schema speaks of have to fit one",
    "unevaluatedProperties": "properties that no schema speaks of have to fit one",
    "contentSchema": "what is written in the text has to fit a schema",
}


def compare_logic(walk: Walk, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """Keyword by keyword."""
    for word, what in _CONSTRAINS.items():
        _compare_single(walk, word, what, one, other)
    _compare_nots(walk, one, other)
    _compare_conditions(walk, base, head, one, other)
    _compare_dependent(walk, one, other)


def _compare_single(walk: Walk, word: str, what: str, base: Schema, head: Schema) -> None:
    old, new = base.single.get(word), head.single.get(word)
    places, name = (base.place(word), head.place(word)), kebab(word)
    if old is None and new is not None:
        walk.tell(f"{name}-added", Effect.NARROWS, *places, f"{what} now (`{word}`)", old=f"{walk.subject} that does not fit `{word}`")
    elif new is None and old is not None:
        walk.tell(f"{name}-removed", Effect.WIDENS, *places, f"no longer: {what} (`{word}`)", new=f"{walk.subject} that does not fit `{word}`")
    elif old is not None and new is not None and not walk.same(old, new):
        effect = together(walk.effects(old, new))
        if effect is not Effect.NONE and word == "contains" and "maxContains" in {*base.bounds, *head.bounds}:
            effect = Effect.UNDECIDED
        told = f"`{word}` of {walk.subject} changed"
        outside = f"{walk.subject} that does not fit its `{word}`"
        walk.tell(f"{name}-changed", effect, *places, told, old=outside, new=outside)


def _compare_nots(walk: Walk, base: Schema, head: Schema) -> None:
    places = base.place("not"), head.place("not")
    old = [parts for parts in base.nots if not any(walk.same(parts, one) for one in head.nots)]
    new = [parts for parts in head.nots if not any(walk.same(parts, one) for one in base.nots)]
    outside = f"{walk.subject} that fits the schema in `not`"
    if len(old) == len(new) == 1:
        effect = reversed_effect(together(walk.effects(old[0], new[0])))
        walk.tell("not-changed", effect, *places, "what is refused by `not` changed", old=outside, new=outside)
    elif new and old:
        walk.tell("not-changed", Effect.UNDECIDED, *places, "what is refused by `not` changed")
    elif new:
        walk.tell("not-added", Effect.NARROWS, *places, "what fits the schema in `not` is refused now", old=outside)
    elif old:
        walk.tell("not-removed", Effect.WIDENS, *places, "what fits the schema in `not` is no longer refused", new=outside)


def _compare_conditions(walk: Walk, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    old, new = (_texts(schema.conditions) for schema in (one, other))
    if old == new and _same_conditions(walk, one, other):
        return
    places = one.place("if"), other.place("if")
    outside = f"{walk.subject} that does not fit `then` and `else`"
    if not old:
        walk.tell("condition-added", Effect.NARROWS, *places, "what has to fit depends on an `if` now", old=outside)
    elif not new:
        walk.tell("condition-removed", Effect.WIDENS, *places, "what has to fit no longer depends on an `if`", new=outside)
    else:
        sent = walk.way is Way.REQUEST
        found = counterexample(walk, base if sent else head, head if sent else base)
        effect = Effect.UNDECIDED if found is None else Effect.CHANGES
        example = f"{walk.subject} such as {shown(found.value)}" if found is not None else ""
        doubt = "Whether it hurts cannot be decided: no value was found that was allowed on one side alone."
        walk.tell("condition-changed", effect, *places, "`if`, `then` or `else` changed", old=example, new=example, doubt=doubt)


def _texts(conditions: list[Node]) -> list[list[str]]:
    return sorted([written(node.value.get(word)) for word in ("if", "then", "else")] for node in conditions)


def _same_conditions(walk: Walk, one: Schema, other: Schema) -> bool:
    pairs = zip(one.conditions, other.conditions, strict=True)
    return all(_same_part(walk, old.get(word), new.get(word)) for old, new in pairs for word in ("if", "then", "else"))


def _same_part(walk: Walk, old: Node | None, new: Node | None) -> bool:
    return walk.same((old,), (new,)) if old is not None and new is not None else old is new


def _compare_dependent(walk: Walk, base: Schema, head: Schema) -> None:
    for name in sorted({*base.dependent_required, *head.dependent_required}):
        old, new = base.dependent_required.get(name, set()), head.dependent_required.get(name, set())
        places = base.place("dependentRequired"), head.place("dependentRequired")
        if new - old:
            told = listed([f"`{one}`" for one in sorted(new - old)])
            walk.tell("dependent-required-added", Effect.NARROWS, *places, f"with `{name}`, {told} must be there too", old=f"`{name}` without {told}")
        if old - new:
            told = listed([f"`{one}`" for one in sorted(old - new)])
            walk.tell("dependent-required-removed", Effect.WIDENS, *places, f"`{name}` may stand without {told} now", new=f"`{name}` without {told}")
    for name in sorted({*base.dependent_schemas, *head.dependent_schemas}):
        _compare_dependent_schema(walk, name, base, head)


def _compare_dependent_schema(walk: Walk, name: str, base: Schema, head: Schema) -> None:
    old, new = base.dependent_schemas.get(name), head.dependent_schemas.get(name)
    places = base.place("dependentSchemas"), head.place("dependentSchemas")
    outside = f"`{name}` with anything else"
    if old is None:
        walk.tell("dependent-schema-added", Effect.NARROWS, *places, f"an object with `{name}` has to fit a schema of its own now", old=outside)
    elif new is None:
        walk.tell("dependent-schema-removed", Effect.WIDENS, *places, f"an object with `{name}` has no schema of its own any more", new=outside)
    elif not walk.same(old, new):
        effect = together(walk.effects(old, new))
        walk.tell("dependent-schema-changed", effect, *places, f"the schema of an object with `{name}` changed", old=outside, new=outside)
