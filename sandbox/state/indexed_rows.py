"""One table's documents in memory, ordered by id, with everything that makes lookups fast."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from sandbox.state.documents import Document, StoredDocument, stored_document
from sandbox.state.indexes import NO_KEY, Index, IndexPlan, put_in_order
from sandbox.state.search import SearchTexts


class IndexedRows:
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
        self._start_afresh({doc_id: stored_document(document) for doc_id, document in in_order})

    def adopt(self, other: IndexedRows) -> None:
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
                        in_order = put_in_order(ids, doc_id) and in_order
                documents[doc_id] = document if type(document) is StoredDocument else StoredDocument(document)
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
