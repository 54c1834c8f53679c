"""One workspace: its documents and counters, its clock, its snapshots, and its metadata."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from msgspec import structs

from sandbox.state.changes import Changes, id_counter, is_system_name
from sandbox.state.clock import Clock, OffsetClock, microseconds
from sandbox.state.commits import Commits
from sandbox.state.data_quota import DataQuota
from sandbox.state.image import Image
from sandbox.state.indexed_rows import IndexedRows
from sandbox.state.indexes import IndexPlan
from sandbox.state.persistence import Fsync, MemoryPersistence, Persistence
from sandbox.state.snapshots import SNAPSHOTS, Snapshots
from sandbox.state.store import LiveTable
from sandbox.state.transaction import Transaction
from sandbox.state.usage import Usage
from sandbox.state.workspace_metadata import METADATA, WorkspaceMetadata, metadata_in

_NO_ROWS: Mapping[str, IndexedRows] = MappingProxyType({})


class Workspace:
    """Begins as `image`, which `persistence`, where it is not memory, must already tell. Without a `quota` nothing is counted."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        plan: Mapping[str, IndexPlan],
        persistence: Persistence | None = None,
        image: Image | None = None,
        quota: DataQuota | None = None,
    ) -> None:
        self.name = name
        self.clock = clock if isinstance(clock, OffsetClock) else OffsetClock(clock)
        self.next_reset_header = b""  # its next reset, as answers tell it
        self.in_use = True  # asked for since the last look for idle ones
        self.held = 0  # by how many that are under way; while it is, nobody closes it
        self.fallen_back = 0  # how often the disk took back what had been committed
        self._persistence: Persistence = persistence or MemoryPersistence()
        self.commits = Commits(name, plan, self._persistence, lambda: self.snapshots.digests())
        self.observers, self._database = self.commits.observers, self.commits.database
        self._quota = quota
        self.snapshots = Snapshots(self, self._persistence, plan, quota)
        self.metadata = WorkspaceMetadata()
        if image is not None:
            self._take_up(image)
        if quota is not None:
            self._database.storage.count()
            self.note_memory()

    def transaction(self, now: datetime | None = None, *, grouped: bool = False) -> Transaction:
        """Leaving the block commits, to where the state is kept first; an exception, also of that, leaves no trace.

        `now` is the time of its clock, where that was read a moment ago. A `grouped` commit is in force at once and kept
        by the next `commits.write`, before which nobody may acknowledge it, nor tell what it did.
        """
        return Transaction(self._database, self.clock.now() if now is None else now, self.metadata.moved_back, self, grouped=grouped)

    def begin(self, *, grouped: bool) -> None:
        """Called by a transaction whose block is entered."""
        self.commits.must_be_idle()
        if not grouped:
            self.commits.write()
        self.commits.is_open = True

    def end(self, changes: Changes | None, *, grouped: bool) -> None:
        """Called by a transaction whose block is left, with what it wrote; None, or nothing, where it is to leave no trace."""
        self.commits.is_open = False
        if not changes:
            return
        if self._quota is not None and (usage := self._database.storage.usage) is not None:
            weight = usage.weigh(changes)
            if grouped or weight.documents > 0:  # what the server itself changes of a document has room
                self._quota.refuse(usage, weight)
        if grouped and METADATA not in changes.tables:
            self.commits.join(changes)
            self.note_memory()
            return
        self._database.storage.commit(changes)
        if METADATA in changes.tables:
            self._know(metadata_in(self.table(METADATA).at(1)))
        self.note_memory()
        self.commits.notify(changes)

    def elapsed(self) -> int:
        """The workspace's time as it passes, in microseconds: it jumps ahead with the clock, and never goes back with it but by a reset."""
        return microseconds(self.clock.now()) + self.metadata.moved_back

    def table(self, collection: str) -> LiveTable:
        """The collection as a TinyDB table. Its own writes are each a transaction, and so refused inside another."""
        return self._database.table(collection)

    def image(self, wanted: Callable[[str], bool] = lambda name: True) -> Image:
        """The committed state, what is the workspace's own included, or its tables and counters of wanted names alone, as a shallow copy.

        OSError where it cannot be kept.
        """
        self.commits.write()
        return self._database.storage.image(wanted)

    def world(self) -> Image:
        """What clients see of the committed state, as a shallow copy. OSError where it cannot be kept."""
        world = self.image().world()
        if (usage := self._database.storage.usage) is not None:
            amounts = usage.tables
            world.amounts = {name: amounts[name] for name in world.tables}
        return world

    def states(self) -> dict[str, object]:
        """Equal to what it gave before, as long as `world` would give the same."""
        return self._database.storage.states()

    @property
    def plan(self) -> Mapping[str, IndexPlan]:
        """By which it is indexed."""
        return self._database.storage.plan

    def follow(self, plan: Mapping[str, IndexPlan]) -> None:
        """Index by another plan from now on; the documents stay as they are."""
        self.commits.must_be_idle()
        self._database.storage.follow(plan)
        self.snapshots.follow(plan)

    def change(self, **metadata: Any) -> None:
        """Change some of the facts, in a transaction. OSError where that fails, and then nothing has changed."""
        changed = self._changed(metadata)
        with self.transaction() as tx:
            if tx.get(METADATA, 1) is None:
                tx.insert(METADATA, {name: value for name, value in changed.document().items() if name != "id"})
            else:
                tx.replace(METADATA, changed.document())

    def restore(self, world: Image, copies: Mapping[str, IndexedRows] = _NO_ROWS, **metadata: Any) -> None:
        """Documents and counters as they are in the world; what is its own stays, but for these facts. All or nothing (OSError).

        With `copies` of the world's rows it is done at once, and they hold afterwards what was here.
        """
        own = self.image(is_system_name)
        # The world may be older than the contract, so whether it fits is to be looked at anew.
        changed = self._changed({"contract": None, **metadata})
        metadata_alone = {METADATA: {1: changed.document()}}
        counters = {**own.counters, id_counter(METADATA): 1}
        self._replace(world, Changes({**own.tables, **metadata_alone}, counters), stays=own.tables.keys() - {METADATA}, copies=copies)

    def reset(self, world: Image, copies: Mapping[str, IndexedRows] = _NO_ROWS, **metadata: Any) -> None:
        """The world's documents and counters, and these facts; of what is its own only the snapshots stay. All or nothing (OSError).

        `copies` as with `restore`.
        """
        own = self.image(is_system_name)
        # Nothing that is kept over a reset was told by the time that passes, so the count of it may begin anew.
        tables = {
            METADATA: {1: self._changed({"moved_back": 0, **metadata}).document()},
            **({SNAPSHOTS: own.tables[SNAPSHOTS]} if SNAPSHOTS in own.tables else {}),
        }
        # Its own counters go on, so that nobody who remembers an id of before takes another thing for it.
        self._replace(world, Changes(tables, {**own.counters, id_counter(METADATA): 1}), copies=copies)

    def counter(self, name: str) -> int:
        """The last number given of a counter."""
        return self._database.storage.counters.get(name, 0)

    def refuse_growth(self, world: Image) -> None:
        """Raises InsufficientStorage where a world is more than there may be in the place of the present one."""
        if self._quota is not None and (usage := self._database.storage.usage) is not None:
            self._quota.refuse_world(usage, world.count())

    @property
    def documents(self) -> int:
        """How many its clients see."""
        return self._database.storage.documents

    @property
    def usage(self) -> Usage | None:
        """How much it holds, where that is counted."""
        return self._database.storage.usage

    @property
    def empty(self) -> bool:
        """Whether its clients never wrote anything here, nor a seeder."""
        world = self.image().world()
        return not world.tables and not world.counters

    @property
    def recovered_bytes(self) -> int:
        """How much of a last, unacknowledged frame was cut off when it was opened."""
        return self._persistence.recovered_bytes

    @property
    def unsynced(self) -> bool:
        """Whether something committed must still be written, or reach the disk, before it may be acknowledged."""
        return self.commits.group is not None or self._persistence.unsynced

    @property
    def syncs(self) -> bool:
        """Whether every commit must reach the disk before it may be acknowledged."""
        return self._persistence.syncs

    def begin_fsync(self) -> Fsync:
        """The wait for all that is written by now; what cannot be written is told to those who committed it."""
        self.finish_commits()
        return self._persistence.begin_fsync()

    def fall_back(self) -> None:
        """After a wait that failed: become what has surely reached the disk. OSError where not even that can be read."""
        self.fallen_back += 1
        self.commits.give_up("the disk took back what it builds on")
        self._take_up(self._persistence.fall_back())
        self.commits.notify(Changes())

    def verify(self) -> None:
        """OSError where what is written next would be lost, since its place is not there any more."""
        self._persistence.verify()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """For work that waits in between: until the block is left, nobody closes the workspace."""
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1

    def finish_commits(self) -> None:
        """Write what is in force, as far as that can be: those who wait for it are told. Before it is closed or destroyed."""
        with suppress(OSError):
            self.commits.write()

    def close(self) -> None:
        self._forget()
        self.finish_commits()
        self._persistence.close()

    def destroy(self) -> None:
        """Close it, and leave nothing of it."""
        self._forget()
        self._persistence.destroy()

    def _replace(self, world: Image, over: Changes, stays: Collection[str] = (), copies: Mapping[str, IndexedRows] = _NO_ROWS) -> None:
        """The tables that stay are in `over` as they are, to be kept, but need not be indexed anew."""
        self.commits.must_be_idle()
        self.commits.write()
        self._persistence.rewrite(world, over, self.snapshots.digests())
        others = {name: table for name, table in over.tables.items() if name not in stays}
        self._database.storage.load(world, Changes(others, over.counters), stays, copies)
        self._know(metadata_in(self.table(METADATA).at(1)))
        self.note_memory()
        self.commits.notify(Changes())

    def note_memory(self) -> None:
        """All workspaces share one budget of it: what this one takes now."""
        if self._quota is not None and (usage := self._database.storage.usage) is not None:
            self._quota.budget.note(self.name, usage.memory + self.snapshots.memory)

    def _forget(self) -> None:
        if self._quota is not None:
            self._quota.budget.forget(self.name)

    def _changed(self, metadata: Mapping[str, Any]) -> WorkspaceMetadata:
        """The facts with these in the place of what they were; a clock that is put back is remembered."""
        moved_back = max(0, self.metadata.offset - metadata.get("offset", self.metadata.offset))
        return structs.replace(self.metadata, **{"moved_back": self.metadata.moved_back + moved_back, **metadata})

    def _take_up(self, image: Image) -> None:
        self._database.storage.load(image)
        self.note_memory()
        if (document := self.table(METADATA).at(1)) is not None:
            self._know(metadata_in(document))

    def _know(self, metadata: WorkspaceMetadata) -> None:
        self.metadata = metadata
        self.clock.offset = timedelta(microseconds=metadata.offset)
