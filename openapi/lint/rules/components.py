"""Unused components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openapi.diff.document_tree import Node
from openapi.lint.api import Api
from openapi.lint.finding import Drop, Found
from openapi.lint.registry import rule
from openapi.parsing.errors import SourceError

_DATA = frozenset({"example", "default", "enum", "const", "value"})
"""Under these words stand values that clients see, unless they are names that the author gave."""
_NAMING = frozenset(
    {"properties", "patternProperties", "responses", "schemas", "parameters", "headers", "links", "examples", "callbacks", "$defs", "content"}
)


@rule("component-unused", "warning", "Every component is used by an operation, directly or through other components.", fixable=True)
def component_unused(api: Api) -> Iterator[Found]:
    components = api.root.get("components")
    if components is None or not api.everything:
        return  # a library of components is there for others
    used = _Use(api).reached()
    for section, listed in components.items():
        for name, node in listed.items() if not section.startswith("x-") else ():
            if node.pointer not in used and not name.startswith("x-"):
                yield Found(node, f"nothing uses `{name}` of `{section}`: remove it, or refer to it", Drop(node.pointer))


class _Use:
    """Follows everything that may name a component, from the document's own parts onwards."""

    def __init__(self, api: Api) -> None:
        self._api, self._document = api, api.root.document
        self._used: set[tuple[str | int, ...]] = set()
        self._seen: set[object] = set()
        self._waiting: list[Node] = [part for key, part in api.root.items() if key != "components"]

    def reached(self) -> set[tuple[str | int, ...]]:
        for name in self._security(self._api.root):
            self._use(self._api.component("securitySchemes", name))
        while self._waiting:
            node = self._waiting.pop()
            if not isinstance(node.value, dict | list) or node.identity in self._seen:
                continue
            self._seen.add(node.identity)
            for target in self._named(node):
                self._use(target)
            parts = [part for key, part in node.items() if key not in _DATA or (node.pointer and node.pointer[-1] in _NAMING)]
            self._waiting += [*parts, *node.elements()]
        return self._used

    def _use(self, target: Node | None) -> None:
        """What is used, and the component that it is a part of."""
        if target is None:
            return
        self._waiting.append(target)
        if target.document is self._document and target.pointer[:1] == ("components",):
            whole = self._api.component(str(target.pointer[1]), str(target.pointer[2])) if len(target.pointer) > 2 else None
            if whole is not None and whole.pointer not in self._used:
                self._used.add(whole.pointer)
                self._waiting.append(whole)

    def _named(self, node: Node) -> Iterator[Node | None]:
        value: Any = node.value
        if not isinstance(value, Mapping):
            return
        mapping = value["discriminator"].get("mapping") if isinstance(value.get("discriminator"), Mapping) else None
        named = [value.get(word) for word in ("$ref", "$dynamicRef", "operationRef")] + list(mapping.values() if isinstance(mapping, Mapping) else ())
        for target in named:
            if isinstance(target, str):
                yield self._api.component("schemas", target) or self._referred(node, target)
        yield from (self._api.component("securitySchemes", name) for name in self._security(node))

    def _referred(self, node: Node, target: str) -> Node | None:
        try:
            return node.document.referred(target, node.pointer)
        except SourceError:
            return None

    def _security(self, node: Node) -> list[str]:
        """The schemes that an operation's or the document's requirements name."""
        listed = node.value.get("security") if isinstance(node.value, Mapping) else None
        return [name for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping) for name in one]
