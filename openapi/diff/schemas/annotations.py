"""Keywords that do not affect validity: defaults, deprecation, descriptions, XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.keyword_readers import key
from openapi.diff.schemas.normalized_schema import Schema
from openapi.diff.schemas.sentences import listed, shown
from openapi.schemas import Direction

_FOR_PEOPLE = {
    "title": "title",
    "description": "description",
    "examples": "examples",
    "externalDocs": "link to further documentation",
    "$comment": "comment",
}
"""Each word, and what it is called in a sentence."""
_MISSING: Any = object()


def compare_annotations(cursor: Cursor, base: Schema, head: Schema) -> None:
    """Everything beside the constraints."""
    _compare_default(cursor, base, head)
    _compare_deprecated(cursor, base, head)
    _compare_writing(cursor, base, head)
    _compare_extensible(cursor, base, head)
    _compare_discriminator(cursor, base, head)
    changed = [word for word in _FOR_PEOPLE if _differs(base, head, word)]
    if changed:
        what = f"{listed([f'the {_FOR_PEOPLE[word]}' for word in changed])} of {cursor.subject} changed"
        cursor.report("documentation-changed", Effect.NONE, base.place(*changed), head.place(*changed), what)
    for word in ("readOnly", "writeOnly"):
        if not cursor.is_part and bool(base.annotations.get(word)) != bool(head.annotations.get(word)):
            cursor.report(
                "access-changed", Effect.NONE, base.place(word), head.place(word), f"`{word}` changed, which means nothing for a whole document"
            )


def _differs(base: Schema, head: Schema, word: str) -> bool:
    old, new = base.annotations.get(word, _MISSING), head.annotations.get(word, _MISSING)
    return (old is _MISSING) != (new is _MISSING) or (old is not _MISSING and key(old) != key(new))


def _compare_default(cursor: Cursor, base: Schema, head: Schema) -> None:
    if not _differs(base, head, "default"):
        return
    old, new = (shown(schema.annotations["default"]) if "default" in schema.annotations else None for schema in (base, head))
    kind = "default-added" if old is None else "default-removed" if new is None else "default-changed"
    what = f"the default of {cursor.subject} was {old} and is {new}"
    if old is None:
        what = f"{cursor.subject} had no default, and has {new} now"
    elif new is None:
        what = f"the default of {cursor.subject} was {old}, and there is none any more"
    effect, text = Effect.NONE, ""
    if cursor.direction is Direction.REQUEST and cursor.comparison.context.always and not cursor.is_part:
        what += f"; each request has {cursor.subject}, so the default never counts"
    elif cursor.direction is Direction.REQUEST and cursor.is_parameter:
        effect, text = Effect.CHANGES, f"Clients that leave out {cursor.subject} get another value from now on: {what}."
    elif cursor.direction is Direction.REQUEST:
        text = f"Clients that leave out {cursor.subject} are not refused, but it may mean another value from now on: {what}."
    cursor.report(kind, effect, base.place("default"), head.place("default"), what, text=text)


def _compare_deprecated(cursor: Cursor, base: Schema, head: Schema) -> None:
    old, new = bool(base.annotations.get("deprecated")), bool(head.annotations.get("deprecated"))
    sunset = head.annotations.get("x-sunset")
    if old != new:
        until = f", to go away on {sunset}" if new and sunset is not None else ""
        kind, what = (
            ("deprecated", f"{cursor.subject} is deprecated now{until}, and clients should do without")
            if new
            else ("reactivated", f"{cursor.subject} is deprecated no longer")
        )
        cursor.report(kind, Effect.NONE, base.place("deprecated"), head.place("deprecated"), what)


def _compare_writing(cursor: Cursor, base: Schema, head: Schema) -> None:
    """How a value is put into bytes."""
    for word in ("contentEncoding", "contentMediaType"):
        if _differs(base, head, word):
            what = f"`{word}` of {cursor.subject} was {_said(base, word)} and is {_said(head, word)}"
            written = f"{cursor.some} that is written otherwise"
            cursor.report("content-changed", Effect.CHANGES, base.place(word), head.place(word), what, old=f"{cursor.some} as before", new=written)
    if _differs(base, head, "xml"):
        effect = Effect.CHANGES if "xml" in cursor.comparison.context.path else Effect.NONE
        what = f"how {cursor.subject} is written as XML was {_said(base, 'xml')} and is {_said(head, 'xml')}"
        cursor.report(
            "xml-changed",
            effect,
            base.place("xml"),
            head.place("xml"),
            what,
            old=f"{cursor.some} as before",
            new=f"{cursor.some} written otherwise",
        )


def _said(schema: Schema, word: str) -> str:
    return shown(schema.annotations[word]) if word in schema.annotations else "not named"


def _compare_extensible(cursor: Cursor, base: Schema, head: Schema) -> None:
    """`x-extensible-enum`: values to which others may be added at any time, so that only one that goes away hurts who sends it."""
    old, new = base.annotations.get("x-extensible-enum"), head.annotations.get("x-extensible-enum")
    if not isinstance(old, list) or not isinstance(new, list):
        return
    keys = {key(value) for value in new}, {key(value) for value in old}
    gone, fresh = [value for value in old if key(value) not in keys[0]], [value for value in new if key(value) not in keys[1]]
    places = base.place("x-extensible-enum"), head.place("x-extensible-enum")
    for value in gone:
        told = f"{shown(value)} as {cursor.some}"
        cursor.report(
            "extensible-enum-value-removed",
            Effect.NARROWS,
            *places,
            f"{shown(value)} is no longer among the known values of {cursor.subject}",
            old=told,
        )
    for value in fresh:
        cursor.report(
            "extensible-enum-value-added", Effect.NONE, *places, f"{shown(value)} is new among the known values of {cursor.subject}, which are open"
        )


def _compare_discriminator(cursor: Cursor, base: Schema, head: Schema) -> None:
    old, new = _discriminator(base), _discriminator(head)
    if old == new:
        return
    places = base.place("discriminator"), head.place("discriminator")
    if old is None or new is None:
        kind, told = ("discriminator-added", new) if old is None else ("discriminator-removed", old)
        verb = "tells from now on" if old is None else "no longer tells"
        cursor.report(kind, Effect.NONE, *places, f"`{told[0] if told else ''}` {verb} which of the alternatives is meant")
        return
    if old[0] != new[0]:
        what = f"the property that tells which alternative a document is was `{old[0]}` and is `{new[0]}`"
        cursor.report("discriminator-changed", Effect.NONE, *places, what)
    for name in sorted({*old[1], *new[1]}):
        before, after = old[1].get(name), new[1].get(name)
        if before != after:
            what = f"the value `{name}` of `{new[0]}` meant {before or 'nothing'} and means {after or 'nothing'}"
            cursor.report("discriminator-mapping-changed", Effect.NONE, *places, what)


def _discriminator(schema: Schema) -> tuple[str, dict[str, str]] | None:
    """Its property and its mapping."""
    value = schema.discriminator.value if schema.discriminator is not None else None
    if not isinstance(value, Mapping):
        return None
    mapping = value.get("mapping")
    return str(value.get("propertyName", "")), {str(name): str(where) for name, where in mapping.items()} if isinstance(mapping, Mapping) else {}
