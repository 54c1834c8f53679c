"""The encoding of the parts of a form or a multipart body."""

from __future__ import annotations

from typing import Any

from openapi.diff.annotations import compare_words, same, shown
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node
from openapi.schemas import Direction

_KNOWN = frozenset({"contentType", "style", "explode", "allowReserved", "headers"})


def compare_encodings(base: Node, head: Node, context: Context) -> None:
    """Both sides' media types, of which only `encoding` is looked at."""
    before, after = (dict(node.items()) for node in (base.get("encoding") or _none(base), head.get("encoding") or _none(head)))
    for name in dict.fromkeys((*before, *after)):
        if not name.startswith("x-"):
            _compare_part(name, before.get(name) or _none(base), after.get(name) or _none(head), context)


def _none(holder: Node) -> Node:
    """What stands in for an encoding that is not there."""
    return Node({}, holder.pointer, holder.document)


def _compare_part(name: str, base: Node, head: Node, context: Context) -> None:
    before, after = _types(base), _types(head)
    if before != after:
        narrower = bool(after) and not (before and before <= after)
        wider = bool(before) and not (after and after <= before)
        level = min(([context.narrows] if narrower else []) + ([context.widens] if wider else []), key=list(Level).index)
        hurt = ": who sends or reads it as before fails" if level is Level.BREAKING else ": nobody is hurt"
        text = f"The part `{name}` of the body is {_either(after)} from now on, where it was {_either(before)}{hurt}."
        context.report("encoding-content-type-changed", level, base, head, text)
    for word, old, new in _styles(base, head):
        if old != new:
            who = "sent" if context.direction is Direction.REQUEST else "read"
            text = (
                f"The part `{name}` of the body is written in another way (`{word}` was {shown(old)} and is {shown(new)}): "
                f"what is {who} in the old way fails."
            )
            context.report("encoding-style-changed", Level.BREAKING, base, head, text)
    if not same(*(node.of("headers", dict, {}) for node in (base, head))):
        text = f"The headers of the part `{name}` changed, and nobody can decide here whether that hurts: look at both."
        context.report("encoding-headers-changed", Level.WARNING, base.get("headers") or base, head.get("headers") or head, text)
    compare_words(base, head, context, _KNOWN)


def _types(node: Node) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in node.of("contentType", str, "").split(",") if part.strip())


def _either(types: frozenset[str]) -> str:
    return " or ".join(f"`{one}`" for one in sorted(types)) or "of any type"


def _styles(base: Node, head: Node) -> list[tuple[str, Any, Any]]:
    """How both are written, with what holds where nothing is said."""
    styles = [node.of("style", str, "form") for node in (base, head)]
    apart = [node.of("explode", bool, style == "form") for node, style in zip((base, head), styles, strict=True)]
    raw = [node.of("allowReserved", bool, False) for node in (base, head)]
    return [("style", *styles), ("explode", *apart), ("allowReserved", *raw)]
