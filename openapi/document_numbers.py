"""Reads the numbers that a document of OpenAPI says itself as those of a request are read: `default: 1.0` of an integer is 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openapi.number_normalization import as_stored
from openapi.vocabulary import walk

_OF_VALUES = ("default", "enum", "example")
_OF_BOUNDS = (
    "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_LEAST, _GREATEST = -(2**63), 2**64 - 1


def normalize_numbers(document: Any) -> None:
    """Puts them in their places; a second time changes nothing.

    A number that is written with a fraction keeps it where the schema asks for a number. One that no 64 bits hold becomes a double.
    """
    for holder, name in _beyond_integers(document):
        holder[name] = as_stored(holder[name])
    for kind, _, node in walk(document):
        if kind == "schema":
            words = _OF_BOUNDS if node.get("type") == "number" else (*_OF_BOUNDS, *_OF_VALUES)
            node.update({word: as_stored(node[word]) for word in words if word in node})


def _beyond_integers(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of such a number. Lists and objects may be shared in a document that uses anchors, but never hold themselves."""
    waiting, seen = [node], set[int]()
    while waiting:
        holder = waiting.pop()
        if id(holder) in seen:
            continue
        seen.add(id(holder))
        for name, part in holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ():
            if type(part) is int and not _LEAST <= part <= _GREATEST:
                yield holder, name
            elif isinstance(part, dict | list):
                waiting.append(part)
