"""`enum` and `const`: the listed values."""

from __future__ import annotations

from typing import Any

from openapi.diff.schemas.comparison import Cursor
from openapi.diff.schemas.effects import Effect
from openapi.diff.schemas.inclusion import refused
from openapi.diff.schemas.keyword_readers import key
from openapi.diff.schemas.normalized_schema import Parts, Schema
from openapi.diff.schemas.sentences import listed, shown


def compare_enums(cursor: Cursor, base: Parts, head: Parts, one: Schema, other: Schema) -> bool:
    """Whether one side lists its values, so that its bounds and patterns say nothing more."""
    if one.values is None and other.values is None:
        return False
    if one.values is not None and other.values is not None:
        _compare_lists(cursor, (one, _allowed(cursor, base, one)), (other, _allowed(cursor, head, other)))
    elif other.values is not None:
        _became_listed(cursor, base, one, other)
    else:
        _became_free(cursor, head, one, other)
    return True


def _became_listed(cursor: Cursor, base: Parts, one: Schema, other: Schema) -> None:
    values = _plain(other)
    if one.types == frozenset({"boolean"}) and {key(value) for value in values} >= {key(True), key(False)}:
        return
    what = f"{cursor.subject} was free, and has to be {_listed(values, 'or')} now"
    cursor.report("became-enum", Effect.NARROWS, one.node, other.place("enum", "const"), what, old=f"anything else as {cursor.some}")
    fresh = refused(cursor, base, values)
    if fresh:
        _report_added(cursor, one, other, fresh)


def _became_free(cursor: Cursor, head: Parts, one: Schema, other: Schema) -> None:
    values = _plain(one)
    if other.types == frozenset({"boolean"}) and {key(value) for value in values} >= {key(True), key(False)}:
        return
    what = f"{cursor.subject} had to be {_listed(values, 'or')}, and is free now"
    cursor.report("enum-removed", Effect.WIDENS, one.place("enum", "const"), other.node, what, new=f"other values as {cursor.some}")
    gone = refused(cursor, head, values)
    if gone:
        _report_removed(cursor, one, other, gone)


def _allowed(cursor: Cursor, parts: Parts, schema: Schema) -> list[Any]:
    """The listed values but null, without those that another keyword beside the list refuses."""
    values = _plain(schema)
    if not (schema.bounds or schema.steps or schema.patterns or schema.formats):
        return values
    lost = {key(value) for value in refused(cursor, parts, values)}
    return [value for value in values if key(value) not in lost]


def _compare_lists(cursor: Cursor, base: tuple[Schema, list[Any]], head: tuple[Schema, list[Any]]) -> None:
    (one, before), (other, after) = base, head
    old, new = {key(value): value for value in before}, {key(value): value for value in after}
    gone = [value for name, value in old.items() if name not in new]
    fresh = [value for name, value in new.items() if name not in old]
    if gone:
        _report_removed(cursor, one, other, gone)
    if fresh:
        _report_added(cursor, one, other, fresh)


def _report_removed(cursor: Cursor, one: Schema, other: Schema, gone: list[Any]) -> None:
    what = f"{_listed(gone)} {'are' if len(gone) > 1 else 'is'} no longer among the values of {cursor.subject}"
    old = f"{_listed(gone, 'or')} as {cursor.some}"
    cursor.report("enum-value-removed", Effect.NARROWS, one.place("enum", "const"), other.place("enum", "const"), what, old=old)


def _report_added(cursor: Cursor, one: Schema, other: Schema, fresh: list[Any]) -> None:
    announced = "x-extensible-enum" in one.annotations
    kept = {key(value) for value in _plain(other)} - {key(value) for value in fresh}
    effect = Effect.NONE if announced else Effect.LOOSENS if kept or one.values is None else Effect.WIDENS  # nothing that was known is left
    what = f"{_listed(fresh)} {'are' if len(fresh) > 1 else 'is'} new among the values of {cursor.subject}"
    what += ", which was marked as open to new ones" if announced else ""
    new = f"{_listed(fresh, 'or')} as {cursor.some}"
    cursor.report("enum-value-added", effect, one.place("enum", "const"), other.place("enum", "const"), what, new=new)


def _plain(schema: Schema) -> list[Any]:
    """The values but null, which is told of by itself."""
    return [value for value in schema.values or () if value is not None]


def _listed(values: list[Any], word: str = "and") -> str:
    return listed([shown(value) for value in values], word)
