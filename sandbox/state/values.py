"""The values of this package. A write replaces a document, nothing mutates one: a shallow copy is a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Document = dict[str, Any]
"""A JSON object with `"id"`, which equals its id in the table."""


class Stored(dict[str, Any]):
    """A document as it is kept.

    `shown` is room for its encoded form as somebody shows it, and `json` for all of it; so both live exactly as long as it does.
    """

    __slots__ = ("json", "shown")
    shown: Any
    json: bytes

    def __deepcopy__(self, memo: dict[int, Any]) -> Stored:
        """A copy may be changed, so it has no encoded form."""
        return Stored(deepcopy(dict(self), memo))


def kept(document: Mapping[str, Any]) -> Stored:
    """The document as one that can be kept, itself if it is one already."""
    return document if type(document) is Stored else Stored(document)


def id_counter(collection: str) -> str:
    """The name of the counter that holds the last id given in a collection."""
    return f"id/{collection}"


def is_own(name: str) -> bool:
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


def copied(value: Any) -> Any:
    """A copy of a JSON value that shares no list or object with it. Several times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(item) if isinstance(item, dict | list) else item for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
