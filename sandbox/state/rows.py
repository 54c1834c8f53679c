"""One table's documents in memory, in ascending order of id, with all that makes finding them quick."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, Final

from sandbox.state.search import SearchTexts
from sandbox.state.values import Document, Stored, kept

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
            _put(self._own(new), doc_id)

    def _own(self, key: Hashable) -> list[int]:
        """The ids of a value, to be changed."""
        ids = self._ids.setdefault(key, [])
        if self._unshared is not None and key not in self._unshared:
            ids = self._ids[key] = ids.copy()
            self._unshared.add(key)
        return ids


class Rows:
    """Documents by id, ids in ascending order, hash indexes, and one pre-folded search text per document.

    What the reading methods hand out is live: to be read at once, never changed, never kept across a write.
    """

    def __init__(self, plan: IndexPlan) -> None:
        self.plan = plan
        self.state = object()
        """Another one after each write."""
        self.documents: dict[int, Document] = {}
        self.ids: list[int] = []
        self._start_afresh({})

    def load(self, documents: Mapping[int, Document]) -> None:
        """Replace everything. The mapping is copied, its documents are not."""
        ascending = all(one < next_one for one, next_one in pairwise(documents))
        in_order = documents.items() if ascending else sorted(documents.items())
        self._start_afresh({doc_id: kept(document) for doc_id, document in in_order})

    def adopt(self, other: Rows) -> None:
        """Replace everything by what another table holds, several times faster than `load`: its indexes are copied, not worked out."""
        if other.plan != self.plan:
            self.load(other.documents)
            return
        other._read_what_is_new()
        self.state = object()
        self.documents, self.ids = other.documents.copy(), other.ids.copy()
        self._file(
            {field: index.fork() for field, index in other._equal.items()},
            {field: index.fork() for field, index in other._folded.items()},
            other._texts.fork(),
        )

    def follow(self, plan: IndexPlan) -> None:
        """Take on another plan; only what the one before did not have is worked out."""
        self._read_what_is_new()
        before, self.plan = self.plan, plan
        if plan.search != before.search:
            self._texts = SearchTexts()
            self._write_texts()
        self._file(
            {field: self._equal.get(field) or self._filled(Index(field, folded=False)) for field in sorted(plan.equal)},
            {field: self._folded.get(field) or self._filled(Index(field, folded=True)) for field in sorted(plan.folded)},
            self._texts,
        )

    def apply(self, changes: Mapping[int, Document | None]) -> None:
        """Put or replace each document; None removes one, and does nothing where there is none."""
        in_order = True
        self.state = object()
        documents, ids, search, unread = self.documents, self.ids, self.plan.search, self._unread
        for doc_id, document in changes.items():
            before = documents.get(doc_id)
            if document is None:
                if before is None:
                    continue
                del self.documents[doc_id]
                del self.ids[bisect_left(self.ids, doc_id)]
                self._unread.pop(doc_id, None)
                self._texts.remove(doc_id)
            else:
                if before is None:
                    if not ids or ids[-1] < doc_id:
                        ids.append(doc_id)
                    else:
                        in_order = _put(ids, doc_id) and in_order
                documents[doc_id] = document if type(document) is Stored else Stored(document)
                if search:
                    unread[doc_id] = document
            for index in self._indexes:
                index.move(doc_id, before, document)
        if not in_order:
            self._restore_order()

    def index(self, field: str) -> Index:
        """The index that `lookup` uses; KeyError where the plan has none for the field."""
        found = self._folded.get(field, self._equal.get(field))
        if found is None:
            raise KeyError(f"no index for the field {field}")
        return found

    def equal_index(self, field: str, value: Any) -> Index | None:
        """The index that can compare the field with the value, with regard to case; None where none can."""
        index = self._equal.get(field)
        return None if index is None or index.key(value) is NO_KEY else index

    def containing(self, term: str, among: Sequence[int] | None = None) -> Sequence[int]:
        """The ids, ascending, of documents with the term in one of the search fields, in any case."""
        self._read_what_is_new()
        sought = term.casefold()
        if "\n" in sought:
            # Line ends join the fields in the search text, so such a term is sought in each field by itself.
            return [doc_id for doc_id in (self.ids if among is None else among) if self._in_a_field(doc_id, sought)]
        if among is None:
            return self._texts.containing(sought)
        return [doc_id for doc_id in among if self._texts.holds(doc_id, sought)]

    def _in_a_field(self, doc_id: int, sought: str) -> bool:
        return any(sought in text for text in search_texts(self.plan, self.documents[doc_id]))

    def _start_afresh(self, documents: dict[int, Document]) -> None:
        self.state = object()
        self.documents = documents
        self.ids = list(documents)
        self._file(
            {field: self._filled(Index(field, folded=False)) for field in sorted(self.plan.equal)},
            {field: self._filled(Index(field, folded=True)) for field in sorted(self.plan.folded)},
            SearchTexts(),
        )
        self._write_texts()

    def _filled(self, index: Index) -> Index:
        index.fill(self.documents)
        return index

    def _read_what_is_new(self) -> None:
        """Documents get their texts when somebody searches, since most are never sought."""
        if self._unread:
            for doc_id, document in self._unread.items():
                self._texts.put(doc_id, search_text(self.plan.search, document))
            self._unread.clear()

    def _file(self, equal: dict[str, Index], folded: dict[str, Index], texts: SearchTexts) -> None:
        self._unread: dict[int, Document] = {}
        self._equal, self._folded, self._texts = equal, folded, texts
        self._indexes = [*equal.values(), *folded.values()]

    def _write_texts(self) -> None:
        if self.plan.search:
            for doc_id, document in self.documents.items():
                self._write_text(doc_id, document)

    def _write_text(self, doc_id: int, document: Document) -> None:
        if self.plan.search:
            self._texts.put(doc_id, search_text(self.plan.search, document))

    def _restore_order(self) -> None:
        self.documents = {doc_id: self.documents[doc_id] for doc_id in self.ids}


def search_texts(plan: IndexPlan, document: Document) -> list[str]:
    """The document's search fields, those that hold text, without regard to case."""
    return [value.casefold() for field in plan.search if isinstance(value := document.get(field), str)]


def search_text(fields: tuple[str, ...], document: Document) -> str:
    """The same in one, a line for each field."""
    return "\n".join([value for field in fields if isinstance(value := document.get(field), str)]).casefold()


def _put(ids: list[int], doc_id: int) -> bool:
    """Add an id where it belongs; True if that was the end, which is the rule."""
    if not ids or ids[-1] < doc_id:
        ids.append(doc_id)
        return True
    insort(ids, doc_id)
    return False
