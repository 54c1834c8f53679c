"""How changes are committed and written: one by one, or gathered in one write before any is acknowledged (group commit)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sandbox import log
from sandbox.state.changes import Changes
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.live_storage import Undo
from sandbox.state.persistence import Persistence
from sandbox.state.store import Database

Observer = Callable[[Changes], None]


class CommitGroup:
    """What was committed since the last write. Where that fails, all of it is taken back."""

    __slots__ = ("changes", "error", "frames", "is_over", "undos")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.changes: list[Changes] = []
        self.undos: list[Undo] = []
        self.is_over = False
        self.error: OSError | None = None
        """Why it was taken back, once it is over."""


class Commits:
    """Of one workspace, on one thread. `images` are those that its snapshots need, asked for where a journal is compacted."""

    def __init__(self, name: str, plan: Mapping[str, IndexPlan], persistence: Persistence, images: Callable[[], Collection[str]]) -> None:
        self.database = Database(plan, self._record)
        self.persistence = persistence
        self.group: CommitGroup | None = None
        """What is in force and not yet written."""
        self.observers: list[Observer] = []
        """Told what was committed, once it is kept; nothing in it stands for everything, as after a reset."""
        self.is_open = False
        """Whether a transaction is under way, beside which nothing else may change."""
        self._name, self._images = name, images

    def join(self, changes: Changes) -> None:
        """Make changes that the next `write` keeps. TypeError for a value that JSON does not have, and then nothing has changed."""
        storage = self.database.storage
        frame = self.persistence.frame(changes)
        group = self.group
        if group is None:
            self.persistence.consider_compaction(self._state, self._images)
            group = self.group = CommitGroup()
        group.frames.append(frame)
        group.changes.append(changes)
        group.undos.append(storage.undo_of(changes))
        storage.make(changes)

    def write(self) -> None:
        """Keep what joined, with one write, and tell it. OSError where that fails, and then none of it was ever there."""
        group, self.group = self.group, None
        if group is None:
            return
        try:
            self.persistence.append(b"".join(group.frames))
        except Exception as problem:
            for undo in reversed(group.undos):
                self.database.storage.take_back(undo)
            group.is_over = True
            group.error = problem if isinstance(problem, OSError) else OSError(f"the commits could not be kept: {problem!r}")
            raise group.error from problem
        group.is_over = True
        for changes in group.changes:
            self.notify(changes)

    def give_up(self, why: str) -> None:
        """What joined builds on something that is gone."""
        if self.group is not None:
            self.group.is_over, self.group.error = True, OSError(why)
            self.group = None

    def must_be_idle(self) -> None:
        """RuntimeError while a transaction is open."""
        if self.is_open:
            raise RuntimeError(f"a transaction is open in the workspace {self._name}, and there can be only one")

    def notify(self, changes: Changes) -> None:
        for observe in self.observers:
            try:
                observe(changes)
            except Exception as problem:  # a fault of ours; the changes are kept, and the others must know of them
                log.error("what follows a commit failed", workspace=self._name, exc_info=problem)

    def _record(self, changes: Changes) -> None:
        self.must_be_idle()
        self.write()
        self.persistence.consider_compaction(self._state, self._images)
        self.persistence.append(self.persistence.frame(changes))

    def _state(self) -> tuple[Image, Changes]:
        image = self.database.storage.image()
        own = image.own()
        return image.world(), Changes(own.tables, own.counters)
