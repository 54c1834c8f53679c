"""Keywords that allow and refuse nothing: defaults, what is deprecated, the words for people, how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openapi.diff.changes import Way
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.normal import Schema
from openapi.diff.schemas.reading import key
from openapi.diff.schemas.walk import Walk
from openapi.diff.schemas.words import shown

_FOR_PEOPLE = ("title", "description", "examples", "externalDocs", "$comment")
_MISSING: Any = object()


def compare_notes(walk: Walk, base: Schema, head: Schema) -> None:
    """Everything beside the constraints."""
    _compare_default(walk, base, head)
    _compare_deprecated(walk, base, head)
    _compare_writing(walk, base, head)
    _compare_extensible(walk, base, head)
    _compare_discriminator(walk, base, head)
    changed = [word for word in _FOR_PEOPLE if _differs(base, head, word)]
    if changed:
        what = f"the words for people changed at {walk.subject} ({', '.join(changed)})"
        walk.tell("documentation-changed", Effect.NONE, base.place(*changed), head.place(*changed), what)
    for word in ("readOnly", "writeOnly"):
        if not walk.is_part and bool(base.notes.get(word)) != bool(head.notes.get(word)):
            walk.tell(
                "access-changed", Effect.NONE, base.place(word), head.place(word), f"`{word}` changed, which means nothing for a whole document"
            )


def _differs(base: Schema, head: Schema, word: str) -> bool:
    old, new = base.notes.get(word, _MISSING), head.notes.get(word, _MISSING)
    return (old is _MISSING) != (new is _MISSING) or (old is not _MISSING and key(old) != key(new))


def _compare_default(walk: Walk, base: Schema, head: Schema) -> None:
    if not _differs(base, head, "default"):
        return
    old, new = (shown(schema.notes["default"]) if "default" in schema.notes else None for schema in (base, head))
    kind = "default-added" if old is None else "default-removed" if new is None else "default-changed"
    what = f"the default of {walk.subject} was {old or 'not set'} and is {new or 'not set any more'}"
    if walk.way is Way.REQUEST and walk.is_parameter:
        hurt = f"clients that leave out {walk.subject}" if walk.is_part else "the parameter left out"
        walk.tell(kind, Effect.CHANGES, base.place("default"), head.place("default"), what, old=hurt)
        return
    if walk.way is Way.REQUEST:
        what += "; a client that leaves it out is still understood, but gets another value"
    walk.tell(kind, Effect.NONE, base.place("default"), head.place("default"), what)


def _compare_deprecated(walk: Walk, base: Schema, head: Schema) -> None:
    old, new = bool(base.notes.get("deprecated")), bool(head.notes.get("deprecated"))
    sunset = head.notes.get("x-sunset")
    if old != new:
        until = f", to go away on {sunset}" if new and sunset is not None else ""
        kind, what = ("deprecated", f"{walk.subject} is deprecated now{until}") if new else ("reactivated", f"{walk.subject} is deprecated no longer")
        walk.tell(kind, Effect.NONE, base.place("deprecated"), head.place("deprecated"), what)


def _compare_writing(walk: Walk, base: Schema, head: Schema) -> None:
    """How a value is put into bytes."""
    for word in ("contentEncoding", "contentMediaType"):
        if _differs(base, head, word):
            what = f"`{word}` of {walk.subject} was {_said(base, word)} and is {_said(head, word)}"
            written = f"{walk.subject} written the other way"
            walk.tell("content-changed", Effect.CHANGES, base.place(word), head.place(word), what, old=f"{walk.subject} as before", new=written)
    if _differs(base, head, "xml"):
        effect = Effect.CHANGES if "xml" in walk.gathering.context.path else Effect.NONE
        what = f"how {walk.subject} is written as XML was {_said(base, 'xml')} and is {_said(head, 'xml')}"
        walk.tell(
            "xml-changed",
            effect,
            base.place("xml"),
            head.place("xml"),
            what,
            old=f"{walk.subject} as before",
            new=f"{walk.subject} written otherwise",
        )


def _said(schema: Schema, word: str) -> str:
    return shown(schema.notes[word]) if word in schema.notes else "not said"


def _compare_extensible(walk: Walk, base: Schema, head: Schema) -> None:
    """`x-extensible-enum`: values to which others may be added at any time, so that only one that goes away hurts who sends it."""
    old, new = base.notes.get("x-extensible-enum"), head.notes.get("x-extensible-enum")
    if not isinstance(old, list) or not isinstance(new, list):
        return
    keys = {key(value) for value in new}, {key(value) for value in old}
    gone, fresh = [value for value in old if key(value) not in keys[0]], [value for value in new if key(value) not in keys[1]]
    places = base.place("x-extensible-enum"), head.place("x-extensible-enum")
    for value in gone:
        told = f"{shown(value)} as {walk.subject}"
        walk.tell("extensible-enum-value-removed", Effect.NARROWS, *places, f"{shown(value)} is no longer among its known values", old=told)
    for value in fresh:
        walk.tell(
            "extensible-enum-value-added", Effect.NONE, *places, f"{shown(value)} is new among the known values of {walk.subject}, which are open"
        )


def _compare_discriminator(walk: Walk, base: Schema, head: Schema) -> None:
    old, new = _discriminator(base), _discriminator(head)
    if old == new:
        return
    places = base.place("discriminator"), head.place("discriminator")
    if old is None or new is None:
        kind, told = ("discriminator-added", new) if old is None else ("discriminator-removed", old)
        verb = "tells" if old is None else "no longer tells"
        walk.tell(kind, Effect.NONE, *places, f"`{told[0] if told else ''}` {verb} which alternative a document is")
        return
    if old[0] != new[0]:
        what = f"the property that tells which alternative a document is was `{old[0]}` and is `{new[0]}`"
        walk.tell("discriminator-changed", Effect.NONE, *places, what)
    for name in sorted({*old[1], *new[1]}):
        before, after = old[1].get(name), new[1].get(name)
        if before != after:
            what = f"the value `{name}` of `{new[0]}` meant {before or 'nothing'} and means {after or 'nothing'}"
            walk.tell("discriminator-mapping-changed", Effect.NONE, *places, what)


def _discriminator(schema: Schema) -> tuple[str, dict[str, str]] | None:
    """Its property and its mapping."""
    value = schema.discriminator.value if schema.discriminator is not None else None
    if not isinstance(value, Mapping):
        return None
    mapping = value.get("mapping")
    return str(value.get("propertyName", "")), {str(name): str(where) for name, where in mapping.items()} if isinstance(mapping, Mapping) else {}
