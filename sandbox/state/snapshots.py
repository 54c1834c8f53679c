"""A workspace's snapshots: worlds saved under a name, each as it was at one moment."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from openapi.wording import counted
from sandbox.errors import InsufficientStorage, Invalid, Missing, Refusal
from sandbox.fair_scheduler import Pause, no_pause
from sandbox.quotas import size
from sandbox.state.clock import timestamp
from sandbox.state.data_quota import DataQuota
from sandbox.state.image import Image
from sandbox.state.image_writing import ImageWriting
from sandbox.state.indexed_rows import IndexedRows
from sandbox.state.indexes import IndexPlan
from sandbox.state.persistence import Persistence
from sandbox.state.store import LiveTable
from sandbox.state.transaction import Transaction
from sandbox.state.usage import Amount

SNAPSHOTS = "_snapshots"
MOST = 100
"""How many a workspace may keep, beside those that are taken before its resets."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_AT_HAND = 2
_BYTES_OF_A_DOCUMENT = 256
"""So many are reckoned for each of a snapshot whose size nobody counted."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of one: times are RFC 3339 by the server's clock, `documents` counts those of all collections."""

    name: str
    created_at: str
    documents: int
    expires_at: str | None
    digest: str


class SnapshotOwner(Protocol):
    """The workspace, as far as its snapshots need it."""

    def world(self) -> Image: ...

    def table(self, collection: str) -> LiveTable: ...

    def transaction(self) -> Transaction: ...

    def note_memory(self) -> None: ...


class Snapshots:
    """All of one workspace. Names are up to 64 letters, digits, dots, hyphens and underscores; none is overwritten."""

    def __init__(self, workspace: SnapshotOwner, persistence: Persistence, plan: Mapping[str, IndexPlan], quota: DataQuota | None = None) -> None:
        self._workspace, self._persistence, self._plan = workspace, persistence, plan
        self._quota = quota
        self._at_hand: OrderedDict[str, Image] = OrderedDict()
        self.memory = 0
        """Bytes that their images take, as reckoned; counted where there is a quota."""

    @property
    def size(self) -> int:
        """Bytes of JSON of all of them."""
        return sum(_amount(one).size for one in self._workspace.table(SNAPSHOTS).live.values())

    def follow(self, plan: Mapping[str, IndexPlan]) -> None:
        """Index what is read from now on by another plan."""
        self._plan = plan

    def take(self, name: str, *, created_at: datetime, expires_at: datetime | None = None) -> Snapshot:
        """Put the present world aside. Invalid for a bad name, one that is taken, or one too many; OSError of the disk."""
        self.refuse(name, automatic=expires_at is not None)
        writing = self.begin()
        writing.run(no_pause)
        return self.finish(name, writing, created_at=created_at, expires_at=expires_at)

    def begin(self, world: Image | None = None, near: Image | None = None, *, name: str | None = None) -> ImageWriting:
        """Begin to put a world aside, the present one where none is given: to be run in any thread, then handed to `finish`.

        OSError of the disk. `near` is a world that was put aside, and may differ little from it. A `name` is what a client
        wants to call it; InsufficientStorage where there is no room for it.
        """
        world = self._workspace.world() if world is None else world
        if name is not None and self._quota is not None:
            self._surplus(self._quota, name, world.count(), automatic=False)
        return self._persistence.begin_put(world, near)

    def finish(self, name: str, writing: ImageWriting, *, created_at: datetime, expires_at: datetime | None = None) -> Snapshot:
        """Keep what was put aside under a name. Raises what `take` raises."""
        return self._keep(name, writing, created_at, expires_at)

    def refuse(self, name: str, *, automatic: bool = False) -> None:
        """Raises Invalid where a new snapshot cannot have this name."""
        if self._find(name) is not None:
            raise Invalid({"name": f"Name {name} is taken; choose another name, or delete that snapshot first"})
        if not automatic and sum(1 for one in self.all() if one.expires_at is None) >= MOST:
            raise Invalid({"name": f"Name {name} would be one too many: a workspace keeps at most {MOST} snapshots; delete one first"})

    def all(self) -> list[Snapshot]:
        """In the order in which they were taken."""
        return [_snapshot(document) for document in self._workspace.table(SNAPSHOTS).live.values()]

    def get(self, name: str) -> Snapshot:
        """Raises Invalid for a name that can be none, Missing where there is no such snapshot."""
        found = self._find(name)
        if found is None:
            raise Missing(f"There is no snapshot {name}")
        return _snapshot(found)

    def world(self, name: str) -> Image:
        """The world as it was. Raises what `get` raises; StartError where its file is damaged."""
        return self.reader(name)(no_pause)

    def reader(self, name: str) -> Callable[[Pause], Image]:
        """What gives the world as it was, in any thread. Raises what `get` raises; the reader StartError, where the file is damaged."""
        digest = self.get(name).digest
        world, persistence = self._at_hand.get(digest), self._persistence
        return (lambda pause: persistence.get(digest, pause)) if world is None else (lambda pause: world)

    def is_in_memory(self, name: str) -> bool:
        """Whether its world need not be read first. Raises what `get` raises."""
        digest = self.get(name).digest
        return self._persistence.in_memory or digest in self._at_hand

    def fetcher(self, name: str) -> Callable[[Pause], tuple[Image, dict[str, IndexedRows]]]:
        """What gives its world and copies of that's rows, in any thread, for `Workspace.restore`. Raises as `reader` does."""
        read, plan = self.reader(name), self._plan

        def fetch(pause: Pause) -> tuple[Image, dict[str, IndexedRows]]:
            world = read(pause)
            return world, world.copy_of_rows(plan, pause)

        return fetch

    def hold_in_memory(self, name: str, world: Image) -> None:
        """From now on its world is quickly restored. Raises what `get` raises."""
        self._hold(self.get(name).digest, world)

    def delete(self, name: str) -> None:
        """Raises what `get` raises."""
        self.get(name)
        document = self._find(name)
        assert document is not None
        self._remove(document["id"])

    def forget_expired(self, now: datetime) -> None:
        """Delete those whose time is over."""
        over = [one for one in self._workspace.table(SNAPSHOTS).live.values() if one["expires_at"] and one["expires_at"] <= timestamp(now)]
        if over:
            self._remove(*(one["id"] for one in over))

    def expire_by(self, latest: datetime) -> None:
        """See to it that none which expires does so later."""
        text = timestamp(latest)
        late = [one for one in self._workspace.table(SNAPSHOTS).live.values() if one["expires_at"] and one["expires_at"] > text]
        if late:
            with self._workspace.transaction() as tx:
                for one in late:
                    tx.replace(SNAPSHOTS, {**one, "expires_at": text})

    def digests(self) -> frozenset[str]:
        """The images that they need."""
        return frozenset(document["digest"] for document in self._workspace.table(SNAPSHOTS).live.values())

    def _keep(self, name: str, writing: ImageWriting, created_at: datetime, expires_at: datetime | None) -> Snapshot:
        try:
            self.refuse(name, automatic=expires_at is not None)
            surplus = () if self._quota is None else self._surplus(self._quota, name, writing.image.count(), automatic=expires_at is not None)
        except Refusal:
            writing.drop()
            raise
        digest, world = self._persistence.finish_put(writing), writing.image
        fields = {
            "name": name,
            "created_at": timestamp(created_at),
            "documents": sum(map(len, world.tables.values())),
            "expires_at": timestamp(expires_at) if expires_at else None,
            "digest": digest,
            **({} if world.amounts is None else {"size": world.count().size}),
        }
        with self._workspace.transaction() as tx:
            document = tx.insert(SNAPSHOTS, fields)
        if surplus:
            self._remove(*surplus)
        self._hold(digest, world)
        return _snapshot(document)

    def _surplus(self, quota: DataQuota, name: str, amount: Amount, *, automatic: bool) -> list[int]:
        """Which must go so that one more finds room: the oldest that were taken before resets. Of those a new one of a client leaves the last.

        InsufficientStorage where that is not enough. One that is taken before a reset always finds room: no quota stops a reset.
        """
        stored = list(self._workspace.table(SNAPSHOTS).live.values())
        may_go = [one for one in stored if one["expires_at"] is not None][: None if automatic else -1]
        over, surplus = sum(_amount(one).size for one in stored) + amount.size - quota.snapshots, list[int]()
        for one in may_go:
            if over > 0:
                surplus.append(one["id"])
                over -= _amount(one).size
        if not automatic:
            if over > 0:
                kept = counted(len(stored), "snapshot")
                raise InsufficientStorage(
                    f"Snapshot {name} has {size(amount.size)}, and all of a workspace may have {size(quota.snapshots)}: beside its {kept} "
                    f"{size(over)} of that are missing; delete some"
                )
            if self._persistence.in_memory:
                quota.budget.refuse(amount.memory)
        return surplus

    def _hold(self, digest: str, world: Image) -> None:
        self._at_hand[digest] = world
        while len(self._at_hand) > _MOST_AT_HAND:
            self._at_hand.popitem(last=False)
        self._count_memory()

    def _remove(self, *ids: int) -> None:
        with self._workspace.transaction() as tx:
            for one in ids:
                tx.remove(SNAPSHOTS, one)
        needed = self.digests()
        for digest in set(self._at_hand) - needed:
            del self._at_hand[digest]
        self._persistence.tidy(needed)
        self._count_memory()

    def _count_memory(self) -> None:
        if self._quota is not None:
            if self._persistence.in_memory:
                self.memory = sum(_amount(one).memory for one in self._workspace.table(SNAPSHOTS).live.values())
            else:
                self.memory = sum(image.count().memory for image in self._at_hand.values() if image.amounts is not None)
            self._workspace.note_memory()

    def _find(self, name: str) -> dict[str, Any] | None:
        if not _NAME.fullmatch(name):
            raise Invalid({"name": "Name must be 1 to 64 letters, digits, dots, hyphens and underscores, and begin with a letter or digit"})
        return next((one for one in self._workspace.table(SNAPSHOTS).live.values() if one["name"] == name), None)


def _amount(document: Mapping[str, Any]) -> Amount:
    documents = document["documents"]
    return Amount(documents, document.get("size", _BYTES_OF_A_DOCUMENT * documents))


def _snapshot(document: dict[str, Any]) -> Snapshot:
    return Snapshot(*(document[name] for name in ("name", "created_at", "documents", "expires_at", "digest")))
