"""Descriptions, and fields without a meaning in the specification: changes are reported, but break nobody."""

from __future__ import annotations

import json
from typing import Any

from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node

_IDS = {
    "description": "description-changed",
    "summary": "summary-changed",
    "title": "title-changed",
    "example": "example-changed",
    "examples": "example-changed",
    "externalDocs": "external-docs-changed",
}
_LONGEST = 60


def definition(node: Node) -> Node:
    """What a node says or refers to. In 3.1 a reference may bring a description of its own, which then counts."""
    target = node.resolved()
    if target is node or not node.document.version.startswith("3.1") or not isinstance(target.value, dict):
        return target
    own = {word: node.value[word] for word in ("summary", "description") if word in node.value}
    return Node({**target.value, **own}, target.pointer, target.document) if own else target


def compare_words(base: Node, head: Node, context: Context, known: frozenset[str]) -> None:
    """Everything but x- words and what somebody else compares, whose names are `known`."""
    for key in dict.fromkeys((*_keys(base), *_keys(head))):
        if key in known or key.startswith("x-") or key == "$ref":
            continue
        before, after = base.get(key), head.get(key)
        if _same_words(key, before, after):
            continue
        done = "added" if before is None else "removed" if after is None else "changed"
        if key in _IDS:
            context.report(
                _IDS[key], Level.INFO, before or base, after or head, f"The {_name(key)} was {done}. That is for people: no client is hurt."
            )
        else:
            text = f"`{key}` was {done}. It bears on no request and no answer: no client is hurt."
            context.report("other-field-changed", Level.INFO, before or base, after or head, text)


def same(base: Any, head: Any) -> bool:
    """Whether two values are equal but for x- words; `1` and `true` are not, nor is the order of keys seen."""
    if isinstance(base, dict) and isinstance(head, dict):
        ours, theirs = ({key: part for key, part in one.items() if not key.startswith("x-")} for one in (base, head))
        return ours.keys() == theirs.keys() and all(same(part, theirs[key]) for key, part in ours.items())
    if isinstance(base, list) and isinstance(head, list):
        return len(base) == len(head) and all(map(same, base, head))
    return isinstance(base, bool) == isinstance(head, bool) and bool(base == head)


def shown(value: Any) -> str:
    """A value in a sentence, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def listed(words: list[str], last: str = "and") -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{word}`" for word in words]
    return f" {last} ".join((", ".join(quoted[:-1]), quoted[-1])) if len(quoted) > 1 else "".join(quoted)


def deprecated(node: Node) -> bool:
    """Whether it is marked as on its way out."""
    return bool(node.of("deprecated", bool, False))


def sunset(node: Node) -> str:
    """When it goes, as far as anybody says, for the end of a sentence."""
    date = node.of("x-sunset", str, "")
    return f"it is announced to go away on {date}" if date else "no date is announced on which it goes away"


def _keys(node: Node) -> list[str]:
    return [str(key) for key, _ in node.items()]


def _same_words(key: str, base: Node | None, head: Node | None) -> bool:
    if base is None or head is None:
        return base is head
    if key == "examples":
        return same(*({name: one.resolved().value for name, one in node.items()} or node.value for node in (base, head)))
    return same(base.value, head.value)


def _name(key: str) -> str:
    return {"externalDocs": "link to further documentation", "examples": "list of examples"}.get(key, key)
