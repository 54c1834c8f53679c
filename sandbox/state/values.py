"""What this room passes around. A write replaces a document, nothing mutates one: a shallow copy is a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
"""A JSON object with `"id"`, which equals its id in the table."""


class Stored(dict[str, Any]):
    """A document as it is kept. `shown` is room for its encoded form, which so lives exactly as long as the document."""

    __slots__ = ("shown",)
    shown: tuple[object, bytes]

    def __deepcopy__(self, memo: dict[int, Any]) -> Stored:
        """A copy may be changed, so it has no encoded form."""
        return Stored(deepcopy(dict(self), memo))


def kept(document: Mapping[str, Any]) -> Stored:
    """The document as one that can be kept, itself if it is one already."""
    return document if type(document) is Stored else Stored(document)


def id_counter(collection: str) -> str:
    """The name of the counter that holds the last id given in a collection."""
    return f"id/{collection}"


@dataclass(frozen=True)
class Image:
    """A whole workspace at one moment: tables with at least one document, ids ascending, and every counter."""

    tables: dict[str, dict[int, Document]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What one commit writes: documents by id (None removes), and the new values of counters."""

    tables: Mapping[str, Mapping[int, Document | None]] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.counters) or any(self.tables.values())


def copied(value: Any) -> Any:
    """A copy of a JSON value that shares no list or object with it. Several times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(item) if isinstance(item, dict | list) else item for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
