"""All workspaces of a server: each is opened on first use, and closed again when it is idle."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

from sandbox.errors import StartError
from sandbox.state.clock import Clock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.data_quota import DataQuota
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.registry import EPHEMERAL, Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspace_entry import WorkspaceEntry
from sandbox.state.workspace_loader import Durability, WorkspaceLoader, WorkspaceTemplate, World, forget_what_it_fits

MOST_OPEN = 128
"""On disk; each holds a file open, and its documents in memory."""
_OPENED_AT_A_TIME = 3
_LARGE = 2_000
"""Documents of a world that is written off the event loop."""


class Workspaces:
    """Where a workspace was never used, `world` says how it begins: by its own scenario and seed, or by `begins_with`.

    Without a directory everything is in memory, and a workspace that was opened stays open. `contract` is the
    fingerprint of the contract that those worlds fit.
    """

    def __init__(
        self,
        clock: Clock,
        plan: Mapping[str, IndexPlan],
        world: World,
        registry: Registry,
        directory: DataDirectory | None = None,
        *,
        begins_with: tuple[str, int] = ("empty", 0),
        durability: Durability = "os",
        contract: str | None = None,
        quota: DataQuota | None = None,
    ) -> None:
        self._template = WorkspaceTemplate(plan, world, contract)
        self._registry, self._directory = registry, directory
        self._loader = WorkspaceLoader(clock, directory, begins_with, durability, quota)
        self.quota = quota
        self._opened: dict[str, Workspace] = {}
        self._opening: dict[str, Lock] = {}
        self._under_way: dict[str, Future[Workspace]] = {}
        self._openers = ThreadPoolExecutor(_OPENED_AT_A_TIME, "opening")
        self._lock = Lock()
        self._closed = False
        self.on_open: Callable[[Workspace], None] = lambda workspace: None
        """Called with each workspace before it is handed out for the first time; in the thread that opens it."""
        self.on_close: Callable[[Workspace], None] = lambda workspace: None
        """Called on the event loop with each workspace that is closed or deleted, while it can still be read."""
        self._agree_with_the_directory()

    def opened(self, name: str) -> Workspace | None:
        """The workspace, if it need not be opened first."""
        workspace = self._opened.get(name)
        if workspace is not None:
            workspace.in_use = True
        return workspace

    def is_open(self, workspace: Workspace) -> bool:
        """Whether it is this one that is open under its name."""
        return self.opened(workspace.name) is workspace

    def all_opened(self) -> list[Workspace]:
        return list(self._opened.values())

    def get(self, name: str) -> Workspace:
        """The workspace; may be called in any thread, since opening one may take a while.

        Raises Missing where there is none; StartError where what is kept of it is damaged or cannot be written.
        """
        workspace = self.opened(name)
        if workspace is not None:
            return workspace
        with self._lock:
            opening = self._opening.setdefault(name, Lock())
        with opening:
            workspace = self.opened(name)
            while workspace is None:
                self._must_not_be_closed()
                workspace = self._open_once(name)
        return workspace

    def _open_once(self, name: str) -> Workspace | None:
        """None where it, or the contract, is another one by now: it was opened in a thread."""
        number, template = self._registry.number(name), self._template
        try:
            workspace = self._loader.open(self._registry.workspace(name), template, self.on_open)
        except StartError:
            if template is self._template:
                raise
            return None
        with self._lock:
            is_there = self._registry.number(name) == number
            if is_there and template is self._template:
                self._opened[name] = workspace
                return workspace
        if not is_there:  # it was deleted; there may be another of this name by now
            workspace.destroy()
            return None
        forget_what_it_fits(workspace)
        workspace.close()
        return None

    def follow(self, plan: Mapping[str, IndexPlan], world: World, contract: str) -> None:
        """On the event loop, where no transaction is open: from now on all is of another contract, what is open included.

        Documents stay as they are. What is being opened in a thread is opened anew.
        """
        with self._lock:
            self._template = WorkspaceTemplate(plan, world, contract)
            opened = self.all_opened()
        for workspace in opened:
            workspace.follow(plan)
        for workspace in opened:
            if workspace.metadata.contract != contract:
                forget_what_it_fits(workspace)

    def begun(self) -> list[str]:
        """The names of those on disk that were opened at least once."""
        if self._directory is None:
            return []
        known = {one.name for one in self._registry.workspaces()}
        return [one.name for one in self._directory.workspaces(known) if one.name in known]

    def verify(self) -> None:
        """OSError where what is written next would be lost: the data directory, or a journal, is not there any more."""
        if self._directory is not None:
            self._registry.verify()
            for workspace in self.all_opened():
                workspace.verify()

    def strays(self) -> list[str]:
        """A sentence for what lies among the workspaces on disk and is none."""
        return [] if self._directory is None else self._directory.strays({one.name for one in self._registry.workspaces()})

    def create(self, name: str, scenario: str | None = None, seed: int | None = None) -> WorkspaceEntry:
        """Raises what `Registry.create_workspace` does, InsufficientStorage for one too many, OSError for files that cannot be removed."""
        if not self._registry.has(name):
            self._registry.refuse_one_more()
        if name in self._registry.leaving():
            self._remove_the_files_of(name)
        return self._registry.create_workspace(name, scenario, seed)

    def refuse_one_more(self) -> None:
        """Raises InsufficientStorage where those that are open, and cannot be closed, leave no memory for another."""
        if self.quota is not None and self._directory is None:
            self.quota.budget.refuse(1)

    def begin_opening(self, name: str) -> Future[Workspace]:
        """What `get` gives or raises, in a thread; one for all that ask meanwhile.

        A world may have to be built first, and whoever waits for another thread must not wait for that.
        """
        with self._lock:
            future = self._under_way.get(name)
            if future is None:
                future = self._under_way[name] = self._openers.submit(self.get, name)
                future.add_done_callback(lambda _: self._under_way.pop(name, None))
        return future

    def bring(self, world: Image) -> None:
        """In any thread: write a large world to the disk beforehand, so that becoming it takes no longer than a link. OSError."""
        if self._directory is not None and sum(map(len, world.tables.values())) >= _LARGE:
            self._directory.bring(world)

    def delete(self, name: str) -> None:
        """Everything of it goes: keys, documents, snapshots. Raises what `Registry.delete_workspace` raises."""
        with self._lock:
            self._registry.delete_workspace(name)
            workspace = self._opened.pop(name, None)
            if name.startswith(EPHEMERAL):  # such a name never comes back, so that nobody needs its lock
                self._opening.pop(name, None)
        if workspace is not None:
            workspace.finish_commits()
            self.on_close(workspace)
            workspace.destroy()
        self._remove_the_files_of(name)

    def close_idle(self) -> None:
        """On the event loop: close each that nobody asked for since the last call, and drop the images that nobody needs any more.

        In memory none is closed, since there it would be lost.
        """
        if self._directory is None:
            return
        for workspace in self.all_opened():
            if not workspace.in_use and not workspace.held:
                self._close(workspace)
            workspace.in_use = False
        self._directory.clean_pool()

    def make_room(self) -> None:
        """Called on the event loop, where nothing is under way, after one was opened: close some where there are many.

        Those go first that nobody asked for since the last look for idle ones, then those that were opened first.
        """
        surplus = len(self._opened) - MOST_OPEN
        if self._directory is None or (surplus <= 0 and not self._are_too_much):
            return
        candidates = sorted((one for one in self.all_opened() if not one.held), key=lambda one: one.in_use)
        enough = surplus + MOST_OPEN // 8 if surplus > 0 else 0
        for place, workspace in enumerate(candidates[:-1] if surplus <= 0 else candidates):
            if place < enough or self._are_too_much:
                self._close(workspace)

    @property
    def data_size(self) -> int:
        """The memory of all that are open, as reckoned; 0 where nobody counts."""
        return 0 if self.quota is None else self.quota.budget.used

    @property
    def _are_too_much(self) -> bool:
        """Whether those that are open take more memory than there is for them."""
        return self.quota is not None and self.quota.budget.used > self.quota.budget.most

    def close(self) -> None:
        """Close all, and let go of the directory; a second call does nothing."""
        self._closed = True
        self._openers.shutdown(cancel_futures=True)
        for workspace in self.all_opened():
            self._close(workspace)
        self._loader.close()
        self._registry.close()
        if self._directory is not None:
            self._directory.close()

    def _close(self, workspace: Workspace) -> None:
        self._opened.pop(workspace.name, None)
        workspace.finish_commits()
        self.on_close(workspace)
        workspace.close()

    def _agree_with_the_directory(self) -> None:
        """Finish the deletions that a killed server began, then take in what one left that kept no registry yet."""
        if self._directory is None:
            return
        for name in self._registry.leaving():
            self._remove_the_files_of(name)
        for place in self._directory.workspaces({one.name for one in self._registry.workspaces()}):
            if not self._registry.has(place.name):
                self._registry.create_workspace(place.name)

    def _remove_the_files_of(self, name: str) -> None:
        if self._directory is not None:
            with suppress(FileNotFoundError):
                shutil.rmtree(self._directory.workspace(name))
        self._registry.forget(name)

    def _must_not_be_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the workspaces are closed")
