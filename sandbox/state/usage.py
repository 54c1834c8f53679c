"""How much a workspace holds, table by table, kept up by each write.

A document counts with the size of its JSON, which follows from the document alone, so that nothing need be kept with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import orjson

from sandbox.state.changes import Changes, is_system_name
from sandbox.state.documents import Document

_MEMORY_OF_A_BYTE, _MEMORY_OF_A_DOCUMENT = 4, 512
"""What a stored document takes, as measured: so much for each byte of its JSON, and so much besides."""

DocumentsOf = Callable[[str], Mapping[int, Document]]
"""The documents of a table, by id."""
_is_system_name = cache(is_system_name)


def size_of(document: Mapping[str, Any]) -> int:
    """Bytes of its JSON."""
    try:
        return len(orjson.dumps(document))
    except TypeError:  # what JSON does not have, or a whole number of more than 64 bits
        return len(repr(document))


class Amount(NamedTuple):
    """So many documents, with so many bytes of JSON; fewer than none where something goes."""

    documents: int = 0
    size: int = 0

    @property
    def memory(self) -> int:
        """Bytes that they take, as reckoned."""
        return _MEMORY_OF_A_BYTE * self.size + _MEMORY_OF_A_DOCUMENT * self.documents


NOTHING = Amount()


def amount_of(documents: Mapping[int, Document]) -> Amount:
    """Of all documents of a table; the work grows with them."""
    return Amount(len(documents), sum(map(size_of, documents.values())))


class Weight(NamedTuple):
    """What changes add: to what clients see, to what is the workspace's own, and to each table."""

    public: Amount
    own: Amount
    tables: Mapping[str, Amount]

    @property
    def memory(self) -> int:
        return self.public.memory + self.own.memory


class Usage:
    """Of one workspace. `documents_of` shows its live tables, before a change that is told by `take`."""

    def __init__(self, documents_of: DocumentsOf, names: Iterable[str] = ()) -> None:
        self._documents_of = documents_of
        self._tables: dict[str, Amount] = {}
        self.public = self.own = NOTHING
        self._weighed: Changes | None = None
        self._weight = Weight(NOTHING, NOTHING, {})
        self.count_anew(names)

    @property
    def memory(self) -> int:
        """Bytes that all of it takes, as reckoned."""
        return self.public.memory + self.own.memory

    @property
    def tables(self) -> dict[str, Amount]:
        """A copy, for whoever keeps it with an image of the same documents."""
        return self._tables.copy()

    def of_table(self, name: str) -> Amount:
        return self._tables.get(name, NOTHING)

    def count_anew(self, names: Iterable[str], known: Mapping[str, Amount] | None = None) -> None:
        """The tables of these names were replaced as a whole; those that are `known` need not be counted."""
        self._weighed = None
        for name in names:
            before = self.of_table(name)
            now = (known or {}).get(name) or amount_of(self._documents_of(name))
            self._add(name, Amount(now.documents - before.documents, now.size - before.size))

    def weigh(self, changes: Changes) -> Weight:
        """What changes would add. The last answer is remembered, since it is asked for before they are recorded, and as they are made."""
        if self._weighed is not changes:
            self._weight, self._weighed = self._weight_of(changes), changes
        return self._weight

    def take(self, changes: Changes) -> None:
        """The changes are about to be made."""
        for name, amount in self.weigh(changes).tables.items():
            self._add(name, amount)
        self._weighed = None

    def _weight_of(self, changes: Changes) -> Weight:
        tables = {name: self._added(name, table) for name, table in changes.tables.items()}
        public, own = NOTHING, NOTHING
        for name, amount in tables.items():
            if _is_system_name(name):
                own = _sum(own, amount)
            else:
                public = _sum(public, amount)
        return Weight(public, own, tables)

    def _added(self, name: str, table: Mapping[int, Document | None]) -> Amount:
        present = self._documents_of(name)
        documents = size = 0
        for doc_id, document in table.items():
            if document is not None:
                documents += 1
                size += size_of(document)
            if (before := present.get(doc_id)) is not None:
                documents -= 1
                size -= size_of(before)
        return Amount(documents, size)

    def _add(self, name: str, amount: Amount) -> None:
        self._tables[name] = _sum(self.of_table(name), amount)
        if _is_system_name(name):
            self.own = _sum(self.own, amount)
        else:
            self.public = _sum(self.public, amount)


def _sum(one: Amount, other: Amount) -> Amount:
    return Amount(one.documents + other.documents, one.size + other.size)
