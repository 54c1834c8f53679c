"""What a workspace shows of itself, all of it, and what may not be seen of it: its counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.crash.client import Fault, Wire
from tests.crash.writers import CONTROL, Document

COLLECTIONS = ("customers", "invoices", "transactions", "products", "quotes", "tickets", "leads", "users", "webhooks")
AUTOMATIC = "before-reset-"

Documents = Mapping[str, Mapping[int, Document]]


@dataclass(frozen=True)
class State:
    """All that a workspace shows of itself: its documents, and what is its own."""

    documents: Documents
    offset: str
    reset: Document
    snapshots: Mapping[str, int]
    keys: Mapping[int, Document]
    limit: Document

    @classmethod
    def by(cls, wire: Wire) -> State:
        return cls(
            documents=shown(wire),
            offset=wire.send("GET", f"{CONTROL}/clock")["data"]["offset"],
            reset=wire.send("GET", f"{CONTROL}/reset")["data"],
            snapshots={one["name"]: one["documents"] for one in wire.pages(f"{CONTROL}/snapshots")},
            keys={one["id"]: one for one in wire.pages(f"{CONTROL}/keys")},
            limit=wire.send("GET", f"{CONTROL}/rate-limit")["data"],
        )

    @property
    def own_snapshots(self) -> list[str]:
        return [name for name in self.snapshots if not name.startswith(AUTOMATIC)]


@dataclass(frozen=True)
class Past:
    """Documents, and the counters that went with them: the last id of each collection, the last number of each year."""

    documents: Documents
    counters: Mapping[str, int]


def shown(wire: Wire) -> Documents:
    """All documents, as the control plane shows them."""
    return {name: {one["id"]: one for one in wire.pages(f"{CONTROL}/documents/{name}")} for name in COLLECTIONS}


def counters_of(documents: Documents) -> dict[str, int]:
    """Of a world in which nothing was deleted."""
    counters = {name: max(table, default=0) for name, table in documents.items()}
    for one in documents["invoices"].values():
        _, year, number = one["invoice_number"].split("-")
        counters[year] = max(counters.get(year, 0), int(number))
    return counters


def same(wanted: State, there: State) -> None:
    """Raises Fault, which names the first difference."""
    for name in ("offset", "reset", "snapshots", "keys", "limit"):
        ours, theirs = getattr(wanted, name), getattr(there, name)
        if ours != theirs:
            raise Fault(f"{name} should be {ours}, but is {theirs}")
    for name, ours in wanted.documents.items():
        theirs = there.documents[name]
        for id in ours.keys() | theirs.keys():
            if ours.get(id) != theirs.get(id):
                raise Fault(f"{name}/{id} should be {ours.get(id)}, but is {theirs.get(id)}")
