"""Finds for each alternative of a union which alternative of the other side it became."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.equality import written
from openapi.diff.schemas.normalized_schema import Parts, Schema, Union
from openapi.diff.schemas.types import in_words

Pairing = tuple[list[tuple[Parts, Parts]], list[Parts], list[Parts]]


def label(cursor: Cursor, parts: Parts) -> str:
    """What a reader would call it: the component's name, the title, or the type."""
    if not parts:
        return "anything"
    name = _reference(parts) or _title(cursor, parts)
    if name:
        return str(name).replace(".", "_")
    schema = cursor.read(parts)
    if schema.required:
        return f"an object with `{next(iter(schema.required))}`"
    return in_words(schema.types) if schema.types else "an unnamed schema"


def pair_up(cursor: Cursor, old: Union, new: Union, one: Schema, other: Schema) -> Pairing:
    """Pairs, what has no successor, and what has no predecessor. What is the same needs no telling and is in none of them."""
    gone, fresh = _unlike(cursor, old.alternatives, new.alternatives)
    pairs: list[tuple[Parts, Parts]] = []
    keys: list[Callable[[Parts, Schema], Hashable]] = [
        lambda parts, _: _reference(parts),
        lambda parts, whole: _meaning(cursor, parts, whole),
        lambda parts, _: _title(cursor, parts),
        lambda parts, _: _shape(cursor, parts),
    ]
    for key in keys:
        for parts in list(gone):
            wanted = key(parts, one)
            match = next((rest for rest in fresh if wanted is not None and key(rest, other) == wanted), None)
            if match is not None:
                pairs.append((parts, match))
                gone.remove(parts)
                fresh.remove(match)
    for choose in (_equal, _nearest):
        for parts in list(gone):
            match = choose(cursor, parts, fresh)
            if match is not None:
                pairs.append((parts, match))
                gone.remove(parts)
                fresh.remove(match)
    return pairs, gone, fresh


def _unlike(cursor: Cursor, old: list[Parts], new: list[Parts]) -> tuple[list[Parts], list[Parts]]:
    """What is on one side alone, by its text and what that refers to."""
    rest = list(new)
    left: list[Parts] = []
    for parts in old:
        text = written(parts[0].value)
        match = next((other for other in rest if written(other[0].value) == text and cursor.same(parts, other)), None)
        if match is None:
            left.append(parts)
        else:
            rest.remove(match)
    return left, rest


def _reference(parts: Parts) -> str | None:
    value = parts[0].value
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    return reference.rsplit("/", 1)[-1] if isinstance(reference, str) else None


def _title(cursor: Cursor, parts: Parts) -> str | None:
    title = cursor.read(parts).annotations.get("title")
    return title if isinstance(title, str) and title else None


def _meaning(cursor: Cursor, parts: Parts, whole: Schema) -> Hashable:
    """The value of the discriminator's property, by the mapping or by a single listed value."""
    value = whole.discriminator.value if whole.discriminator is not None else None
    if not isinstance(value, Mapping):
        return None
    mapping, reference = value.get("mapping"), parts[0].value.get("$ref") if isinstance(parts[0].value, Mapping) else None
    if isinstance(mapping, Mapping) and isinstance(reference, str):
        names = sorted(str(name) for name, where in mapping.items() if where in (reference, _reference(parts)))
        if names:
            return tuple(names)
    tag = cursor.read(parts).properties.get(str(value.get("propertyName", "")), ())
    values = cursor.read(tag).values if tag else None
    return (str(values[0]),) if values is not None and len(values) == 1 else None


def _shape(cursor: Cursor, parts: Parts) -> Hashable:
    """Types and names of properties; None where a name says what it is, or nothing does."""
    schema = cursor.read(parts)
    if _reference(parts) or schema.types is None:
        return None
    return schema.types, tuple(sorted(schema.properties)), tuple(sorted(schema.required)), written(schema.values)


def _equal(cursor: Cursor, parts: Parts, others: list[Parts]) -> Parts | None:
    """One that says the same in other words."""
    return next((rest for rest in others if not cursor.effects(parts, rest)), None)


def _nearest(cursor: Cursor, parts: Parts, others: list[Parts]) -> Parts | None:
    """The one that has most properties in common, where it has more than half; of plain values the one of the same type."""
    one, best, most = cursor.read(parts), None, 0.5
    for rest in others:
        other = cursor.read(rest)
        if _reference(parts) and _reference(rest) and Effect.NARROWS in cursor.effects(parts, rest) and Effect.WIDENS in cursor.effects(parts, rest):
            continue  # two names for two things
        if one.types is None or one.types != other.types:
            continue
        names = {*one.properties, *other.properties}
        share = len(one.properties.keys() & other.properties.keys()) / len(names) if names else 1.0
        if share > most:
            best, most = rest, share
    return best
