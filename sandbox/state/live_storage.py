"""All tables of one database in memory, as a TinyDB storage: a write touches only what changes, and can be rolled back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from tinydb.storages import Storage

from sandbox.fair_scheduler import Pause
from sandbox.state.changes import Changes, id_counter, is_system_name
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.indexed_rows import IndexedRows, dismantle
from sandbox.state.indexes import IndexPlan
from sandbox.state.tinydb_views import ReadView, UpdateView
from sandbox.state.usage import Usage

Recorder = Callable[[Changes], None]
"""Called before a change is made; what it raises stops the change."""


class Undo(NamedTuple):
    """How it was before some changes: documents by id, and counters; None where there was none."""

    tables: Mapping[str, Mapping[int, Document | None]]
    counters: Mapping[str, int | None]


class LiveStorage(Storage):
    """All tables of one database in memory, and all counters."""

    def __init__(self, plan: Mapping[str, IndexPlan] | None = None, record: Recorder | None = None) -> None:
        self.plan = plan or {}
        self._record = record
        self._rows: dict[str, IndexedRows] = {}
        self._written: set[str] = set()
        self.counters: dict[str, int] = {}
        self.usage: Usage | None = None
        """None as long as nobody wants it counted."""

    def count(self) -> Usage:
        """How much there is, from now on kept up by each write; the first time the work grows with what is there."""
        if self.usage is None:
            self.usage = Usage(lambda name: self.rows(name).documents, list(self._rows))
        return self.usage

    @property
    def documents(self) -> int:
        """How many there are, but for what is the workspace's own."""
        return sum(len(rows.documents) for name, rows in self._rows.items() if not is_system_name(name))

    def rows(self, name: str) -> IndexedRows:
        """The rows of a table, the same object for good; a table that the plan does not know has no index."""
        if name not in self._rows:
            self._rows[name] = IndexedRows(self.plan.get(name, IndexPlan()))
        return self._rows[name]

    def let_go(self, name: str, *, counted: bool) -> None:
        """Keep nothing of a table that is empty for good, nor where `counted` is False its ids: nobody will ask for it again."""
        self._rows.pop(name, None)
        self._written.discard(name)
        if not counted:
            self.counters.pop(id_counter(name), None)

    def dismantle(self, pause: Pause) -> None:
        """Let go of everything, some at a time; nobody uses it any more."""
        dismantle(self._rows, pause)

    def follow(self, plan: Mapping[str, IndexPlan]) -> None:
        """Index all tables by another plan from now on."""
        self.plan = plan
        for name, rows in self._rows.items():
            rows.follow(plan.get(name, IndexPlan()))

    def commit(self, changes: Changes) -> None:
        """Record the changes, then make them. A counter of ids never falls behind an id that is put in."""
        if not changes.counted:
            changes = self._with_ids_counted(changes)
        if self._record is not None and changes:
            self._record(changes)
        self.make(changes)

    def make(self, changes: Changes) -> None:
        """Make changes that somebody else records."""
        if self.usage is not None:
            self.usage.take(changes)
        for name, table in changes.tables.items():
            self.rows(name).apply(table)
            self._written.add(name)
        self.counters.update(changes.counters)

    def undo_of(self, changes: Changes) -> Undo:
        """What takes changes back that are about to be made."""
        tables = {name: {doc_id: self.rows(name).documents.get(doc_id) for doc_id in table} for name, table in changes.tables.items()}
        return Undo(tables, {name: self.counters.get(name) for name in changes.counters})

    def take_back(self, undo: Undo) -> None:
        """Be as before; the last changes first."""
        if self.usage is not None:
            self.usage.take(Changes(undo.tables))
        for name, table in undo.tables.items():
            self.rows(name).apply(table)
        for name, count in undo.counters.items():
            if count is None:
                self.counters.pop(name, None)
            else:
                self.counters[name] = count

    def image(self, wanted: Callable[[str], bool] = lambda name: True) -> Image:
        """A shallow copy of everything, or of the tables and counters that are wanted."""
        tables = {name: dict(rows.documents) for name, rows in sorted(self._rows.items()) if rows.documents and wanted(name)}
        return Image(tables, {name: count for name, count in self.counters.items() if wanted(name)})

    def states(self) -> dict[str, object]:
        """Equal to what it gave before, as long as nothing was written to the tables of the world, nor counted there."""
        tables = {name: rows.state for name, rows in self._rows.items() if rows.documents and not is_system_name(name)}
        return {**tables, **{f"counter {name}": count for name, count in self.counters.items() if not is_system_name(name)}}

    def load(
        self, image: Image, over: Changes | None = None, stays: Collection[str] = (), copies: Mapping[str, IndexedRows] = MappingProxyType({})
    ) -> None:
        """Replace everything, but for the tables that stay, by an image with changes laid above it, and record nothing.

        `copies` are what `Image.copy_of_rows` made; they hold afterwards what was here.
        """
        prepared, replaced = image.rows or {}, {*self._rows, *image.tables} - {*stays}
        for name in replaced:
            if name in copies:
                self.rows(name).change_places(copies[name])
            elif name in prepared:
                self.rows(name).adopt(prepared[name])
            else:
                self.rows(name).load(image.tables.get(name, {}))
        if self.usage is not None:
            self.usage.count_anew(replaced, image.amounts)
        self._written = {*image.tables, *(name for name in stays if self.rows(name).documents)}
        self.counters = dict(image.counters)
        for name, table in image.tables.items():
            self.counters[id_counter(name)] = max(self.counters.get(id_counter(name), 0), max(table, default=0))
        if over is not None:
            self.make(self._with_ids_counted(over))

    def read(self) -> dict[str, dict[str, Any]]:
        """TinyDB's view of the tables that were ever written to."""
        return {name: cast(dict[str, Any], ReadView(self.rows(name).documents)) for name in sorted(self._written)}

    def write(self, data: Mapping[str, Mapping[Any, Any]]) -> None:
        """TinyDB's way to drop tables: what is not in `data` is to go. Their ids are not given again."""
        changes: dict[str, Mapping[int, Document | None]] = {}
        for name in self._written | set(data):
            draft = UpdateView(self.rows(name).documents)
            draft.clear()
            draft.update({int(doc_id): dict(document) for doc_id, document in data.get(name, {}).items()})
            changes[name] = draft.changes()
        self.commit(Changes(changes))
        self._written = set(data)

    def _with_ids_counted(self, changes: Changes) -> Changes:
        ahead: dict[str, int] = {}
        for name, table in changes.tables.items():
            counter = id_counter(name)
            counted = max(changes.counters.get(counter, 0), self.counters.get(counter, 0))
            for doc_id, document in table.items():
                if doc_id > counted and document is not None:
                    ahead[counter] = counted = doc_id
        return Changes(changes.tables, {**changes.counters, **ahead}) if ahead else changes
