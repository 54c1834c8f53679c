"""What a report is handed: the documents as they were at one moment, which others may write to meanwhile, as they go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NoReturn

from sandbox.domain.rules import Document
from sandbox.errors import Missing
from sandbox.fair_scheduler import Pause
from sandbox.state.image import Image


class Reading:
    """A `Transaction` in which nothing is written; in any thread. Documents are values, so that a shallow copy is enough."""

    def __init__(self, world: Image, now: datetime, role: str | None, pause: Pause) -> None:
        self._world, self._pause = world, pause
        self.now, self.role = now, role

    @property
    def today(self) -> date:
        """The day of `now`, in UTC."""
        return self.now.date()

    def get(self, collection: str, id: int) -> Document | None:
        """One stored document."""
        return self._world.tables.get(collection, {}).get(id)

    def existing(self, collection: str, id: int) -> Document:
        """The same; raises Missing where there is none."""
        document = self.get(collection, id)
        if document is None:
            raise Missing(f"There is no object {id} in {collection}")
        return document

    def documents(self, collection: str) -> Iterator[Document]:
        """All stored documents of a collection, by ascending id."""
        for document in self._world.tables.get(collection, {}).values():
            self._pause()
            yield document

    def next_number(self, counter: str) -> NoReturn:
        self._refuse()

    def entropy(self, size: int) -> NoReturn:
        self._refuse()

    def create(self, collection: str, body: Document) -> NoReturn:
        self._refuse()

    def amend(self, collection: str, id: int, fields: Mapping[str, Any]) -> NoReturn:
        self._refuse()

    def _refuse(self, *_: Any) -> NoReturn:
        raise RuntimeError("a report reads, and writes nothing")
