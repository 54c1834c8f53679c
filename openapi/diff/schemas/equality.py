"""Whether two schemas are identical, with references resolved: a fast check for what did not change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.schemas.normalized_schema import Parts, mark


class SchemaEquality:
    """Remembers what it found: a component is looked at once, however many operations use it."""

    def __init__(self) -> None:
        self._known: dict[Any, bool] = {}
        self._texts: dict[Any, str] = {}

    def same(self, base: Parts, head: Parts) -> bool:
        """Whether both say the same in the same words."""
        if len(base) == len(head) == 1:
            return self._pair(base[0], head[0])
        return len(base) == len(head) and all(self._pair(one, other) for one, other in zip(base, head, strict=True))

    def _pair(self, base: Node, head: Node) -> bool:
        first = (mark(base), mark(head))
        if first not in self._known:
            self._explore(base, head)
        return self._known[first]

    def _explore(self, base: Node, head: Node) -> None:
        """Settles the pair and all that it leads to: what differs makes whatever leads to it differ, and the rest is the same."""
        leads: dict[Any, list[Any]] = {}
        different: list[Any] = []
        waiting: list[tuple[Node, Node, Any]] = [(base, head, None)]
        while waiting:
            one, other, origin = waiting.pop()
            pair = (mark(one), mark(other))
            if self._known.get(pair) is True:
                continue
            new = pair not in leads
            leads.setdefault(pair, []).append(origin)
            if not new:
                continue
            if self._known.get(pair) is False or self._text(one) != self._text(other):
                different.append(pair)
            else:
                waiting += [(old, fresh, pair) for old, fresh in zip(_targets(one), _targets(other), strict=False)]
        self._known.update(dict.fromkeys(leads, True))
        while different:
            pair = different.pop()
            if pair is not None and self._known.get(pair) is True:
                self._known[pair] = False
                different += leads[pair]

    def _text(self, node: Node) -> str:
        key = mark(node)
        if key not in self._texts:
            self._texts[key] = written(node.value)
        return self._texts[key]


def written(value: Any) -> str:
    """A value as text, the same for the same JSON value."""
    try:
        return json.dumps(value, sort_keys=True, default=repr)
    except (TypeError, ValueError):
        return repr(value)


def _targets(node: Node) -> Iterator[Node]:
    """What the references in it lead to, in an order that depends on the text alone."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.value, Mapping):
            reference = one.value.get("$ref")
            if isinstance(reference, str):
                yield one.document.referred(reference, one.pointer)
            waiting += [part for _, part in sorted(one.items(), key=lambda item: str(item[0]))]
        else:
            waiting += one.elements()
