"""Hash indexes: the ids of a table's documents by the value of one field."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from sandbox.state.documents import Document

NO_KEY: Final = object()
"""Stands for a value that an index does not hold: an absent field, or one of a type that cannot be looked up."""


@dataclass(frozen=True)
class IndexPlan:
    """Which fields of a table are indexed.

    `equal` by their value, `folded` by their text without regard to case; a field in both is looked up folded.
    `search` names the fields whose text a search term is sought in.
    """

    equal: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    search: tuple[str, ...] = ()

    def after(self, before: IndexPlan) -> IndexPlan:
        """The same with what only the plan before it had: somebody who began by that may still look it up."""
        return IndexPlan(self.equal | before.equal, self.folded | (before.folded - self.equal), self.search or before.search)


class Index:
    """Ids by one field's value. The ids of a value stay sorted, so that a look-up needs no further work."""

    def __init__(self, field: str, folded: bool) -> None:
        self._field = field
        self._folded = folded
        self._ids: dict[Hashable, list[int]] = {}
        self._unshared: set[Hashable] | None = None
        """After a fork, the values whose lists are this index's alone; None: all are."""

    def key(self, value: Any) -> Hashable:
        """What a value is filed under, or NO_KEY."""
        if self._folded:
            return value.casefold() if isinstance(value, str) else NO_KEY
        try:
            hash(value)
        except TypeError:
            return NO_KEY
        return value  # type: ignore[no-any-return]  # it was hashed on the line above

    def key_of(self, document: Document | None) -> Hashable:
        return NO_KEY if document is None else self.key(document.get(self._field, NO_KEY))

    def files(self, document: Document, value: Any) -> bool:
        """Whether the document is, or would be, filed under the value."""
        key = self.key_of(document)
        return key is not NO_KEY and key == self.key(value)

    def ids(self, value: Any) -> Sequence[int]:
        return self._ids.get(self.key(value), ())

    def ids_where(self, fulfils: Callable[[Document], bool]) -> list[int]:
        """The ids, ascending, of documents whose value passes. Each value is asked about once, however many have it."""
        field = self._field
        return sorted(chain.from_iterable(ids for key, ids in self._ids.items() if fulfils({field: key})))

    def __len__(self) -> int:
        """How many different values there are."""
        return len(self._ids)

    def fill(self, documents: Mapping[int, Document]) -> None:
        """File all documents in an index that is empty; their ids ascend."""
        for doc_id, document in documents.items():
            key = self.key_of(document)
            if key is not NO_KEY:
                self._ids.setdefault(key, []).append(doc_id)

    def fork(self) -> Index:
        """A copy that changes for itself; until then the lists of ids are shared, since there may be one for each document."""
        copy = Index(self._field, self._folded)
        copy._ids = self._ids.copy()
        self._unshared, copy._unshared = set(), set()
        return copy

    def move(self, doc_id: int, before: Document | None, after: Document | None) -> None:
        """File the document anew: None stands for not being there."""
        old, new = self.key_of(before), self.key_of(after)
        if old == new:
            return
        if old is not NO_KEY:
            ids = self._own(old)
            del ids[bisect_left(ids, doc_id)]
            if not ids:
                del self._ids[old]
        if new is not NO_KEY:
            put_in_order(self._own(new), doc_id)

    def _own(self, key: Hashable) -> list[int]:
        """The ids of a value, to be changed."""
        ids = self._ids.setdefault(key, [])
        if self._unshared is not None and key not in self._unshared:
            ids = self._ids[key] = ids.copy()
            self._unshared.add(key)
        return ids


def put_in_order(ids: list[int], doc_id: int) -> bool:
    """Add an id where it belongs; True if that was the end, which is the rule."""
    if not ids or ids[-1] < doc_id:
        ids.append(doc_id)
        return True
    insort(ids, doc_id)
    return False
