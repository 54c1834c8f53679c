"""A server's state in memory for the tests of resets: its clock and its worlds are the test's to move."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo

from sandbox.control.resets import Resets
from sandbox.control.schedule import DailySchedule
from sandbox.errors import StartError
from sandbox.progress import Progress
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.registry import Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def world(scenario: str, seed: int) -> Image:
    """One lead that says which world it is."""
    return Image({"leads": {1: {"id": 1, "source": f"{scenario}-{seed}"}}}, {"id/leads": 1})


@dataclass
class TwoWorlds:
    """Worlds of two scenarios, which can be made to fail or to take until they are let go."""

    failing: Exception | None = None
    gate: threading.Event | None = None
    begun: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def get(self, scenario: str, seed: int, progress: Progress | None = None) -> Image:
        self.asked.append((scenario, seed))
        self.begun.set()
        if self.gate is not None:
            assert self.gate.wait(20)
        if self.failing is not None:
            raise self.failing
        if progress is not None:
            progress(1, 1)
        return world(scenario, seed)

    def known(self, scenario: str) -> None:
        if scenario not in ("calm", "busy"):
            raise StartError(f"There is no scenario {scenario!r}; known are busy, calm")


class Room:
    """A server's state in memory, by a clock that a test moves."""

    def __init__(self, at: time | None = time(3), zone: tzinfo = UTC) -> None:
        self.clock = ManualClock(NOON)
        self.worlds = TwoWorlds()
        self.went_back: list[str] = []
        entropy: Callable[[int], bytes] = bytes
        self.registry = Registry(self.clock, entropy)
        self.workspaces = Workspaces(self.clock, {}, world, self.registry, begins_with=("calm", 1))
        self.resets = Resets(self.workspaces, self.worlds, DailySchedule(at, zone), self.clock, self.went_back.append)
        self.workspaces.on_open = self.resets.on_open

    def workspace(self, name: str = "default") -> Workspace:
        if not self.registry.has(name):
            self.registry.create_workspace(name)
        return self.workspaces.get(name)


def sources(workspace: Workspace) -> list[str]:
    return [lead["source"] for lead in workspace.image().tables.get("leads", {}).values()]


def write(workspace: Workspace, source: str) -> int:
    with workspace.transaction() as tx:
        return int(tx.insert("leads", {"source": source})["id"])
