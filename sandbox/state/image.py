"""A world as a value: all documents and counters of a workspace at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.fair_scheduler import Pause, no_pause
from sandbox.state.changes import is_system_name
from sandbox.state.documents import Document
from sandbox.state.indexed_rows import IndexedRows
from sandbox.state.indexes import IndexPlan
from sandbox.state.usage import Amount, amount_of


@dataclass
class Image:
    """A whole workspace at one moment: tables with at least one document, ids ascending, and every counter.

    It is a value as well: nobody changes its tables. What is worked out of it once stays with it: `digest`, the name
    of its file where it was put aside, `rows`, its tables with their indexes, and `amounts`, how much each holds.
    """

    tables: dict[str, dict[int, Document]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    digest: str | None = field(default=None, compare=False, repr=False)
    rows: Mapping[str, IndexedRows] | None = field(default=None, compare=False, repr=False)
    amounts: Mapping[str, Amount] | None = field(default=None, compare=False, repr=False)

    def world(self) -> Image:
        """What clients see of it: without the tables and counters that are the workspace's own."""
        return self if not any(map(is_system_name, (*self.tables, *self.counters))) else self._where(lambda name: not is_system_name(name))

    def own(self) -> Image:
        """What is the workspace's own: its facts, its snapshots."""
        return self._where(is_system_name)

    def prepare(self, plan: Mapping[str, IndexPlan], pause: Pause = no_pause) -> Image:
        """Index and count it now, so that a workspace that becomes this image need only copy that. Returns itself."""
        self.count(pause)
        if self.rows is None:
            rows = {name: IndexedRows(plan.get(name, IndexPlan())) for name in self.tables}
            for name, documents in self.tables.items():
                rows[name].load(documents)
                pause()
            self.rows = rows
        return self

    def copy_of_rows(self, plan: Mapping[str, IndexPlan], pause: Pause) -> dict[str, IndexedRows]:
        """In any thread: its tables with their indexes for one workspace alone, which then need copy nothing to become it."""
        copies = {name: IndexedRows(plan.get(name, IndexPlan())) for name in self.tables}
        prepared = self.prepare(plan, pause).rows or {}
        for name, copy in copies.items():
            copy.adopt(prepared[name])
            pause()
        return copies

    def count(self, pause: Pause = no_pause) -> Amount:
        """How much it holds; worked out once."""
        if self.amounts is None:
            self.amounts = {name: amount_of(documents, pause) for name, documents in self.tables.items()}
        return Amount(sum(one.documents for one in self.amounts.values()), sum(one.size for one in self.amounts.values()))

    def _where(self, wanted: Callable[[str], bool]) -> Image:
        return Image(
            {name: table for name, table in self.tables.items() if wanted(name)},
            {name: count for name, count in self.counters.items() if wanted(name)},
        )
