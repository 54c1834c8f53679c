"""Objects: their properties, which of them are required, and additional properties."""

from __future__ import annotations

from openapi.diff.document_tree import Node
from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect, safe
from openapi.diff.schemas.normalized_schema import Parts, Schema
from openapi.diff.schemas.sentences import listed
from openapi.schemas import Direction


def hidden(cursor: Cursor, name: str, parts: Parts | None) -> str:
    """Why a property does not travel this way; empty where it does."""
    if not parts:
        return ""
    annotations = cursor.read(parts).annotations
    if cursor.direction is Direction.REQUEST:
        return f"`{name}` is read-only, so no client sends it" if annotations.get("readOnly") else ""
    return f"`{name}` is write-only, so no answer holds it" if annotations.get("writeOnly") else ""


def compare_objects(cursor: Cursor, base: Schema, head: Schema) -> None:
    """Property by property, then what is not named."""
    for name in [*base.properties, *(name for name in head.properties if name not in base.properties)]:
        _compare_property(cursor, name, base, head)
    for name in [*base.required, *(name for name in head.required if name not in base.required)]:
        if (name in base.required) != (name in head.required):
            _compare_required(cursor, name, base, head)
    _compare_patterned(cursor, base, head)
    _compare_additional(cursor, base, head)


def _compare_property(cursor: Cursor, name: str, base: Schema, head: Schema) -> None:
    old, new = base.property(name), head.property(name)
    if old is not None and new is not None:
        if cursor.same(old, new):
            return
        away, back = hidden(cursor, name, old), hidden(cursor, name, new)
        cursor.below(f".{name}", away if away and back else "").compare(old, new)
        if away != back:
            _compare_access(cursor, name, base, head, appears=bool(away))
        _compare_other_access(cursor, name, old, new)
    elif old is not None:
        _property_removed(cursor, name, old, base, head)
    elif new is not None:
        _property_added(cursor, name, new, base, head)


def _compare_access(cursor: Cursor, name: str, base: Schema, head: Schema, *, appears: bool) -> None:
    """A property begins or ceases to travel this way."""
    word = "read-only" if cursor.direction is Direction.REQUEST else "write-only"
    below, kind = cursor.below(f".{name}"), f"property-became-{'not-' if appears else ''}{word}"
    places = _property_node(cursor, base, name), _property_node(cursor, head, name)
    what = f"`{name}` is {word} no longer" if appears else f"`{name}` is {word} now"
    if appears and cursor.direction is Direction.REQUEST and name in head.required:
        below.report(kind, Effect.NARROWS, *places, f"{what}, and required", old=f"no `{name}`")
    elif not appears and cursor.direction is Direction.ANSWER and name in base.required:
        below.report(kind, Effect.WIDENS, *places, f"{what}, though it was always there", new=f"answers without `{name}`")
    elif appears and name in head.required:
        below.report(kind, Effect.LOOSENS, *places, f"{what}, and always there", new=f"`{name}`")
    elif cursor.direction is Direction.REQUEST:
        below.report(kind, Effect.NONE, *places, what + (", and clients may send it" if appears else ", and is not to be sent"))
    else:
        below.report(kind, Effect.NONE, *places, what + (", and answers may hold it" if appears else ", and answers do not hold it"))


def _compare_other_access(cursor: Cursor, name: str, old: Parts, new: Parts) -> None:
    """`writeOnly` in a request and `readOnly` in an answer: nothing changes for that way."""
    word, told = ("writeOnly", "write-only") if cursor.direction is Direction.REQUEST else ("readOnly", "read-only")
    one, other = cursor.read(old), cursor.read(new)
    if bool(one.annotations.get(word)) != bool(other.annotations.get(word)):
        verb = "is now" if other.annotations.get(word) else "is no longer"
        still = "clients send it" if cursor.direction is Direction.REQUEST else "answers hold it"
        kind = f"property-became-{'' if other.annotations.get(word) else 'not-'}{told}"
        cursor.below(f".{name}").report(kind, Effect.NONE, one.place(word), other.place(word), f"`{name}` {verb} {told}, and {still} as before")


def _property_node(cursor: Cursor, schema: Schema, name: str) -> Node | None:
    parts = schema.properties.get(name)
    return parts[0] if parts else schema.node


def _property_removed(cursor: Cursor, name: str, old: Parts, base: Schema, head: Schema) -> None:
    muted = hidden(cursor, name, old)
    below = cursor.below(f".{name}", muted)
    if head.additional and not head.closed:
        below.compare(old, head.additional)  # it lives on among those without a name
    what = f"`{name}` is gone{_renamed(cursor, name, base, head)}"
    places = base.properties[name][0] if name in base.properties else base.node, head.place("properties")
    if cursor.direction is Direction.REQUEST:
        refused = head.closed
        what += ", and what is not named is refused" if refused else ""
        below.report("property-removed", Effect.NARROWS if refused else Effect.LACKS, *places, what, old=f"`{name}`")
    elif name in base.required:
        below.report("required-property-removed", Effect.WIDENS, *places, f"{what}, though it was always there", new=f"answers without `{name}`")
    else:
        below.report("property-removed", Effect.LACKS, *places, f"it was optional and {what.removeprefix(f'`{name}` ')}", old=f"`{name}`")


def _renamed(cursor: Cursor, name: str, base: Schema, head: Schema) -> str:
    """A hint where exactly one new property looks the same."""
    fresh = [one for one in head.properties if one not in base.properties]
    alike = [one for one in fresh if not cursor.effects(base.properties.get(name, ()), head.properties[one]) - {Effect.NONE}]
    return f" (renamed to `{alike[0]}`, it seems)" if len(alike) == 1 and len(fresh) == 1 else ""


def _property_added(cursor: Cursor, name: str, new: Parts, base: Schema, head: Schema) -> None:
    below = cursor.below(f".{name}", hidden(cursor, name, new))
    places = base.place("properties"), _property_node(cursor, head, name)
    if cursor.direction is Direction.REQUEST and name in head.required and name not in base.required:
        below.report("required-property-added", Effect.NARROWS, *places, f"`{name}` is new and required", old=f"no `{name}`")
        return
    if name in base.required:
        below.compare(base.additional, new)  # it had to be there already, but nothing said what it is
        return
    effect, what = Effect.NONE, f"`{name}` is new"
    if base.closed:
        effect, what = Effect.LOOSENS, what + ", where only named properties were allowed"
    elif base.additional and not safe(cursor.effects(base.additional, new), cursor.direction):
        effect, what = Effect.UNDECIDED, what + ", and does not hold all that further properties could hold before"
    below.report("property-added", effect, *places, what, new=f"`{name}`", doubt=f"It hurts only where `{name}` was used as a name already.")


def _compare_required(cursor: Cursor, name: str, base: Schema, head: Schema) -> None:
    old, new = base.property(name), head.property(name)
    if (old is None and new is not None) or (new is None and old is not None):
        return  # it came or went as a whole
    away, back = hidden(cursor, name, old), hidden(cursor, name, new)
    below = cursor.below(f".{name}", away or back)
    places = base.place("required"), head.place("required")
    if name in head.required:
        default = "default" in cursor.read(new).annotations if new else False
        what = f"`{name}` was optional and is required" + (", although it has a default" if default else "")
        without = f"no `{name}`" if cursor.direction is Direction.REQUEST else f"answers without `{name}`"
        below.report("property-became-required", Effect.NARROWS, *places, what, old=without)
    else:
        what = f"`{name}` was required and is optional"
        without = f"no `{name}`" if cursor.direction is Direction.REQUEST else f"answers without `{name}`"
        below.report("property-became-optional", Effect.WIDENS, *places, what, new=without)


def _compare_patterned(cursor: Cursor, base: Schema, head: Schema) -> None:
    """`patternProperties`, by pattern; one that is on one side alone is compared with what the other says of unnamed properties."""
    for pattern in [*base.pattern_properties, *(one for one in head.pattern_properties if one not in base.pattern_properties)]:
        old, new = base.pattern_properties.get(pattern), head.pattern_properties.get(pattern)
        below, places = cursor.below(".*"), (base.place("patternProperties"), head.place("patternProperties"))
        names = f"properties with a name that matches `{pattern}`"
        if old is not None and new is not None:
            below.compare(old, new)
        elif new is not None:
            told = "are described now" if not base.closed else "are allowed now"
            effect = Effect.LOOSENS if base.closed else Effect.NARROWS
            below.report("pattern-property-added", effect, *places, f"{names} {told}", new=names, old=f"other values in {names}")
        else:
            effect = Effect.NARROWS if head.closed else Effect.WIDENS
            below.report("pattern-property-removed", effect, *places, f"{names} are not described any more", old=names, new=f"anything in {names}")


def _compare_additional(cursor: Cursor, base: Schema, head: Schema) -> None:
    """What may stand beside the named properties: anything, nothing, or what fits a schema."""
    places = base.place("additionalProperties", "unevaluatedProperties"), head.place("additionalProperties", "unevaluatedProperties")
    one, further = (f"{word} that {cursor.subject} does not name" for word in ("a property", "properties"))
    known = listed([f"`{name}`" for name in head.properties]) if head.properties else "none"
    if base.closed and head.closed:
        return
    if head.closed:
        effect = Effect.NARROWS if cursor.direction is Direction.REQUEST or not base.additional else Effect.LACKS
        old = one if effect is Effect.LACKS else further
        cursor.report("additional-properties-closed", effect, *places, f"only the named ones are allowed now ({known})", old=old)
    elif base.closed:
        cursor.report("additional-properties-opened", Effect.LOOSENS, *places, "further properties are allowed now", new=further)
    elif base.additional or head.additional:
        cursor.below(".*").compare(base.additional, head.additional)
