"""Opens one workspace: from its stored state, or with the world of its scenario if there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from sandbox import log
from sandbox.errors import StartError
from sandbox.state.clock import Clock, OffsetClock, timestamp
from sandbox.state.data_directory import DataDirectory
from sandbox.state.data_quota import DataQuota
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.persistence import MemoryPersistence, Persistence
from sandbox.state.workspace import Workspace
from sandbox.state.workspace_entry import WorkspaceEntry
from sandbox.state.workspace_metadata import METADATA

Durability = Literal["os", "power"]
World = Callable[[str, int], Image]
"""The world of a scenario and a seed."""


@dataclass(frozen=True, eq=False)
class WorkspaceTemplate:
    """What one contract makes of workspaces: their indexes, the worlds that they begin with, and the fingerprint that those fit."""

    plan: Mapping[str, IndexPlan]
    world: World
    contract: str | None


class WorkspaceLoader:
    """In memory without a `directory`; `begins_with` is the scenario and the seed of a workspace that has none of its own."""

    def __init__(
        self, clock: Clock, directory: DataDirectory | None, begins_with: tuple[str, int], durability: Durability, quota: DataQuota | None = None
    ) -> None:
        self._clock, self._directory, self._quota = clock, directory, quota
        self._begins_with, self._durability = begins_with, durability
        self._executor: ThreadPoolExecutor | None = None

    def open(self, entry: WorkspaceEntry, template: WorkspaceTemplate, on_open: Callable[[Workspace], None]) -> Workspace:
        """StartError where what is kept of it is damaged or cannot be written."""
        persistence = self._persistence(entry.name)
        try:
            image = persistence.load()
            workspace = Workspace(entry.name, OffsetClock(self._clock), template.plan, persistence, image, self._quota)
            if image is None:
                scenario = self._begins_with[0] if entry.scenario is None else entry.scenario
                seed = self._begins_with[1] if entry.seed is None else entry.seed
                metadata: dict[str, Any] = {"scenario": scenario, "seed": seed, "since": timestamp(self._clock.now()), "contract": template.contract}
                workspace.reset(template.world(scenario, seed), **metadata)
            elif METADATA not in image.tables:  # an older server's, which knew nothing of itself
                scenario, seed = self._begins_with
                workspace.change(scenario=scenario, seed=seed, since=timestamp(self._clock.now()))
            persistence.tidy(workspace.snapshots.digests())
            on_open(workspace)
        except OSError as error:
            persistence.close()
            raise StartError(f"The workspace {entry.name} cannot be written: {error.strerror}.") from error
        except Exception:
            persistence.close()
            raise
        return workspace

    def close(self) -> None:
        """Wait for what is being compacted."""
        if self._executor is not None:
            self._executor.shutdown()

    def _persistence(self, name: str) -> Persistence:
        if self._directory is None:
            return MemoryPersistence()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "compaction")
        return DiskPersistence(
            self._directory.workspace(name) / "journal",
            self._directory.pool,
            durability=self._durability,
            executor=self._executor,
            verify=self._directory.verify,
        )


def forget_what_it_fits(workspace: Workspace) -> None:
    """What is stored from now on may be of another contract than what is there."""
    if workspace.metadata.contract is not None:
        try:
            workspace.change(contract=None)
        except OSError as problem:
            log.error("that the contract changed could not be written down", workspace=workspace.name, exc_info=problem)
