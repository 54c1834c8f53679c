"""How much a workspace holds, table by table, kept up by each write.

A document counts with the size of its JSON, which follows from the document alone, so that nothing need be kept with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson

from sandbox.fair_scheduler import Pause, no_pause
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


def amount_of(documents: Mapping[int, Document], pause: Pause = no_pause) -> Amount:
    """Of all documents of a table; the work grows with them."""
    size = 0
    for document in documents.values():
        size += size_of(document)
        pause()
    return Amount(len(documents), size)


class Weight(NamedTuple):
    """What changes add: documents and size of what clients see, memory of all, and name, documents and size of each table."""

    documents: int
    size: int
    memory: int
    tables: Sequence[tuple[str, int, int]]


class Usage:
    """Of one workspace. `documents_of` shows its live tables, before a change that is told by `take`. Every write comes by here, so it is plain."""

    def __init__(self, documents_of: DocumentsOf, names: Iterable[str] = ()) -> None:
        self._documents_of = documents_of
        self._tables: dict[str, list[int]] = {}
        self.documents = self.size = 0
        """Of what clients see."""
        self.memory = 0
        """Bytes that all of it takes, the workspace's own included, as reckoned."""
        self._weighed: Changes | None = None
        self._weight = Weight(0, 0, 0, ())
        self.count_anew(names)

    @property
    def public(self) -> Amount:
        """What clients see."""
        return Amount(self.documents, self.size)

    @property
    def tables(self) -> dict[str, Amount]:
        """Of each table by name."""
        return {name: Amount(*amount) for name, amount in self._tables.items()}

    def of_table(self, name: str) -> Amount:
        return Amount(*self._tables.get(name, NOTHING))

    def count_anew(self, names: Iterable[str], known: Mapping[str, Amount] | None = None) -> None:
        """The tables of these names were replaced as a whole; those that are `known` need not be counted."""
        for name in names:
            before = self.of_table(name)
            now = (known or {}).get(name) or amount_of(self._documents_of(name))
            self._take(_weight([(name, now.documents - before.documents, now.size - before.size)]))

    def weigh(self, changes: Changes) -> Weight:
        """What changes would add. The last answer is remembered, since it is asked for before they are recorded, and as they are made."""
        if self._weighed is not changes:
            self._weight, self._weighed = self._weight_of(changes), changes
        return self._weight

    def take(self, changes: Changes) -> None:
        """The changes are about to be made."""
        self._take(self._weight if self._weighed is changes else self.weigh(changes))

    def _take(self, weight: Weight) -> None:
        for name, documents, size in weight.tables:
            table = self._tables.get(name)
            if table is None:
                self._tables[name] = [documents, size]
            else:
                table[0] += documents
                table[1] += size
        self.documents += weight.documents
        self.size += weight.size
        self.memory += weight.memory
        self._weighed = None

    def _weight_of(self, changes: Changes) -> Weight:
        tables = []
        for name, table in changes.tables.items():
            present, documents, size = self._documents_of(name), 0, 0
            for doc_id, document in table.items():
                if document is not None:
                    documents += 1
                    size += size_of(document)
                if doc_id in present:
                    documents -= 1
                    size -= size_of(present[doc_id])
            tables.append((name, documents, size))
        return _weight(tables)


def _weight(tables: Sequence[tuple[str, int, int]]) -> Weight:
    documents = size = own_documents = own_size = 0
    for name, added, grown in tables:
        if _is_system_name(name):
            own_documents += added
            own_size += grown
        else:
            documents += added
            size += grown
    memory = _MEMORY_OF_A_BYTE * (size + own_size) + _MEMORY_OF_A_DOCUMENT * (documents + own_documents)
    return Weight(documents, size, memory, tables)
