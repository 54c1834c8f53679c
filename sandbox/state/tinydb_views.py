"""The two mappings that TinyDB's own methods work on, so that none of them ever holds a live document."""

from collections.abc import ItemsView, Iterator, Mapping, MutableMapping
from typing import cast

import orjson

from sandbox.state.documents import Document, copied


class ReadView(Mapping[str, Document]):
    """Documents as TinyDB reads them: keys are strings, values are copies, and a loop over them may write."""

    def __init__(self, documents: Mapping[int, Document]) -> None:
        self._documents = documents

    def __getitem__(self, doc_id: str) -> Document:
        return cast(Document, copied(self._documents[int(doc_id)]))

    def __iter__(self) -> Iterator[str]:
        return map(str, self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    def items(self) -> ItemsView[str, Document]:
        return ItemsView(ReadView(dict(self._documents)))


class UpdateView(MutableMapping[int, Document]):
    """A table as TinyDB's updaters see it: each document that they touch is a copy, which they may change."""

    def __init__(self, documents: Mapping[int, Document]) -> None:
        self._documents = documents
        self._touched: dict[int, Document | None] = {}

    def changes(self) -> dict[int, Document | None]:
        """What is different now. ValueError if a document came to bear an id that is not its own."""
        changes: dict[int, Document | None] = {}
        for doc_id, document in self._touched.items():
            if document is None:
                if doc_id in self._documents:
                    changes[doc_id] = None
                continue
            after = _with_its_id(doc_id, document)
            before = self._documents.get(doc_id)
            # Compared as JSON, for which, unlike for Python, 1 and True and 1.0 are three values.
            if before is None or orjson.dumps(before) != orjson.dumps(after):
                changes[doc_id] = after
        return changes

    def __getitem__(self, doc_id: int) -> Document:
        if doc_id not in self._touched:
            self._touched[doc_id] = copied(self._documents[doc_id])
        document = self._touched[doc_id]
        if document is None:
            raise KeyError(doc_id)
        return document

    def __setitem__(self, doc_id: int, document: Document) -> None:
        self._touched[doc_id] = document

    def __delitem__(self, doc_id: int) -> None:
        if doc_id not in self:
            raise KeyError(doc_id)
        self._touched[doc_id] = None

    def __contains__(self, doc_id: object) -> bool:
        if doc_id in self._touched:
            return self._touched[doc_id] is not None
        return doc_id in self._documents

    def __iter__(self) -> Iterator[int]:
        new = [doc_id for doc_id in self._touched if doc_id not in self._documents]
        return iter([doc_id for doc_id in (*self._documents, *new) if doc_id in self])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        self._touched = dict.fromkeys(self._documents)


def _with_its_id(doc_id: int, document: Document) -> Document:
    named = document.get("id", doc_id)
    if named != doc_id:
        raise ValueError(f"the document with the id {doc_id} says that its id is {named!r}")
    return {"id": doc_id, **cast(Document, copied(document))}
