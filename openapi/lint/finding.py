"""A finding of lint: one location of a document, what is wrong with it, and its automatic fix, if there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from openapi.diff.document_tree import Node, Pointer


class Level(StrEnum):
    """How bad it is, worst first."""

    ERROR = "error"
    """The document says something that cannot be right."""
    WARNING = "warning"
    """Clients, generators or the toolkit have trouble with it."""
    INFO = "info"
    """A reader misses something."""

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True)
class Add:
    """A key that is missing: written as the first of the mapping, or before another one."""

    pointer: Pointer
    key: str
    value: Any = field(hash=False)
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """An element that is missing at the end of a list."""

    pointer: Pointer
    value: Any = field(hash=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """A key or element that is too much."""

    pointer: Pointer


@dataclass(frozen=True, slots=True)
class Shorten:
    """A text that ends with something that is too much."""

    pointer: Pointer
    ending: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A key that must be text and is written without quotes."""

    pointer: Pointer


Edit = Add | Append | Drop | Shorten | Quote


class Found(NamedTuple):
    """What a rule yields: the place, one sentence, and the edit that mends it, where there is one."""

    node: Node
    text: str
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The same for whoever reports it: the file as it was named, a JSON pointer, line and column from 1."""

    id: str
    level: Level
    file: str
    pointer: str
    line: int
    column: int | None
    """None where it is not known, such as in a document that is one long line."""
    text: str
    edit: Edit | None = field(default=None, compare=False, repr=False)

    @property
    def fixable(self) -> bool:
        """Whether `--fix` mends it."""
        return self.edit is not None
