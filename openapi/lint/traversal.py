"""Every location of a document whose kind is known, including those in referenced files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openapi.diff.document_tree import Node
from openapi.parsing.errors import SourceError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_NAMED_SCHEMAS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_LISTED_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE_SCHEMAS = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip

# Which kind of node stands under which key: * means a mapping from names to such nodes, [] a list of them. The key * stands for every
# key of the node. What a callback or webhook describes is a call by the API, not to it.
_SHAPES: Mapping[str, Mapping[str, str]] = {
    "root": {
        "info": "info", "servers": "[]server", "paths": "*path", "webhooks": "*pushed path", "components": "components",
        "tags": "[]tag",
    },
    "info": {"contact": "contact", "license": "license"},
    "server": {"variables": "*server variable"},
    "components": {
        "schemas": "*schema", "responses": "*response", "parameters": "*parameter", "headers": "*header",
        "requestBodies": "*body", "securitySchemes": "*security scheme", "links": "*link", "examples": "*example",
        "callbacks": "*callback", "pathItems": "*path",
    },
    "path": {"parameters": "[]parameter", "servers": "[]server", **dict.fromkeys(METHODS, "operation")},
    "operation": {
        "parameters": "[]parameter", "requestBody": "body", "responses": "*response", "callbacks": "*callback", "servers": "[]server",
    },
    "callback": {"*": "pushed path"},
    "pushed path": {"parameters": "[]parameter", "servers": "[]server", **dict.fromkeys(METHODS, "pushed operation")},
    "pushed operation": {
        "parameters": "[]parameter", "requestBody": "body", "responses": "*response", "callbacks": "*callback", "servers": "[]server",
    },
    "body": {"content": "*media type"},
    "parameter": {"schema": "schema", "content": "*media type", "examples": "*example"},
    "header": {"schema": "schema", "content": "*media type", "examples": "*example"},
    "response": {"headers": "*header", "content": "*media type", "links": "*link"},
    "media type": {"schema": "schema", "examples": "*example", "encoding": "*encoding"},
    "encoding": {"headers": "*header"},
    "link": {"server": "server"},
    "schema": {
        **dict.fromkeys(_NAMED_SCHEMAS, "*schema"), **dict.fromkeys(_LISTED_SCHEMAS, "[]schema"), **dict.fromkeys(_SINGLE_SCHEMAS, "schema"),
    },
}  # fmt: skip


def walk(root: Node) -> Iterator[tuple[str, Node]]:
    """Each mapping of a known kind, once, in the order in which they are written; what is referred to comes with who refers first."""
    seen: set[object] = set()
    waiting = [("root", root)]
    while waiting:
        kind, node = waiting.pop()
        if not isinstance(node.value, Mapping) or (kind, node.identity) in seen:
            continue
        seen.add((kind, node.identity))
        yield kind, node
        waiting += reversed(list(_children(kind, node)))


def is_reference(node: Node) -> bool:
    """Whether a node is nothing but a way to another one."""
    return isinstance(node.value, Mapping) and isinstance(node.value.get("$ref"), str)


def followed(node: Node | None) -> Node | None:
    """The node itself, or what it refers to; None where that is nowhere, which the rule `reference` tells."""
    try:
        return None if node is None else node.resolved()
    except SourceError:
        return None


def _children(kind: str, node: Node) -> Iterator[tuple[str, Node]]:
    if is_reference(node) and kind != "root":
        target = followed(node)
        if target is not None:
            yield kind, target
        if kind not in ("schema", "path", "pushed path"):
            return
    shape = _SHAPES.get(kind, {})
    for key, child in node.items():
        child_kind = shape.get(key) or shape.get("*")
        if child_kind is None or (key.startswith("x-") and kind in ("callback", "components")):
            continue
        if child_kind.startswith("*"):
            yield from ((child_kind[1:], part) for name, part in child.items() if not _is_foreign(child_kind, name))
        elif child_kind.startswith("[]"):
            yield from ((child_kind[2:], part) for part in child.elements())
        elif isinstance(child.value, list):  # 3.0 knows no list of items, but documents have them
            yield from ((child_kind, part) for part in child.elements())
        else:
            yield child_kind, child


def _is_foreign(kind: str, name: str) -> bool:
    """Paths, answers and webhooks may stand beside x- words; a schema or header may be called so."""
    return name.startswith("x-") and kind in ("*path", "*response", "*pushed path")
