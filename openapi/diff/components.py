"""Unused components: their changes affect no request and no response.

What is used is compared where it is used, since only there it is known which way it travels.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openapi.diff.annotations import same
from openapi.diff.changes import Context, Level
from openapi.diff.document_tree import Node

Name = tuple[str, str]
"""Of a component: `("schemas", "Customer")`."""

_ELSEWHERE = "securitySchemes"  # compared by name, used or not
_PREFIX = "#/components/"


def compare_unused(base: Node, head: Node, context: Context) -> None:
    """Both documents, of which only such components are looked at that one of them does not use."""
    before, after = _components(base), _components(head)
    used_before, used_after = _used(base, before), _used(head, after)
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        idle = (old is not None and name not in used_before) or (new is not None and name not in used_after)
        if not idle or (old is not None and new is not None and same(old.value, new.value)):
            continue
        inner, what = context.at(f"component {name[1]}"), f"`{name[1]}` of components/{name[0]}"
        if old is None:
            inner.report("unused-component-added", Level.INFO, base, new, f"{what} is new, and nothing refers to it: no client is hurt.")
        elif new is None:
            inner.report("unused-component-removed", Level.INFO, old, head, f"{what} is gone, and nothing referred to it: no client is hurt.")
        else:
            text = f"{what} changed, and nothing refers to it on one of both sides: what it means for clients is told where it is used."
            inner.report("unused-component-changed", Level.INFO, old, new, text)


def _components(root: Node) -> dict[Name, Node]:
    components = root.get("components")
    if components is None:
        return {}
    return {
        (kind, name): node
        for kind, group in components.items()
        if kind != _ELSEWHERE and not kind.startswith("x-")
        for name, node in group.items()
        if not name.startswith("x-")
    }


def _used(root: Node, components: dict[Name, Node]) -> set[Name]:
    """What is reached from anywhere outside of components, over any number of references."""
    used: set[Name] = set()
    waiting: list[Any] = [part for key, part in root.value.items() if key != "components"]
    while waiting:
        for name in _referred(waiting.pop()):
            if name in components and name not in used:
                used.add(name)
                waiting.append(components[name].value)
    return used


def _referred(value: Any) -> Iterable[Name]:
    """The components that a value names, by `$ref` or in a discriminator's mapping."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [part for part in value if type(part) in (dict, list)]
        elif isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_PREFIX):
                yield _named(reference)
            mapping = value.get("mapping")
            if isinstance(mapping, dict) and "propertyName" in value:
                yield from (_named(target) for target in mapping.values() if isinstance(target, str))
            waiting += [part for part in value.values() if type(part) in (dict, list)]


def _named(reference: str) -> Name:
    kind, _, rest = reference.removeprefix(_PREFIX).partition("/")
    if not reference.startswith(_PREFIX):
        return "schemas", reference
    return kind, rest.partition("/")[0].replace("~1", "/").replace("~0", "~")
