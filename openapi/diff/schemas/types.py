"""`type` and `nullable`."""

from __future__ import annotations

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.normalized_schema import TYPES, Schema
from openapi.diff.schemas.sentences import listed

_ARTICLE = {"integer": "an integer", "object": "an object", "array": "a list", "null": "null"}
_IMPLIED = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties", "discriminator"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


def in_words(types: frozenset[str]) -> str:
    """`a string or null`."""
    shown = types - {"integer"} if "number" in types else types
    return listed([_ARTICLE.get(one, f"a {one}") for one in sorted(shown)], "or")


def compare_types(cursor: Cursor, base: Schema, head: Schema) -> bool:
    """Whether a type is left that both allow."""
    old, new = _types(base), _types(head)
    if old == new:
        return True
    if (base.types is None) != (head.types is None) and _implied(base) == _implied(head):
        what = (
            "the type is named, which the keywords meant already"
            if base.types is None
            else "the type is no longer named, though the keywords mean it still"
        )
        cursor.report("type-named", Effect.NONE, base.place("type"), head.place("type"), what)
        return True
    lost, gained = _beyond(cursor, old, new), _beyond(cursor, new, old)
    what = f"the type of {cursor.subject} was {_named(old)} and is {_named(new)}"
    effect = Effect.CHANGES if lost and gained else Effect.NARROWS if lost else Effect.WIDENS if gained else Effect.NONE
    kind = {Effect.CHANGES: "type-changed", Effect.NARROWS: "type-narrowed", Effect.WIDENS: "type-widened"}.get(effect, "type-named")
    place = f" as {cursor.some}" if cursor.is_part else ""
    cursor.report(kind, effect, base.place("type"), head.place("type"), what, old=in_words(lost) + place, new=in_words(gained) + place)
    return bool(old & new)


def compare_null(cursor: Cursor, base: Schema, head: Schema) -> None:
    """Null alone, since it is a wish of its own."""
    if (base.types is None and base.values is None and not base.nullable) or (head.types is None and head.values is None and not head.nullable):
        if not (base.unions and head.unions):
            return
        old, new = base.nullable, head.nullable
    else:
        old, new = base.takes_null, head.takes_null
    if old == new:
        return
    null = f"null as {cursor.some}" if cursor.is_part else "null"
    kind, effect, was = (
        ("became-nullable", Effect.WIDENS, "may not be null so far") if new else ("became-not-nullable", Effect.NARROWS, "could be null")
    )
    what = f"{cursor.subject} {'could not be null, and now may be' if new else f'{was}, and may not any more'}"
    cursor.report(kind, effect, base.place("nullable", "type", "enum"), head.place("nullable", "type", "enum"), what, old=null, new=null)


def _types(schema: Schema) -> frozenset[str]:
    """The types without null: named, or those of the listed values."""
    if schema.types is not None:
        return schema.types - {"null"}
    if schema.values is not None:
        return frozenset(_type_of(value) for value in schema.values) - {"null"}
    return TYPES - {"null"}


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = ((str, "string"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _implied(schema: Schema) -> frozenset[str]:
    if schema.types is not None:
        return schema.types - {"null"}
    found = {kind for kind, words in _IMPLIED.items() if any(word in schema.places for word in words)}
    return frozenset(found | {"integer"} if "number" in found else found)


def _beyond(cursor: Cursor, types: frozenset[str], others: frozenset[str]) -> frozenset[str]:
    """What of the first the others do not hold. In text, such as an address, a string holds whatever is written there."""
    left = types - others
    if cursor.is_parameter and "string" in others:
        left -= {"integer", "number", "boolean"}
    return left


def _named(types: frozenset[str]) -> str:
    if types >= TYPES - {"null"}:
        return "open"
    return in_words(types) if types else "null alone"
