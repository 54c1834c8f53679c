"""Compares two schemas that are written down as values, as if they stood in two documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openapi.diff.changes import Change, Changes, Context, Level
from openapi.diff.document_tree import Node, Pointer
from openapi.diff.schemas import compare_schemas
from openapi.schemas import Direction

PATHS = {Direction.REQUEST: "request body", Direction.ANSWER: "answer 200"}


@dataclass
class Written:
    """A document that is a value."""

    root: Any
    label: str = "spec.yaml"

    def line(self, pointer: Pointer) -> int:
        return len(pointer) + 1

    def referred(self, reference: str, pointer: Pointer) -> Node:
        assert pointer is not None
        value, place = self.root, []
        for part in reference.removeprefix("#/").split("/"):
            step: str | int = int(part) if isinstance(value, list) else part
            value = value[step]
            place.append(step)
        return Node(value, tuple(place), self)


def document(schema: Any, components: dict[str, Any] | None = None, version: str = "3.1.0") -> Node:
    root = {"openapi": version, "schema": schema, "components": {"schemas": components or {}}}
    return Node(schema, ("schema",), Written(root))


def compare(base: Node | None, head: Node | None, direction: Direction, path: str = "") -> list[Change]:
    changes = Changes()
    compare_schemas(base, head, Context(changes, "POST /things", direction, path or PATHS[direction]))
    return list(changes)


def worst(changes: list[Change]) -> str:
    """`none` where nothing is told."""
    return min((change.level for change in changes), key=list(Level).index, default="none")
