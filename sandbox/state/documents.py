"""Documents as values: a write replaces one, nothing mutates it, so that a shallow copy is a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Document = dict[str, Any]
"""A JSON object with `"id"`, which equals its id in the table."""


class StoredDocument(dict[str, Any]):
    """A document as it is kept.

    `shown` is room for its encoded form as somebody shows it, and `json` for all of it; so both live exactly as long as it does.
    """

    __slots__ = ("json", "shown")
    shown: Any
    json: bytes

    def __deepcopy__(self, memo: dict[int, Any]) -> StoredDocument:
        """A copy may be changed, so it has no encoded form."""
        return StoredDocument(deepcopy(dict(self), memo))


def stored_document(document: Mapping[str, Any]) -> StoredDocument:
    """The document as one that can be kept, itself if it is one already."""
    return document if type(document) is StoredDocument else StoredDocument(document)


def copied(value: Any) -> Any:
    """A copy of a JSON value that shares no list or object with it. Several times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(item) if isinstance(item, dict | list) else item for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value
