"""The resources of a contract, read off its operations: what is stored of each, and what points to others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from openapi.contract import Operation, Reference, Resource, frozen
from openapi.schemas import Schema


def resources_of(operations: Mapping[str, Operation]) -> dict[str, Resource]:
    named: dict[str, dict[str, Operation]] = {}
    for operation in operations.values():
        named.setdefault(operation.resource, {})[operation.id] = operation
    return {name: resource for name, own in named.items() if (resource := _resource(name, own)) is not None}


def _resource(name: str, own: Mapping[str, Operation]) -> Resource | None:
    """The resource that operations speak of, or None where they store nothing (a report)."""
    by_action = {operation.action: operation for operation in own.values()}
    stored = _stored_object(by_action)
    if stored is None:
        return None
    sent = next((by_action[verb].body for verb in ("create", "replace") if verb in by_action), None) or {}
    references = {reference.path: reference for schema in (sent, stored) for reference in _references_in(schema)}
    unique = {field: part["x-unique"] for schema in (stored, sent) for field, part in schema.get("properties", {}).items() if "x-unique" in part}
    search = tuple(dict.fromkeys(field for operation in own.values() for one in operation.parameters for field in one.search))
    return Resource(name, stored, sent, tuple(references.values()), frozen(unique), search, frozen(dict(own)))


def _stored_object(by_action: Mapping[str, Operation]) -> Schema | None:
    for verb in ("create", "read", "replace", "list"):
        if verb in by_action:
            data = (by_action[verb].success.schema or {}).get("properties", {}).get("data", {})
            found = data.get("items", {}) if verb == "list" else data
            if found.get("properties"):
                return dict(found)
    return None


def _references_in(schema: Schema, path: tuple[str, ...] = ()) -> Iterator[Reference]:
    if "x-ref" in schema and path:
        yield Reference(path, schema["x-ref"])
    for name, part in schema.get("properties", {}).items():
        yield from _references_in(part, (*path, name))
    if "items" in schema:
        yield from _references_in(schema["items"], (*path, "*"))
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            yield from _references_in(part, path)
