"""Bodies with integers in other notations than plain digits, and values that are not integers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from openapi.schemas import Schema

Where = tuple[str | int, ...]
SPELLINGS: tuple[Callable[[int], str], ...] = (
    lambda number: f"{number}.0",
    lambda number: f"{number}e0",
    lambda number: f"{number}0E-1",
    lambda number: f"{number // 10}.{number % 10}E1",
)
"""The same whole number, as JSON lets it be spelled: 7.0, 7e0, 70E-1 and 0.7E1."""


def integer_fields(schema: Schema, path: Where = ()) -> Iterator[Where]:
    """The fields of a body that hold an integer, at any depth; of a list its first item."""
    for name, part in schema.get("properties", {}).items():
        if part.get("readOnly"):
            continue
        here: Where = (*path, name)
        while part.get("type") == "array":
            part, here = part.get("items", {}), (*here, 0)
        if part.get("type") == "integer" and "enum" not in part:
            yield here
        yield from integer_fields(part, here)


def found_at(value: Any, where: Where) -> Any:
    """What stands at a place of a document; None where there is nothing."""
    for step in where:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def spelled_otherwise(schema: Schema, value: Any, path: Where = ()) -> Iterator[Where]:
    """The places of whole numbers that should be integers and were not written in digits alone."""
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from spelled_otherwise(part, value[name], (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from spelled_otherwise(schema.get("items", {}), one, (*path, number))
    elif schema.get("type") == "integer" and isinstance(value, float) and value.is_integer():
        yield path


def whole(value: Any) -> Any:
    """The value with every whole number as the integer that it is, however it was spelled."""
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def written(body: Mapping[str, Any], texts: Mapping[Where, str]) -> bytes:
    """The body as JSON, in which these texts stand at their places as they are."""
    document: Any = deepcopy(dict(body))
    for number, where in enumerate(texts):
        found_at(document, where[:-1])[where[-1]] = _mark(number)
    encoded = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for number, text in enumerate(texts.values()):
        encoded = encoded.replace(f'"{_mark(number)}"', text)
    return encoded.encode("utf-8", "surrogatepass")


def _mark(number: int) -> str:
    return f"<contract-tests {number}>"
