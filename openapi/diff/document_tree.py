"""A document as a tree of nodes that know their location."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from openapi.parsing.errors import SourceError

Pointer = tuple[str | int, ...]


class Document(Protocol):
    """One file of one side. `label` is how it was named; `line` tells where a pointer's value stands, from 1."""

    label: str
    root: Any

    @property
    def version(self) -> str:
        """`3.0` or `3.1`, as the document of that side says from which this file was reached."""

    def line(self, pointer: Pointer) -> int: ...

    def referred(self, reference: str, pointer: Pointer) -> Node:
        """The node that a `$ref` at that pointer names; SourceError where there is none, or it may not be followed."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value at its place."""

    value: Any
    pointer: Pointer
    document: Document

    @property
    def line(self) -> int:
        return self.document.line(self.pointer)

    @property
    def json_pointer(self) -> str:
        """RFC 6901; empty for the whole document."""
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.pointer)

    @property
    def identity(self) -> tuple[int, Pointer]:
        """The same for the same place, however it was reached."""
        return id(self.document), self.pointer

    def resolved(self) -> Node:
        """Itself, or what its `$ref` leads to in the end. SourceError for one that leads nowhere, or round in a circle."""
        node, seen = self, set[tuple[int, Pointer]]()
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            if node.identity in seen:
                what = f"refers to `{node.value['$ref']}`, which leads back here: a reference must end at a definition"
                raise SourceError(node.document.label, what, node.line)
            seen.add(node.identity)
            node = node.document.referred(node.value["$ref"], node.pointer)
        return node

    def get(self, key: str | int) -> Node | None:
        """The part of that name or number; None where there is none. A reference is not followed."""
        if isinstance(self.value, dict):
            return Node(self.value[key], (*self.pointer, key), self.document) if key in self.value else None
        if isinstance(self.value, list) and isinstance(key, int) and 0 <= key < len(self.value):
            return Node(self.value[key], (*self.pointer, key), self.document)
        return None

    def items(self) -> Iterator[tuple[str, Node]]:
        """The parts of a mapping by name, in order; none of anything else."""
        if isinstance(self.value, dict):
            for key in self.value:
                yield key, Node(self.value[key], (*self.pointer, key), self.document)

    def elements(self) -> Iterator[Node]:
        """The elements of a list; none of anything else."""
        if isinstance(self.value, list):
            for number, value in enumerate(self.value):
                yield Node(value, (*self.pointer, number), self.document)

    def of(self, key: str, kind: Callable[[Any], Any], default: Any) -> Any:
        """A part's plain value where it is of a kind, such as `str`; else the default."""
        value = self.value.get(key, default) if isinstance(self.value, dict) else default
        return value if isinstance(value, kind) else default  # type: ignore[arg-type]
