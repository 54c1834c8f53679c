"""A change, its level, and the collection of changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from openapi.diff.document_tree import Node
from openapi.schemas import Direction


class Level(StrEnum):
    """How bad a change is, worst first."""

    BREAKING = "breaking"
    """What a client that was written against the base does may go wrong."""
    WARNING = "warning"
    """It hurts a careless client, or nobody can decide whether it hurts one."""
    INFO = "info"
    """It hurts nobody."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file as it was named, a JSON pointer, and the line, from 1."""

    file: str
    pointer: str
    line: int


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, and whom it hurts how."""

    id: str
    """Of its kind, such as `request-property-became-required`."""
    level: Level
    operation: str
    """`POST /invoices`; empty where it is of the whole document."""
    path: str
    """Where in the operation, in words: `request body, items[].qty`."""
    base: Place | None
    """Where it stands in the base; where it does not, what would hold it. None where not even that is known."""
    head: Place | None
    """Likewise in the head."""
    text: str


@dataclass
class Changes:
    """Gathers changes; the same one found twice counts once."""

    found: dict[Change, None] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What the comparers remember of this pair of documents, so that a shared part is worked out once."""

    def add(self, change: Change) -> None:
        """Once."""
        self.found.setdefault(change)

    def __iter__(self) -> Iterator[Change]:
        """The worst first, then in the order in which they were found."""
        return iter(sorted(self.found, key=lambda one: list(Level).index(one.level)))


@dataclass(frozen=True)
class Context:
    """What is being compared: of which operation, which way it travels, and where in it, in words."""

    changes: Changes
    operation: str = ""
    direction: Direction = Direction.REQUEST
    path: str = ""
    pushed: bool = False
    """Whether the API is who sends the request, as in callbacks and webhooks."""

    always: bool = False
    """Whether it is sent with each request, so that a default stands for nothing."""

    @property
    def narrows(self) -> Level:
        """How bad it is that less is allowed here: in a request a client may be refused."""
        return Level.BREAKING if self.direction is Direction.REQUEST else Level.INFO

    @property
    def widens(self) -> Level:
        """How bad it is that more is allowed here: in an answer a client may meet what it does not know."""
        return Level.INFO if self.direction is Direction.REQUEST else Level.BREAKING

    @property
    def replied(self) -> Context:
        """The same for what comes back."""
        return replace(self, direction=Direction.ANSWER if self.direction is Direction.REQUEST else Direction.REQUEST)

    def at(self, more: str) -> Context:
        """The same for a part, named after what it is part of."""
        return replace(self, path=f"{self.path}, {more}" if self.path else more)

    def within(self, path: str) -> Context:
        """The same for a part, whose whole path is given."""
        return replace(self, path=path)

    def report(self, id: str, level: Level, base: Node | None, head: Node | None, text: str) -> None:
        """Reports a change."""
        self.changes.add(Change(id, level, self.operation, self.path, _place(base), _place(head), text))


def _place(node: Node | None) -> Place | None:
    return None if node is None else Place(node.document.label, node.json_pointer, node.line)
