"""A document as rules look at it: its places by kind, its operations, and which schemas travel which way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from openapi.diff.document_tree import Node
from openapi.diff.source import Source
from openapi.lint.operations import Operation, operations
from openapi.lint.schema_uses import SchemaReader, SchemaUse, media_types, uses_of
from openapi.lint.source_text import SourceTexts
from openapi.lint.traversal import is_reference, walk
from openapi.schemas import Direction


class Api:
    """Made once for a run; everything is worked out when a rule asks for it."""

    def __init__(self, source: Source) -> None:
        self.source, self.root, self.version = source, source.root, source.version
        self.texts = SourceTexts(source)
        self.read = SchemaReader()

    @cached_property
    def places(self) -> list[tuple[str, Node]]:
        """Every place of a known kind, references too."""
        return list(walk(self.root))

    def of_kind(self, *kinds: str) -> Iterator[Node]:
        """The places of these kinds that say something themselves."""
        return (node for kind, node in self.places if kind in kinds and (not is_reference(node) or (kind == "schema" and len(node.value) > 1)))

    @property
    def references(self) -> Iterator[tuple[str, Node]]:
        """The places that refer to others, with the kind that is wanted there."""
        return ((kind, node) for kind, node in self.places if kind != "root" and is_reference(node))

    @cached_property
    def everything(self) -> list[Operation]:
        """The operations of paths, callbacks and webhooks."""
        return list(operations(self.root))

    @cached_property
    def operations(self) -> list[Operation]:
        """Those that a client calls."""
        return [one for one in self.everything if not one.pushed]

    @cached_property
    def by_id(self) -> dict[str, Operation]:
        """The operations that have an id; of two with one id the first."""
        named: dict[str, Operation] = {}
        for one in self.everything:
            named.setdefault(one.node.of("operationId", str, ""), one)
        named.pop("", None)
        return named

    @cached_property
    def schema_uses(self) -> list[SchemaUse]:
        """The schemas that travel."""
        return list(uses_of(self.everything, self.read))

    @cached_property
    def directions(self) -> dict[Any, set[Direction]]:
        """Which way each media type travels, by the identity of its node."""
        found: dict[Any, set[Direction]] = {}
        for operation in self.everything:
            for direction, _, node in media_types(operation):
                found.setdefault(node.identity, set()).add(direction)
        return found

    def component(self, section: str, name: str) -> Node | None:
        """A component of the document by its name."""
        components = self.root.get("components")
        listed = None if components is None else components.get(section)
        return None if listed is None else listed.get(name)
