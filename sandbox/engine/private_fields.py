"""Private fields, whose names begin with `_`: the server keeps in them what no answer shows, so no document that comes in may hold one.

A contract can let fields in that it does not name, and these among them. They are refused before the engine sees them,
and so is a contract that names one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openapi.contract import Contract
from openapi.schemas import Schema
from sandbox.errors import StartError, label

_MARK = "_"
_MOST_FAULTS = 100
_LISTED = ("allOf", "anyOf", "oneOf")
_SCALARS = frozenset({"string", "boolean", "integer", "number", "null"})


def is_private(name: str) -> bool:
    """Whether a field of this name is the server's."""
    return name.startswith(_MARK)


def public(data: Any) -> Any:
    """A document, or a list of them, without what is private."""
    if isinstance(data, list):
        return [public(one) for one in data]
    if isinstance(data, dict):
        return {name: value for name, value in data.items() if not is_private(name)}
    return data


class PrivateFields:
    """Looks for them in what a client sends, where a schema leaves room for any; that is worked out once."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema if _is_open(schema) else None

    def faults(self, value: Any) -> list[tuple[str, str]]:
        """Place and sentence of the first of them, at any depth; not where the value is ignored."""
        if self._schema is None:
            return []
        found = (place for _, place in zip(range(_MOST_FAULTS), _private_in(value, self._schema), strict=False))
        return [(place, f"{label(place)[:64]} is private: a name that begins with _ is the server's own; leave it out") for place in found]


def refuse_named(contract: Contract) -> None:
    """Raises StartError for a contract with a private field in what is sent or stored."""
    for operation in contract.operations.values():
        sent, answered = operation.body or {}, operation.success.schema or {}
        for schema in (sent, answered.get("properties", {}).get("data", {})):
            for place in _named_in(schema):
                what = "a name that begins with _ is the server's own, and no answer shows such a field; give it another name"
                raise StartError(f"{contract.file}: {operation.id}: {place}: {what}")


def _is_open(schema: Schema) -> bool:
    """Whether a value of the schema may have a field that the schema does not name."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return any(_is_open({**schema, "type": one}) for one in kind)
    if any(word in schema for word in (*_LISTED, "not")):
        return True
    match kind:
        case "object":
            parts = (part for part in schema.get("properties", {}).values() if not part.get("readOnly"))
            return schema.get("additionalProperties", True) is not False or any(map(_is_open, parts))
        case "array":
            return _is_open(schema.get("items", {}))
        case _:
            return kind not in _SCALARS


def _private_in(value: Any, schema: Schema, place: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _private_in(item, schema.get("items", {}), f"{place}.{number}" if place else str(number))
    elif isinstance(value, dict):
        parts, rest = schema.get("properties", {}), schema.get("additionalProperties")
        for name, within in value.items():
            here = f"{place}.{name}" if place else name
            part = parts.get(name, rest if isinstance(rest, dict) else {})
            if is_private(name):
                yield here
            elif not part.get("readOnly"):
                yield from _private_in(within, part, here)


def _named_in(schema: Schema, place: str = "") -> Iterator[str]:
    """The places of a schema, and of its defaults, that have such a name."""
    yield from _private_in(schema.get("default"), {}, place)
    for name, part in schema.get("properties", {}).items():
        here = f"{place}.{name}" if place else name
        if is_private(name):
            yield here
        yield from _named_in(part, here)
    inside = [schema.get("items"), schema.get("additionalProperties"), *(part for word in _LISTED for part in schema.get(word, ()))]
    for part in inside:
        if isinstance(part, dict):
            yield from _named_in(part, place)
