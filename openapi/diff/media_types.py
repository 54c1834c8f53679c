"""The media types of a body, and the schema of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from openapi.diff.annotations import compare_words
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.diff.encodings import compare_encodings
from openapi.diff.schemas import compare_schemas
from openapi.schemas import Direction

_KNOWN = frozenset({"schema", "encoding"})


@dataclass(frozen=True, slots=True)
class _Type:
    """A media type or a range of them, as it is written under `content`."""

    written: str
    node: Node

    @property
    def essence(self) -> str:
        """Without parameters."""
        return self.written.partition(";")[0].strip().lower()

    @property
    def normal(self) -> tuple[str, ...]:
        """The same for media types that mean the same."""
        return self.essence, *sorted(part.strip().lower() for part in self.written.split(";")[1:] if part.strip())

    def includes(self, other: _Type, direction: Direction) -> bool:
        """Whether it is wider: `application/*` than JSON; and who reads JSON reads `application/problem+json` too."""
        kind, _, form = self.essence.partition("/")
        its_kind, _, its_form = other.essence.partition("/")
        if self.essence == other.essence:
            return False
        if kind == "*":
            return True
        return kind == its_kind and (form == "*" or (direction is Direction.ANSWER and its_form.endswith(f"+{form}")))


def compare_media_types(base: Node | None, head: Node | None, context: Context) -> None:
    """Both sides' `content`; None for no body at all."""
    old, new = _types(base), _types(head)
    several = len({one.normal for one in (*old, *new)}) > 1
    for before, after in _pairs(old, new, context):
        part = context.within(f"{context.path} as {before.written}") if several else context
        compare_schemas(before.node.get("schema"), after.node.get("schema"), part)
        compare_encodings(before.node, after.node, part)
        compare_words(before.node, after.node, part, _KNOWN)
    for gone in old:
        _report_removed(gone, new, head, context)
    for come in new:
        _report_added(come, base, context)


def _types(content: Node | None) -> list[_Type]:
    return [] if content is None else [_Type(key, node) for key, node in content.items() if not key.startswith("x-")]


def _pairs(old: list[_Type], new: list[_Type], context: Context) -> list[tuple[_Type, _Type]]:
    """Who is whose successor; both are taken out of their lists, and a successor that is not quite the same is told."""
    pairs = _taken(old, new, lambda before, after: before.normal == after.normal)
    for before, after in (found := _taken(old, new, lambda before, after: before.essence == after.essence)):
        text = f"The media type is written `{after.written}`, where it was `{before.written}`: only its parameters differ, which clients ignore."
        context.report("media-type-parameters-changed", Level.INFO, before.node, after.node, text)
    pairs += found
    for before, after in (found := _taken(old, new, lambda before, after: after.includes(before, context.direction))):
        what = "may be sent in more forms" if context.direction is Direction.REQUEST else "may come in a form that clients do not read"
        text = f"The media type is the wider `{after.written}`, where it was `{before.written}`: the body {what}."
        context.report("media-type-generalized", context.widens, before.node, after.node, text)
    pairs += found
    for before, after in (found := _taken(old, new, lambda before, after: before.includes(after, context.direction))):
        who = "clients that send another form of it are refused" if context.direction is Direction.REQUEST else "who reads the old one reads it too"
        text = f"The media type is `{after.written}`, where it was the wider `{before.written}`: {who}."
        context.report("media-type-specialized", context.narrows, before.node, after.node, text)
    return pairs + found


def _taken(old: list[_Type], new: list[_Type], fits: Callable[[_Type, _Type], bool]) -> list[tuple[_Type, _Type]]:
    """Pairs that fit. A range may be the successor of several, and several its successors."""
    pairs = [(before, after) for before in old for after in new if fits(before, after)]
    for before, after in pairs:
        if before in old:
            old.remove(before)
        if after in new:
            new.remove(after)
    return pairs


def _report_removed(gone: _Type, new: list[_Type], head: Node | None, context: Context) -> None:
    instead = f"; new is {', '.join(f'`{one.written}`' for one in new)}" if new else ""
    if context.direction is Direction.REQUEST:
        text = f"Clients that send a body of the type `{gone.written}` are refused from now on: it is taken no longer{instead}."
    else:
        who = "Receivers" if context.pushed else "Clients"
        text = f"{who} that read `{gone.written}` get it no longer{instead}."
    context.report("media-type-removed", Level.BREAKING, gone.node, head, text)


def _report_added(come: _Type, base: Node | None, context: Context) -> None:
    if context.pushed and context.direction is Direction.ANSWER and base is not None and base.value:
        text = f"The body may come as `{come.written}` too, and receivers are not asked which type they read."
        context.report("media-type-added", Level.WARNING, base, come.node, text)
        return
    text = f"The body may also be of the type `{come.written}`: clients that use another one are not hurt."
    context.report("media-type-added", Level.INFO, base, come.node, text)
