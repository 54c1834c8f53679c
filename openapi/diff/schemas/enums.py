"""`enum` and `const`: the listed values."""

from __future__ import annotations

from typing import Any

from openapi.diff.schemas.comparison import Walk
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.inclusion import refused
from openapi.diff.schemas.keyword_readers import key
from openapi.diff.schemas.normalized_schema import Parts, Schema
from openapi.diff.schemas.sentences import listed, shown


def compare_values(walk: Walk, base: Parts, head: Parts, one: Schema, other: Schema) -> bool:
    """Whether one side lists its values, so that its bounds and patterns say nothing more."""
    if one.values is None and other.values is None:
        return False
    if one.values is not None and other.values is not None:
        _compare_lists(walk, (one, _allowed(walk, base, one)), (other, _allowed(walk, head, other)))
    elif other.values is not None:
        _became_listed(walk, base, one, other)
    else:
        _became_free(walk, head, one, other)
    return True


def _became_listed(walk: Walk, base: Parts, one: Schema, other: Schema) -> None:
    values = _plain(other)
    if one.types == frozenset({"boolean"}) and {key(value) for value in values} >= {key(True), key(False)}:
        return
    what = f"{walk.subject} was free, and has to be {_listed(values, 'or')} now"
    walk.tell("became-enum", Effect.NARROWS, one.node, other.place("enum", "const"), what, old=f"anything else as {walk.some}")
    fresh = refused(walk, base, values)
    if fresh:
        _tell_added(walk, one, other, fresh)


def _became_free(walk: Walk, head: Parts, one: Schema, other: Schema) -> None:
    values = _plain(one)
    if other.types == frozenset({"boolean"}) and {key(value) for value in values} >= {key(True), key(False)}:
        return
    what = f"{walk.subject} had to be {_listed(values, 'or')}, and is free now"
    walk.tell("enum-removed", Effect.WIDENS, one.place("enum", "const"), other.node, what, new=f"other values as {walk.some}")
    gone = refused(walk, head, values)
    if gone:
        _tell_removed(walk, one, other, gone)


def _allowed(walk: Walk, parts: Parts, schema: Schema) -> list[Any]:
    """The listed values but null, without those that another keyword beside the list refuses."""
    values = _plain(schema)
    if not (schema.bounds or schema.steps or schema.patterns or schema.formats):
        return values
    lost = {key(value) for value in refused(walk, parts, values)}
    return [value for value in values if key(value) not in lost]


def _compare_lists(walk: Walk, base: tuple[Schema, list[Any]], head: tuple[Schema, list[Any]]) -> None:
    (one, before), (other, after) = base, head
    old, new = {key(value): value for value in before}, {key(value): value for value in after}
    gone = [value for name, value in old.items() if name not in new]
    fresh = [value for name, value in new.items() if name not in old]
    if gone:
        _tell_removed(walk, one, other, gone)
    if fresh:
        _tell_added(walk, one, other, fresh)


def _tell_removed(walk: Walk, one: Schema, other: Schema, gone: list[Any]) -> None:
    what = f"{_listed(gone)} {'are' if len(gone) > 1 else 'is'} no longer among the values of {walk.subject}"
    old = f"{_listed(gone, 'or')} as {walk.some}"
    walk.tell("enum-value-removed", Effect.NARROWS, one.place("enum", "const"), other.place("enum", "const"), what, old=old)


def _tell_added(walk: Walk, one: Schema, other: Schema, fresh: list[Any]) -> None:
    announced = "x-extensible-enum" in one.notes
    kept = {key(value) for value in _plain(other)} - {key(value) for value in fresh}
    effect = Effect.NONE if announced else Effect.LOOSENS if kept or one.values is None else Effect.WIDENS  # nothing that was known is left
    what = f"{_listed(fresh)} {'are' if len(fresh) > 1 else 'is'} new among the values of {walk.subject}"
    what += ", which was marked as open to new ones" if announced else ""
    new = f"{_listed(fresh, 'or')} as {walk.some}"
    walk.tell("enum-value-added", effect, one.place("enum", "const"), other.place("enum", "const"), what, new=new)


def _plain(schema: Schema) -> list[Any]:
    """The values but null, which is told of by itself."""
    return [value for value in schema.values or () if value is not None]


def _listed(values: list[Any], word: str = "and") -> str:
    return listed([shown(value) for value in values], word)
