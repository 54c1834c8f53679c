"""TinyDB over live documents: its whole public interface works, but a write touches only what changes.

Every write, TinyDB's own `drop_table(s)` included, goes through `LiveStorage.commit`, which records it beforehand.
What TinyDB's methods hand out is the caller's own copy; `at`, `live`, `ids` and `lookup` hand out the live values.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from sandbox.state.changes import Changes, id_counter
from sandbox.state.documents import Document
from sandbox.state.indexes import Index, IndexPlan
from sandbox.state.live_storage import LiveStorage, Recorder
from sandbox.state.tinydb_views import ReadView, UpdateView

__all__ = ["Database", "IndexPlan", "LiveStorage", "LiveTable"]


class LiveTable(Table):
    """A TinyDB table whose documents live in a `LiveStorage`; look-ups, pages and single writes do not grow with it."""

    def __init__(self, storage: Storage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:
        """`cache_size` is taken for TinyDB's sake and ignored: its cache hands the same objects to every caller."""
        if not isinstance(storage, LiveStorage):
            raise TypeError("a LiveTable needs a LiveStorage")
        self._live = storage
        self._rows = storage.rows(name)
        self._last_taken = 0
        super().__init__(storage, name, 0, persist_empty)

    @property
    def plan(self) -> IndexPlan:
        return self._rows.plan

    @property
    def state(self) -> object:
        """The same object as long as nothing is written."""
        return self._rows.state

    @property
    def live(self) -> Mapping[int, Document]:
        """The documents themselves by id, ascending."""
        return self._rows.documents

    def at(self, doc_id: int) -> Document | None:
        return self._rows.documents.get(doc_id)

    def ids(self) -> Sequence[int]:
        """Every id, ascending."""
        return self._rows.ids

    def index(self, field: str) -> Index:
        """The index behind `lookup`; KeyError where the plan has none for the field."""
        return self._rows.index(field)

    def lookup(self, field: str, value: Any) -> Sequence[int]:
        """The ids filed under a value of an indexed field, ascending; KeyError where the plan does not index it."""
        return self._rows.index(field).ids(value)

    def equal_index(self, field: str, value: Any) -> Index | None:
        """The index that can compare the field with the value, with regard to case; None where none can."""
        return self._rows.equal_index(field, value)

    def containing(self, term: str, among: Sequence[int] | None = None) -> Sequence[int]:
        """The ids, ascending, of documents with the term in one of the search fields, in any case."""
        return self._rows.containing(term, among)

    def apply(self, changes: Mapping[int, Document | None]) -> None:
        """Put or replace each document as it is, uncopied; None removes one."""
        self._live.commit(Changes({self.name: changes}))

    def _read_table(self) -> dict[str, Mapping[Any, Any]]:
        return cast(dict[str, Mapping[Any, Any]], ReadView(self._rows.documents))

    def _update_table(self, updater: Callable[[dict[int, Mapping[Any, Any]]], None]) -> None:
        draft = UpdateView(self._rows.documents)
        try:
            updater(cast(dict[int, Mapping[Any, Any]], draft))
            counters = {id_counter(self.name): self._last_taken} if self._last_taken else {}
            self._live.commit(Changes({self.name: draft.changes()}, counters))
        finally:
            self._last_taken = 0

    def _get_next_id(self) -> int:
        # Taken for the write under way only, which counts it when it succeeds: a refused write uses up no id.
        self._last_taken = max(self._last_taken, self._live.counters.get(id_counter(self.name), 0)) + 1
        return self._last_taken


class Database(TinyDB):
    """TinyDB with live tables. `record` is called with each change before it is made."""

    table_class = LiveTable
    default_storage_class = LiveStorage  # type: ignore[assignment]  # TinyDB pins this to its JSON storage

    def __init__(self, plan: Mapping[str, IndexPlan] | None = None, record: Recorder | None = None) -> None:
        super().__init__(plan, record)

    @property
    def storage(self) -> LiveStorage:
        return self._storage  # type: ignore[return-value]

    def let_go(self, name: str, *, counted: bool = True) -> None:
        """Keep nothing of a table that is empty for good; without `counted`, its ids may be given again."""
        self._tables.pop(name, None)
        self.storage.let_go(name, counted=counted)

    def table(self, name: str, **kwargs: Any) -> LiveTable:
        table = self._tables.get(name)
        return super().table(name, **kwargs) if table is None else table  # type: ignore[return-value]
