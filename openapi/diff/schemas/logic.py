"""`not`, `if`, what depends on another property, and the keywords that hold one schema for all names, elements or leftovers."""

from __future__ import annotations

from openapi.diff.document_tree import Node
from openapi.diff.schemas.bounds import kebab
from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect, reversed_effect, together
from openapi.diff.schemas.equality import written
from openapi.diff.schemas.inclusion import counterexample
from openapi.diff.schemas.normalized_schema import Parts, Schema, schema_parts
from openapi.diff.schemas.sentences import listed, shown
from openapi.schemas import Direction

_CONSTRAINS = {
    "contains": ("the list has to hold an element of a certain kind", "the list need not hold an element of a certain kind"),
    "propertyNames": ("the names of properties have to have a certain form", "the names of properties may have any form"),
    "unevaluatedItems": ("elements that nothing else describes have to fit it", "elements that nothing else describes may be anything"),
    "unevaluatedProperties": ("properties that nothing else describes have to fit it", "properties that nothing else describes may be anything"),
    "contentSchema": ("what is written in the text has to have a certain form", "what is written in the text may have any form"),
}
"""What each says where it is new, and what its end means."""


def compare_logic(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    """Keyword by keyword."""
    for word in _CONSTRAINS:
        _compare_single(cursor, word, one, other)
    _compare_nots(cursor, one, other)
    _compare_conditions(cursor, base, head, one, other)
    _compare_dependent(cursor, one, other)


def _compare_single(cursor: Cursor, word: str, base: Schema, head: Schema) -> None:
    old, new = base.single.get(word), head.single.get(word)
    places, name, (asks, frees) = (base.place(word), head.place(word)), kebab(word), _CONSTRAINS[word]
    outside = f"{cursor.some} that does not fit `{word}`"
    if old is None and new is not None:
        cursor.report(f"{name}-added", Effect.NARROWS, *places, f"`{word}` is new, and {asks}", old=outside)
    elif new is None and old is not None:
        cursor.report(f"{name}-removed", Effect.WIDENS, *places, f"`{word}` is gone, and {frees}", new=outside)
    elif old is not None and new is not None and not cursor.same(old, new):
        effect = together(cursor.effects(old, new))
        if effect is not Effect.NONE and word == "contains" and "maxContains" in {*base.bounds, *head.bounds}:
            effect = Effect.UNDECIDED
        told = f"`{word}` of {cursor.subject} changed"
        cursor.report(f"{name}-changed", effect, *places, told, old=outside, new=outside)


def _compare_nots(cursor: Cursor, base: Schema, head: Schema) -> None:
    places = base.place("not"), head.place("not")
    old = [parts for parts in base.nots if not any(cursor.same(parts, one) for one in head.nots)]
    new = [parts for parts in head.nots if not any(cursor.same(parts, one) for one in base.nots)]
    outside = f"{cursor.some} that fits the schema in `not`"
    if len(old) == len(new) == 1:
        effect = reversed_effect(together(cursor.effects(old[0], new[0])))
        cursor.report("not-changed", effect, *places, "what is refused by `not` changed", old=outside, new=outside)
    elif new and old:
        cursor.report("not-changed", Effect.UNDECIDED, *places, "what is refused by `not` changed")
    elif new:
        cursor.report("not-added", Effect.NARROWS, *places, "`not` is new", old=outside)
    elif old:
        cursor.report("not-removed", Effect.WIDENS, *places, "`not` is gone", new=outside)


def _compare_conditions(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> None:
    old, new = (_texts(schema.conditions) for schema in (one, other))
    if old == new and _same_conditions(cursor, one, other):
        return
    places = one.place("if"), other.place("if")
    outside = f"{cursor.some} that `if` with `then` and `else` refuses"
    if not old:
        cursor.report("condition-added", Effect.NARROWS, *places, "`if` is new, on which it depends what has to fit", old=outside)
    elif not new:
        cursor.report("condition-removed", Effect.WIDENS, *places, "`if` is gone, on which it depended what had to fit", new=outside)
    else:
        if (effect := _effect_of_parts(cursor, one, other)) is not None:
            cursor.report("condition-changed", effect, *places, "what `if` asks for changed", old=outside, new=outside)
            return
        sent = cursor.direction is Direction.REQUEST
        found = counterexample(cursor, base if sent else head, head if sent else base)
        effect = Effect.UNDECIDED if found is None else Effect.CHANGES
        example = f"{cursor.some} such as {shown(found.value)}" if found is not None else ""
        doubt = "Whether it hurts cannot be decided: no value was found that was allowed on one side alone."
        cursor.report("condition-changed", effect, *places, "`if`, `then` or `else` changed", old=example, new=example, doubt=doubt)


def _effect_of_parts(cursor: Cursor, one: Schema, other: Schema) -> Effect | None:
    """What `then` and `else` come to where the `if` is the same; None where it is not."""
    if len(one.conditions) != 1 or len(other.conditions) != 1:
        return None
    old, new = one.conditions[0], other.conditions[0]
    if not _same_part(cursor, old.get("if"), new.get("if")):
        return None
    pairs = [(schema_parts(old.get(word)), schema_parts(new.get(word))) for word in ("then", "else")]
    effect = together(frozenset(found for before, after in pairs for found in cursor.effects(before, after)))
    return None if effect is Effect.UNDECIDED else effect


def _texts(conditions: list[Node]) -> list[list[str]]:
    return sorted([written(node.value.get(word)) for word in ("if", "then", "else")] for node in conditions)


def _same_conditions(cursor: Cursor, one: Schema, other: Schema) -> bool:
    pairs = zip(one.conditions, other.conditions, strict=True)
    return all(_same_part(cursor, old.get(word), new.get(word)) for old, new in pairs for word in ("if", "then", "else"))


def _same_part(cursor: Cursor, old: Node | None, new: Node | None) -> bool:
    return cursor.same((old,), (new,)) if old is not None and new is not None else old is new


def _compare_dependent(cursor: Cursor, base: Schema, head: Schema) -> None:
    for name in sorted({*base.dependent_required, *head.dependent_required}):
        old, new = (schema.dependent_required.get(name, set()) - schema.required.keys() for schema in (base, head))
        old, new = old - head.required.keys(), new - base.required.keys()  # what is required by itself is told as such
        places = base.place("dependentRequired"), head.place("dependentRequired")
        if new - old:
            names = listed([f"`{one}`" for one in sorted(new - old)])
            cursor.report(
                "dependent-required-added", Effect.NARROWS, *places, f"with `{name}`, {names} must be there too", old=f"`{name}` without {names}"
            )
        if old - new:
            names = listed([f"`{one}`" for one in sorted(old - new)])
            cursor.report(
                "dependent-required-removed", Effect.WIDENS, *places, f"`{name}` may stand without {names} now", new=f"`{name}` without {names}"
            )
    for name in sorted({*base.dependent_schemas, *head.dependent_schemas}):
        _compare_dependent_schema(cursor, name, base, head)


def _compare_dependent_schema(cursor: Cursor, name: str, base: Schema, head: Schema) -> None:
    old, new = base.dependent_schemas.get(name), head.dependent_schemas.get(name)
    places = base.place("dependentSchemas"), head.place("dependentSchemas")
    outside = f"an object with `{name}` and what does not go with it"
    if old is None:
        cursor.report(
            "dependent-schema-added", Effect.NARROWS, *places, f"where `{name}` is, the rest has to fit a schema of its own now", old=outside
        )
    elif new is None:
        cursor.report(
            "dependent-schema-removed", Effect.WIDENS, *places, f"where `{name}` is, the rest need not fit a schema of its own any more", new=outside
        )
    elif not cursor.same(old, new):
        effect = together(cursor.effects(old, new))
        cursor.report("dependent-schema-changed", effect, *places, f"what goes with `{name}` changed", old=outside, new=outside)
