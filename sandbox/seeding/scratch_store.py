"""Where a scenario runs: tables in memory that are written in transactions, as a workspace's are, and nothing besides.

It looks nothing up but what must be unique, so that it keeps no other index; whoever takes the world over makes theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openapi.contract import Contract
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.store import Database
from sandbox.state.transaction import Transaction


class ScratchStore:
    """Empty at first; its time is that of `clock`, which the run moves."""

    def __init__(self, contract: Contract, clock: ManualClock) -> None:
        self.clock = clock
        self._database = Database(_what_must_be_unique(contract))

    def begin(self) -> Transaction:
        """A transaction, which leaves no trace unless it is committed."""
        return Transaction(self._database, self.clock.now())

    def commit(self, tx: Transaction) -> None:
        """Puts in what a transaction wrote."""
        self._database.storage.commit(tx.changes)
        tx.end()

    def ids(self, collection: str) -> Sequence[int]:
        """Every id of a collection, ascending, as of now."""
        return self._database.table(collection).ids()

    def image(self) -> Image:
        """All that was committed."""
        return self._database.storage.image()


def _what_must_be_unique(contract: Contract) -> Mapping[str, IndexPlan]:
    plan: dict[str, IndexPlan] = {}
    for resource in contract.resources.values():
        folded = frozenset(field for field, how in resource.unique.items() if how == "ignore-case")
        plan[resource.name] = IndexPlan(frozenset(resource.unique) - folded, folded)
    return plan
