"""A unit of work: its writes overlay the tables of a workspace, its reads see them, and a commit applies them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, Self

from sandbox.state.changes import Changes, id_counter
from sandbox.state.clock import microseconds, timestamp
from sandbox.state.documents import Document, StoredDocument, stored_document
from sandbox.state.query import Condition, predicate, select
from sandbox.state.store import Database, LiveTable


class Owner(Protocol):
    """Whose transactions they are."""

    def begin(self, *, grouped: bool) -> None: ...

    def end(self, changes: Changes | None, *, grouped: bool) -> None: ...


_NOTHING: Mapping[int, Document | None] = {}


class Transaction:
    """Opened and ended by `Workspace.transaction`; afterwards every method raises RuntimeError.

    Documents are handed out and taken as they are, uncopied: never change one, write another in its place.
    """

    __slots__ = ("_counters", "_database", "_ended", "_grouped", "_moved_back", "_owner", "_timestamp", "_written", "now")

    def __init__(self, database: Database, now: datetime, moved_back: int = 0, owner: Owner | None = None, *, grouped: bool = False) -> None:
        self._owner, self._grouped = owner, grouped
        self.now = now
        self._moved_back = moved_back
        self._database = database
        self._written: dict[str, dict[int, Document | None]] = {}
        self._counters: dict[str, int] = {}
        self._timestamp = ""
        self._ended = False

    def __enter__(self) -> Self:
        assert self._owner is not None
        self._owner.begin(grouped=self._grouped)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._owner is not None
        written = None if kind is not None or not (self._written or self._counters) else self.changes
        self._ended = True
        self._owner.end(written, grouped=self._grouped)

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def timestamp(self) -> str:
        """The moment of this transaction, as documents hold it."""
        self._timestamp = self._timestamp or timestamp(self.now)
        return self._timestamp

    @property
    def elapsed(self) -> int:
        """The same moment as `Workspace.elapsed` counts it, in microseconds."""
        return microseconds(self.now) + self._moved_back

    def get(self, collection: str, doc_id: int) -> Document | None:
        table, written = self._layers(collection)
        return written[doc_id] if doc_id in written else table.live.get(doc_id)

    def several(self, collection: str, doc_ids: Iterable[int]) -> list[Document]:
        """The documents of ids that `select` gave, in their order."""
        table, written = self._layers(collection)
        live = table.live
        if not written:
            return [live[doc_id] for doc_id in doc_ids]
        return [written.get(doc_id) or live[doc_id] for doc_id in doc_ids]

    def select(self, collection: str, conditions: Iterable[Condition] = (), search: str | None = None, newest: bool = False) -> Sequence[int]:
        """The ids of all documents that fulfil everything, ascending, or descending for `newest`."""
        table, written = self._layers(collection)
        if not written:
            return select(table, conditions, search, newest)
        conditions = list(conditions)
        fulfils = predicate(table.plan, conditions, search)
        ids = [doc_id for doc_id in select(table, conditions, search) if doc_id not in written]
        ids += [doc_id for doc_id, document in written.items() if document is not None and fulfils(document)]
        return sorted(ids, reverse=newest)

    def count(self, collection: str, conditions: Iterable[Condition] = (), search: str | None = None) -> int:
        return len(self.select(collection, conditions, search))

    def find(self, collection: str, field: str, value: Any) -> list[Document]:
        """The documents that an index files under a value, ascending by id; KeyError where there is no such index."""
        table, written = self._layers(collection)
        live = table.live
        found = {doc_id: live[doc_id] for doc_id in table.lookup(field, value) if doc_id not in written}
        if not written:
            return list(found.values())
        index = table.index(field)
        found |= {doc_id: document for doc_id, document in written.items() if document is not None and index.files(document, value)}
        return [found[doc_id] for doc_id in sorted(found)]

    def filed(self, collection: str, field: str, value: Any) -> int:
        """How many documents an index files under a value, without a look at each; KeyError where there is no such index."""
        table, written = self._layers(collection)
        index, number = table.index(field), len(table.lookup(field, value))
        for doc_id, document in written.items():
            before = table.at(doc_id)
            number += document is not None and index.files(document, value)
            number -= before is not None and index.files(before, value)
        return number

    def held(self, *collections: str) -> int:
        """Bytes of JSON that collections held before this transaction; 0 where nobody counts."""
        usage = self._database.storage.usage
        return 0 if usage is None else sum(usage.of_table(name).size for name in collections)

    def documents(self, collection: str) -> Iterator[Document]:
        """Every document, ascending by id, as they are when the loop begins."""
        table, written = self._layers(collection)
        live = table.live
        for doc_id in self.select(collection):
            document = written.get(doc_id)
            yield live[doc_id] if document is None else document

    def insert(self, collection: str, document: Mapping[str, Any]) -> Document:
        """Store a document under the next id of the collection, and return it with that id in front."""
        if "id" in document:
            raise ValueError(f"a new document in {collection} gets its id from the store, but it has one: {document['id']!r}")
        if self._ended:
            self._must_be_open()
        doc_id = self._count_up(f"id/{collection}")
        stored = StoredDocument({"id": doc_id})
        stored.update(document)
        written = self._written.get(collection)
        if written is None:
            self._written[collection] = {doc_id: stored}
        else:
            written[doc_id] = stored
        return stored

    def replace(self, collection: str, document: Document) -> Document:
        """Put a document in the place of the one with the same id, and return it as kept; KeyError where there is none."""
        self._must_exist(collection, document["id"])
        stored = self._written.setdefault(collection, {})[document["id"]] = stored_document(document)
        return stored

    def remove(self, collection: str, doc_id: int) -> None:
        """KeyError where there is no such document."""
        self._must_exist(collection, doc_id)
        table, _ = self._layers(collection)
        written = self._written.setdefault(collection, {})
        if table.at(doc_id) is None:
            # It came into being in this very transaction, so nothing remains to be told of it but its used-up id.
            del written[doc_id]
        else:
            written[doc_id] = None

    def next_number(self, name: str) -> int:
        """The next number of a named counter, from 1 upwards. A rollback takes it back."""
        if name.startswith(id_counter("")):
            raise ValueError(f"the counter {name} belongs to the ids of a collection")
        self._must_be_open()
        return self._count_up(name)

    @property
    def changes(self) -> Changes:
        """What a commit would write now."""
        self._must_be_open()
        written = self._written
        if not all(written.values()):
            written = {name: table for name, table in written.items() if table}
        return Changes(written, self._counters, counted=True)

    def end(self) -> None:
        """Refuse further use. Called by the workspace alone."""
        self._ended = True

    def _layers(self, collection: str) -> tuple[LiveTable, Mapping[int, Document | None]]:
        """The collection's table, and the writes that lie above it."""
        if self._ended:
            self._must_be_open()
        return self._database.table(collection), self._written.get(collection, _NOTHING) if self._written else _NOTHING

    def _count_up(self, counter: str) -> int:
        last = self._counters.get(counter)
        if last is None:
            last = self._database.storage.counters.get(counter, 0)
        self._counters[counter] = last + 1
        return last + 1

    def _must_exist(self, collection: str, doc_id: int) -> None:
        if self.get(collection, doc_id) is None:
            raise KeyError(f"{collection} has no document with the id {doc_id}")

    def _must_be_open(self) -> None:
        if self._ended:
            raise RuntimeError("this transaction has ended")
