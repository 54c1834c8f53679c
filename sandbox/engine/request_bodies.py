"""Which fields of a body are stored: without those that only the server sets or that are write-only, with the contract's defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openapi.contract import Operation, Resource
from openapi.schemas import Schema
from sandbox.domain.rules import Document
from sandbox.engine.private_fields import is_private

_SET_BY_THE_STORE = frozenset({"id", "created_at", "updated_at"})
Completion = Callable[[Any], Any]


class BodyReader:
    """How the bodies of one resource become documents; worked out once."""

    def __init__(self, resource: Resource) -> None:
        sent, stored = resource.input.get("properties", {}), resource.schema.get("properties", {})
        only_stored = stored.keys() - sent.keys() if sent else frozenset()
        marked = (name for part in (stored, sent) for name, field in part.items() if field.get("readOnly"))
        self.server_only = _SET_BY_THE_STORE | only_stored | frozenset(marked)
        self._complete = _of_an_object(sent, self.server_only)

    def new(self, body: Mapping[str, Any]) -> Document:
        """The beginning of a new document."""
        document: Document = self._complete(body)
        return document

    def replaced(self, old: Document, body: Mapping[str, Any]) -> Document:
        """A full replacement (decision `put`): what the server set stays, what was not sent is cleared."""
        private = {name: value for name, value in old.items() if is_private(name)}
        server_set = {name: value for name, value in old.items() if name in self.server_only}
        return {**private, **self.new(body), **server_set}


def list_field(schema: Schema | None) -> str | None:
    """The field of a batch that holds its items, if there is one."""
    properties = (schema or {}).get("properties", {})
    return next((name for name, part in properties.items() if part.get("type") == "array" and not part.get("readOnly")), None)


def _completion(schema: Schema) -> Completion | None:
    """What makes a sent value of this schema complete; None where it is kept as it is, as most are."""
    if isinstance(schema.get("items"), dict):
        item = _completion(schema["items"])
        return item and _of_a_list(item)
    properties = schema.get("properties", {})
    ignored = frozenset(name for name, part in properties.items() if part.get("readOnly"))
    special = any("default" in part or part.get("writeOnly") or _completion(part) for part in properties.values())
    return _of_an_object(properties, ignored) if ignored or special else None


def _of_a_list(item: Completion) -> Completion:
    return lambda value: [item(one) for one in value] if isinstance(value, list) else value


def _of_an_object(properties: Schema, ignored: frozenset[str]) -> Completion:
    dropped = ignored | {name for name, part in properties.items() if part.get("writeOnly")}
    defaults = {name: part["default"] for name, part in properties.items() if "default" in part and not part.get("writeOnly")}
    inside = {name: within for name, part in properties.items() if name not in dropped and (within := _completion(part))}

    def complete(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = dict(value) if dropped.isdisjoint(value) else {name: part for name, part in value.items() if name not in dropped}
        if defaults:
            kept = {**defaults, **kept}
        for name, within in inside.items():
            if name in kept:
                kept[name] = within(kept[name])
        return kept

    return complete


def sent_documents(operation: Operation, body: Any) -> Sequence[Document]:
    """The documents that an operation's body holds: itself, the items of a batch, or none."""
    if operation.action == "batch-create":
        items: Sequence[Document] = body.get(list_field(operation.body)) or ()
        return items
    return (body,) if operation.action in ("create", "replace") else ()
