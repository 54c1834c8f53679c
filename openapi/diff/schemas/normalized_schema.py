"""A schema in one form, whatever the version and however it is put together.

`$ref` is followed, `allOf` merged, `nullable`, boolean `exclusiveMinimum`, `const` and unions with `null` are put as 3.1 would put them
with the fewest words. A schema is read from a tuple of nodes that all hold at once, since that is what `allOf` makes of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from openapi.diff.document_tree import Node

Parts = tuple[Node, ...]
"""Nodes of schemas that hold at once; none of them says that anything is allowed."""

TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
COUNTS = {"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties", "maxContains", "minContains"}
ANNOTATIONS = (
    "title", "description", "example", "examples", "externalDocs", "xml", "default", "deprecated", "readOnly", "writeOnly",
    "contentEncoding", "contentMediaType", "x-extensible-enum", "x-sunset", "$comment",
)  # fmt: skip
SINGLE = ("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema")


@dataclass(slots=True)
class Union:
    """Alternatives: of `oneOf` exactly one must hold, of `anyOf` at least one."""

    word: str
    node: Node
    alternatives: list[Parts]


@dataclass(slots=True)
class Schema:
    """What a schema says. Places are kept by keyword, for lines and pointers."""

    node: Node | None
    never: Node | None = None
    types: frozenset[str] | None = None
    nullable: bool = False
    values: list[Any] | None = None
    bounds: dict[str, Any] = field(default_factory=dict)
    steps: set[Any] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    formats: set[str] = field(default_factory=set)
    unique: bool = False
    properties: dict[str, Parts] = field(default_factory=dict)
    pattern_properties: dict[str, Parts] = field(default_factory=dict)
    required: dict[str, None] = field(default_factory=dict)
    additional: Parts = ()
    items: Parts = ()
    prefix: list[Parts] = field(default_factory=list)
    unions: list[Union] = field(default_factory=list)
    single: dict[str, Parts] = field(default_factory=dict)
    nots: list[Parts] = field(default_factory=list)
    conditions: list[Node] = field(default_factory=list)
    dependent_required: dict[str, set[str]] = field(default_factory=dict)
    dependent_schemas: dict[str, Parts] = field(default_factory=dict)
    annotations: dict[str, Any] = field(default_factory=dict)
    discriminator: Node | None = None
    places: dict[str, Node] = field(default_factory=dict)

    def place(self, *words: str) -> Node | None:
        """Where one of these keywords stands, or the schema itself."""
        return next((self.places[word] for word in words if word in self.places), self.node)

    @property
    def takes_null(self) -> bool:
        """Whether null is among what it allows, as far as type and enum say."""
        if self.values is not None and not any(value is None for value in self.values):
            return False
        return self.nullable or self.types is None or "null" in self.types

    @property
    def closed(self) -> bool:
        """Whether properties that it does not name are refused."""
        return any(part.value is False for part in self.additional)

    def property(self, name: str) -> Parts | None:
        """What it says of a property of that name on purpose; None where it says nothing of it."""
        found = self.properties.get(name, ())
        matching = [part for pattern, parts in self.pattern_properties.items() if matches(pattern, name) for part in parts]
        return (*found, *matching) if name in self.properties or matching else None


def schema_parts(node: Node | None) -> Parts:
    """The node as parts; nothing where it is missing or allows anything by saying `true`."""
    return () if node is None or node.value is True or node.value == {} else (node,)


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern finds something in a text; a pattern that Python cannot read finds nothing."""
    try:
        return re.search(pattern, text) is not None
    except (re.error, RecursionError, OverflowError):
        return False


def identity(parts: Parts) -> tuple[Any, ...]:
    """The same for the same parts, wherever they are referred from."""
    return tuple([mark(part) for part in parts])


def mark(node: Node) -> tuple[int, Any]:
    """Like the node's identity, but quick to hash: a mapping is known by itself, anything else by its place."""
    return id(node.document), id(node.value) if isinstance(node.value, dict) else node.pointer
