"""What one commit writes, and the names of the counters and tables in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.state.documents import Document


def id_counter(collection: str) -> str:
    """The name of the counter that holds the last id given in a collection."""
    return f"id/{collection}"


def is_system_name(name: str) -> bool:
    """Whether a table or a counter belongs to the workspace itself, and not to the world that its clients see."""
    return name.removeprefix(id_counter("")).startswith("_")


_NONE: Mapping[Any, Any] = {}


class Changes:
    """What one commit writes: documents by id (None removes), and the new values of counters. A value.

    `counted` says that no id is ahead of its counter, as in a transaction, which takes each from there.
    """

    __slots__ = ("counted", "counters", "tables")

    def __init__(
        self, tables: Mapping[str, Mapping[int, Document | None]] = _NONE, counters: Mapping[str, int] = _NONE, *, counted: bool = False
    ) -> None:
        self.tables, self.counters, self.counted = tables, counters, counted

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Changes) and (self.tables, self.counters) == (other.tables, other.counters)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Changes({self.tables!r}, {self.counters!r})"

    def __bool__(self) -> bool:
        return True if self.counters else any(self.tables.values())
