"""Constraints between documents: references exist (`x-ref`), unique values are not repeated (`x-unique`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openapi.contract import Contract, Reference, Resource
from openapi.wording import listed, of_a_collection, shown
from sandbox.domain.rules import Document
from sandbox.errors import label
from sandbox.state.transaction import Transaction as Store


def unknown_references(store: Store, resource: Resource, document: Document) -> Iterator[tuple[str, str]]:
    for reference in resource.references:
        for path, id in _values(document, reference.path):
            if store.get(reference.collection, id) is None:
                yield path, f"{label(path)} is {shown(id)}, which names nothing in {reference.collection}"


def shared_values(store: Store, resource: Resource, server_only: frozenset[str], document: Document) -> Iterator[tuple[str, str]]:
    """Values that must be unique and are not (`x-unique`); what the server sets itself needs no look, nor does null."""
    for field in resource.unique:
        if field in server_only or document.get(field) is None:
            continue
        if any(other["id"] != document.get("id") for other in store.find(resource.name, field, document[field])):
            yield field, f"{label(field)} is already that of another object in {resource.name}"


def pointing_at(store: Store, contract: Contract, collection: str, id: int) -> dict[str, int]:
    """How many other objects point at an object, by their collection; one that points twice counts once."""
    found: dict[str, set[int]] = {}
    for resource, reference in contract.referrers(collection):
        found.setdefault(resource.name, set()).update(one["id"] for one in _pointing(store, resource, reference, id))
    found.get(collection, set()).discard(id)
    return {name: len(ids) for name, ids in found.items() if ids}


def said_of(pointing: Mapping[str, int]) -> str:
    """`one invoice refers to it`, `2 invoices and one ticket refer to it`."""
    by = listed((of_a_collection(count, name) for name, count in pointing.items()), "and")
    return f"{by} {'refers' if sum(pointing.values()) == 1 else 'refer'} to it"


def _pointing(store: Store, resource: Resource, reference: Reference, id: int) -> Iterable[Document]:
    if len(reference.path) == 1:
        return store.find(resource.name, reference.path[0], id)
    return (one for one in store.documents(resource.name) if any(value == id for _, value in _values(one, reference.path)))


def _values(value: Any, path: tuple[str, ...], walked: str = "") -> Iterator[tuple[str, Any]]:
    """Every value at a path, with its dotted place; `*` goes through a list. Where there is null, there is no value."""
    if value is None:
        return
    if not path:
        yield walked[1:], value
    elif path[0] == "*":
        for place, item in enumerate(value):
            yield from _values(item, path[1:], f"{walked}.{place}")
    else:
        yield from _values(value.get(path[0]), path[1:], f"{walked}.{path[0]}")
