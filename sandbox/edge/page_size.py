"""How large an answer may be: a page that would be larger is refused before all of it is encoded, with the limit that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any

import orjson

from openapi.contract import Operation
from sandbox.errors import Invalid

MOST_BYTES = 4 * 1024 * 1024
_AROUND = 1_024
"""Bytes of the envelope and its `meta`."""
MOST_OF_OBJECTS = MOST_BYTES - _AROUND


def least_limit(operation: Operation) -> float:
    """The least that a client can ask an operation's pages to be limited to; infinity for one that is not read in pages."""
    if operation.method != "GET":
        return inf
    asked = next((one for one in operation.parameters if one.name == "limit" and one.place == "query"), None)
    return inf if asked is None else max(1, asked.schema.get("minimum", 1))


def fitting(objects: Iterable[Mapping[str, Any]]) -> int:
    """How many, from the first on, fit into one answer; one always does, since a contract's answer must be given."""
    size = count = 0
    for one in objects:
        size += len(getattr(one, "json", None) or orjson.dumps(one)) + 1
        if size > MOST_OF_OBJECTS:
            break
        count += 1
    return max(1, count)


def fitting_limit(fit: int, page: Callable[[int], Sequence[Mapping[str, Any]]]) -> int:
    """With a smaller limit the same `page` holds other objects than those of which `fit` were not too much: one is tried until all fit."""
    while (found := fitting(objects := page(fit))) < len(objects):
        fit = found
    return fit


def too_large(limit: int, fit: int) -> Invalid:
    """The refusal of a page of `limit` objects, where `fit` fit."""
    return Invalid({"limit": f"Limit {limit} would make an answer of more than {MOST_BYTES} bytes, which is the most that is sent; limit {fit} fits"})
