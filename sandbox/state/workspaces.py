"""Isolated worlds, each with its own documents, counters, clock and journal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sandbox.errors import StartError
from sandbox.state.clock import Clock, OffsetClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.journal import Journal, encoded
from sandbox.state.store import Database, IndexPlan, LiveTable
from sandbox.state.transaction import Transaction
from sandbox.state.values import Changes, Image


class Workspace:
    """One world. It begins as `image`, which the journal, where there is one, must already tell."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        plan: Mapping[str, IndexPlan],
        journal: Journal | None = None,
        image: Image | None = None,
    ) -> None:
        self.name = name
        self.clock = clock if isinstance(clock, OffsetClock) else OffsetClock(clock)
        self._journal = journal
        self._open = False
        self._database = Database(plan, self._record)
        if image is not None:
            self._database.storage.load(image)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Leaving the block commits, to the journal first; an exception, the journal's included, leaves no trace."""
        self._must_be_idle()
        tx = Transaction(self._database, self.clock.now())
        self._open = True
        try:
            yield tx
            changes = tx.changes
        finally:
            tx.end()
            self._open = False
        if changes:
            self._database.storage.commit(changes)

    def table(self, collection: str) -> LiveTable:
        """The collection as a TinyDB table. Its own writes are each a transaction, and so refused inside another."""
        return self._database.table(collection)

    def image(self) -> Image:
        """The committed state, as a shallow copy."""
        return self._database.storage.image()

    def install(self, image: Image) -> None:
        """Replace everything, counters too; on disk first, so that a failure (OSError) changes nothing."""
        self._must_be_idle()
        if self._journal is not None:
            self._journal.rewrite(image)
        self._database.storage.load(image)

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written here."""
        image = self.image()
        return not image.tables and not image.counters

    @property
    def recovered_bytes(self) -> int:
        """How much of a last, unacknowledged frame was cut off the journal when it was opened."""
        return 0 if self._journal is None else self._journal.recovered_bytes

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()

    def _record(self, changes: Changes) -> None:
        self._must_be_idle()
        if self._journal is not None:
            self._journal.append(encoded(changes))

    def _must_be_idle(self) -> None:
        if self._open:
            raise RuntimeError(f"a transaction is open in the workspace {self.name}, and there can be only one")


class Workspaces:
    """All workspaces of a server by name, each opened when it is first asked for.

    A journal on disk says how a workspace begins; where there is none, `world(name)` does. Without a directory
    everything is in memory.
    """

    def __init__(
        self,
        clock: Clock,
        plan: Mapping[str, IndexPlan],
        world: Callable[[str], Image],
        directory: DataDirectory | None = None,
    ) -> None:
        self._clock = clock
        self._plan = plan
        self._world = world
        self._directory = directory
        self._opened: dict[str, Workspace] = {}
        self._closed = False

    def get(self, name: str) -> Workspace:
        """StartError if the workspace's journal is damaged or cannot be written, or its name cannot be a file's."""
        if self._closed:
            raise RuntimeError("the workspaces are closed")
        if name not in self._opened:
            journal, image = self._beginning(name)
            self._opened[name] = Workspace(name, OffsetClock(self._clock), self._plan, journal, image)
        return self._opened[name]

    def close(self) -> None:
        """Close every journal and let go of the directory; a second call does nothing."""
        self._closed = True
        for workspace in self._opened.values():
            workspace.close()
        self._opened.clear()
        if self._directory is not None:
            self._directory.close()

    def _beginning(self, name: str) -> tuple[Journal | None, Image]:
        if self._directory is None:
            return None, self._world(name)
        path = self._directory.journal_path(name)
        if path.exists():
            return Journal.open(path)
        image = self._world(name)
        try:
            return Journal.create(path, image), image
        except OSError as error:
            raise StartError(f"The journal {path} cannot be written: {error.strerror}.") from error
