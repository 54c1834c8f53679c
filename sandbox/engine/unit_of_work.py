"""What domain code works with: the transaction, and the engine's way to store a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from sandbox.domain.rules import Document
from sandbox.errors import Missing
from sandbox.state.transaction import Transaction as Store


class Writer(Protocol):
    """How documents are stored by the rules of their collections: the engine, which needs this module."""

    def entropy(self, size: int, /) -> bytes: ...

    def create(self, store: Store, collection: str, body: Document) -> Document: ...

    def amend(self, work: Work, collection: str, id: int, fields: Mapping[str, Any]) -> Document: ...


class Work:
    """The `Transaction` that domain code is handed: the store's, and the engine's way to store a document."""

    __slots__ = ("engine", "role", "store")

    def __init__(self, store: Store, engine: Writer, role: str | None = None) -> None:
        self.store, self.engine, self.role = store, engine, role

    @property
    def now(self) -> datetime:
        """The workspace's time, the same all through the transaction."""
        return self.store.now

    @property
    def today(self) -> date:
        """The day of `now`, in UTC."""
        return self.store.today

    def get(self, collection: str, id: int) -> Document | None:
        """One stored document."""
        return self.store.get(collection, id)

    def existing(self, collection: str, id: int) -> Document:
        """One stored document; raises Missing where there is none."""
        document = self.store.get(collection, id)
        if document is None:
            raise Missing(f"There is no object {id} in {collection}")
        return document

    def documents(self, collection: str) -> Iterator[Document]:
        """All stored documents of a collection, by ascending id."""
        return self.store.documents(collection)

    def next_number(self, counter: str) -> int:
        """The next number of a named counter, from 1."""
        return self.store.next_number(counter)

    def entropy(self, size: int) -> bytes:
        """Random bytes that nobody can guess."""
        return self.engine.entropy(size)

    def create(self, collection: str, body: Document) -> Document:
        """A new document by that collection's own rules."""
        return self.engine.create(self.store, collection, body)

    def amend(self, collection: str, id: int, fields: Mapping[str, Any]) -> Document:
        """Changes fields that only the server sets."""
        return self.engine.amend(self, collection, id, fields)
