"""What holds between documents: references name something (`x-ref`), unique values are not shared (`x-unique`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from openapi.contract import Reference, Resource
from sandbox.domain.rules import Document
from sandbox.state.transaction import Transaction as Store


def unknown_references(store: Store, resource: Resource, document: Document) -> Iterator[tuple[str, str]]:
    for reference in resource.references:
        for path, id in _values(document, reference.path):
            if store.get(reference.collection, id) is None:
                field = path.rsplit(".", 1)[-1].capitalize()
                yield path, f"{field} {id} names nothing in {reference.collection}"


def _values(value: Any, path: tuple[str, ...], walked: str = "") -> Iterator[tuple[str, Any]]:
    """Every value at a path, with its dotted place; `*` goes through a list."""
    if not path:
        if value is not None:
            yield walked[1:], value
    elif path[0] == "*":
        for place, item in enumerate(value):
            yield from _values(item, path[1:], f"{walked}.{place}")
    elif path[0] in value:
        yield from _values(value[path[0]], path[1:], f"{walked}.{path[0]}")


def pointing_at(store: Store, resource: Resource, reference: Reference, id: int) -> Iterable[Document]:
    if len(reference.path) == 1:
        return store.find(resource.name, reference.path[0], id)
    return (one for one in store.documents(resource.name) if any(value == id for _, value in _values(one, reference.path)))


def shared_values(store: Store, resource: Resource, server_only: frozenset[str], document: Document) -> Iterator[tuple[str, str]]:
    """Values that must be unique and are not (`x-unique`); what the server sets itself needs no look."""
    for field in resource.unique:
        if field in server_only or field not in document:
            continue
        for other in store.find(resource.name, field, document[field]):
            if other["id"] != document.get("id"):
                yield field, f"{field.capitalize()} is already that of another object in {resource.name}"
                break
