"""Resets of workspaces, daily and on demand: announced, postponed once, undone once. All times are those of the server's clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Protocol
from weakref import WeakValueDictionary

from sandbox.control.clock_skew import correct
from sandbox.control.large_resets import LargeResets
from sandbox.control.reset_snapshots import RETENTION, BeforeReset, forget_surplus, keep_before_reset
from sandbox.control.retries import Retries
from sandbox.control.schedule import DailySchedule
from sandbox.errors import Invalid, Missing, StartError
from sandbox.fair_scheduler import FairScheduler, no_pause
from sandbox.progress import Progress
from sandbox.state.clock import Clock, later, timestamp
from sandbox.state.image import Image
from sandbox.state.indexed_rows import IndexedRows, dismantle
from sandbox.state.snapshots import Snapshot
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces

IDLE_AFTER = timedelta(minutes=5)
_MOST_AT_A_TIME = 3  # worlds being made: opening a workspace needs a thread too


class WorldSource(Protocol):
    """Where seeded worlds come from, in any thread; both raise StartError for a scenario that is unknown."""

    def get(self, scenario: str, seed: int, progress: Progress | None = None) -> Image: ...

    def known(self, scenario: str) -> None: ...


class Resets:
    """`clock_went_back` is told the name of each workspace whose clock a reset puts back; maybe in the thread that opens it.

    Two large resets of a workspace that a client asks for are `large_interval` seconds apart.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        worlds: WorldSource,
        schedule: DailySchedule,
        clock: Clock,
        clock_went_back: Callable[[str], None] = lambda workspace: None,
        scheduler: FairScheduler | None = None,
        large_interval: int = 0,
    ) -> None:
        self.scheduler = scheduler or FairScheduler()
        self._large_resets = LargeResets(large_interval)
        self._makers = ThreadPoolExecutor(_MOST_AT_A_TIME, "worlds")
        self._workspaces, self._worlds, self._schedule, self._clock = workspaces, worlds, schedule, clock
        self._clock_went_back = clock_went_back
        self._under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(_MOST_AT_A_TIME)
        self._retries = Retries(clock)
        self._looked_for_idle = now = clock.now()
        self._next_reset_header = now, now, b""  # from when until when, and what

    def follow(self, worlds: WorldSource) -> None:
        """On the event loop: worlds are those of another contract from now on, also one that is being made."""
        self._worlds = worlds

    # On demand.

    async def reset(
        self,
        workspace: Workspace,
        scenario: str | None = None,
        seed: int | None = None,
        progress: Progress | None = None,
        *,
        for_client: bool = False,
    ) -> None:
        """To the scenario and seed, or those it has. Invalid for an unknown scenario; OSError, and then nothing has changed.

        For a client the quotas count: LimitExceeded so soon after another large reset, InsufficientStorage for too large a world.
        """
        if scenario is not None:
            self.known(scenario)
        with workspace.hold():
            async with self._alone(workspace):
                await self._make(workspace, scenario, seed, progress, for_client=for_client)

    def seconds_to_large_reset(self, workspace: Workspace) -> int:
        """Until a client may ask for the next one; 0 where he may now."""
        return self._large_resets.seconds_to_wait(workspace.name)

    async def make_world(self, scenario: str, seed: int, tenant: str) -> None:
        """So that a workspace can soon be opened with it: one at a time for each tenant, and not in the threads that open workspaces."""
        async with self.scheduler.line(tenant, "worlds"), self._room:
            await self._in_a_thread(scenario, seed, None)

    def undo(self, workspace: Workspace, world: Image | None = None, copies: Mapping[str, IndexedRows] = MappingProxyType({})) -> Snapshot:
        """Bring back what was there before the last reset, once: the snapshot that was brought back. Invalid where there is none.

        `world` is that of `undoing`, where it was fetched a moment ago, with `copies` of its rows.
        """
        snapshot = self.undoing(workspace)
        world = workspace.snapshots.world(snapshot.name) if world is None else world
        workspace.refuse_growth(world)
        workspace.restore(world, copies, undo=None)
        return snapshot

    def undoing(self, workspace: Workspace) -> Snapshot:
        """What an undo would bring back. Invalid where there is nothing."""
        name = workspace.metadata.undo
        if name is None:
            raise Invalid({}, "There is no reset to undo: an undo brings back what was there before the last reset, once")
        try:
            return workspace.snapshots.get(name)
        except Missing:
            raise Invalid({}, f"The last reset cannot be undone any more: its snapshot {name} is gone") from None

    def pin(self, workspace: Workspace) -> datetime:
        """Leave the next scheduled reset out: the one after it. Invalid a second time before that one, or where none is scheduled."""
        skipped = self.next_reset(workspace)
        if skipped is None:
            raise Invalid({}, "There is no reset to postpone: this server resets nothing by itself")
        if workspace.metadata.pinned is not None:
            raise Invalid({}, f"The next reset is postponed already, to {timestamp(skipped)}; it can be postponed once")
        after = self._schedule.next_after(skipped)
        if after is None:
            raise Invalid({}, "There is no reset after the next one, to which that could be postponed: the calendar ends with the year 9999")
        workspace.change(pinned=timestamp(skipped))
        self._update_header(workspace)
        return after

    def known(self, scenario: str) -> None:
        """Raises Invalid for a scenario that there is not."""
        try:
            self._worlds.known(scenario)
        except StartError as problem:
            raise Invalid({"scenario": str(problem)}) from None

    # By the schedule.

    def next_reset(self, workspace: Workspace) -> datetime | None:
        """When the workspace is reset by itself; in the past where that is overdue."""
        metadata = workspace.metadata
        return self._schedule.next_after(max(map(datetime.fromisoformat, (metadata.since, metadata.pinned or metadata.since))))

    @property
    def next_reset_header(self) -> bytes:
        """The next reset as an answer tells it that belongs to no workspace."""
        now = self._clock.now()
        begin, end, value = self._next_reset_header
        if not begin <= now < end:
            moment = self._schedule.next_after(now)
            value = _header_value(moment)
            self._next_reset_header = now, moment or later(now, IDLE_AFTER), value
        return value

    def on_open(self, workspace: Workspace) -> None:
        """Make up for the reset that was missed while the workspace was closed. May be called in a thread, before anybody else has it."""
        self._correct(workspace)
        self._update_header(workspace)
        if self._is_due(workspace):
            metadata = workspace.metadata
            try:
                self._apply(workspace, self._present_world(metadata.scenario, metadata.seed)[1], metadata.scenario, metadata.seed, None)
            except Exception as problem:
                self._retries.put_off(workspace.name, problem)

    async def tick(self) -> None:
        """What is due of all opened workspaces. What fails is logged, and neither lost nor any other workspace's trouble."""
        opened = self._workspaces.all_opened()
        for workspace in opened:
            self._correct(workspace)
        await asyncio.gather(*(self._reset_by_schedule(one) for one in opened if self._is_due(one)))
        for workspace in self._workspaces.all_opened():
            self._update_header(workspace)
            self._forget_expired(workspace)
        now = self._clock.now()
        if abs(now - self._looked_for_idle) >= IDLE_AFTER:
            self._looked_for_idle = now
            self._workspaces.close_idle()

    async def _reset_by_schedule(self, workspace: Workspace) -> None:
        with workspace.hold():
            async with self._alone(workspace):
                if not self._is_due(workspace):  # any more: somebody else reset it in the meantime
                    return
                try:
                    await self._make(workspace, None, None, None, by_schedule=True)
                except Missing:
                    pass  # it was deleted in the meantime
                except Exception as problem:
                    self._retries.put_off(workspace.name, problem)

    def _is_due(self, workspace: Workspace) -> bool:
        now = self._clock.now()
        due = self.next_reset(workspace)
        return due is not None and due <= now and self._retries.may_be_tried(workspace.name, now)

    def _correct(self, workspace: Workspace) -> None:
        """The clock may have been ahead once, or have been put right a moment ago."""
        self._retries.attempt(workspace.name, lambda now: correct(workspace, now, retention=RETENTION))

    def _forget_expired(self, workspace: Workspace) -> None:
        self._retries.attempt(workspace.name, workspace.snapshots.forget_expired)

    # Both.

    async def _make(
        self,
        workspace: Workspace,
        scenario: str | None,
        seed: int | None,
        progress: Progress | None,
        *,
        by_schedule: bool = False,
        for_client: bool = False,
    ) -> None:
        scenario = workspace.metadata.scenario if scenario is None else scenario
        seed = workspace.metadata.seed if seed is None else seed
        if for_client:
            self._large_resets.refuse(workspace, scenario)
        async with self._room:
            worlds, world = await self._in_a_thread(scenario, seed, progress)
            while worlds is not self._worlds:
                worlds, world = await self._in_a_thread(scenario, seed, progress)
        self._must_be_there(workspace)
        if for_client:
            self._large_resets.refuse(workspace, scenario, world)
            workspace.refuse_growth(world)
        before = BeforeReset(workspace)
        try:
            await self.scheduler.run(workspace.name, before.writing.run)
            copies = await self.scheduler.run(workspace.name, partial(world.copy_of_rows, workspace.plan))
            self._must_be_there(workspace)
            if for_client:  # the room may be taken by now
                workspace.refuse_growth(world)
            self._apply(workspace, world, scenario, seed, None if by_schedule else workspace.metadata.pinned, before, copies)
        except BaseException:
            before.writing.drop()
            raise
        if for_client:
            self._large_resets.note(workspace, world)
        self.scheduler.begin(workspace.name, partial(dismantle, copies))

    async def _in_a_thread(self, scenario: str, seed: int, progress: Progress | None) -> tuple[WorldSource, Image]:
        """One that nothing but worlds is made in: what others wait for in threads must not wait for that."""
        return await asyncio.get_running_loop().run_in_executor(self._makers, self._world, scenario, seed, progress)

    def _must_be_there(self, workspace: Workspace) -> None:
        if workspace not in self._workspaces.all_opened():
            raise Missing(f"The workspace {workspace.name} was deleted while its world was being made")

    def _world(self, scenario: str, seed: int, progress: Progress | None) -> tuple[WorldSource, Image]:
        """The world, and which ones it is of. All that takes long is done in the thread that this runs in."""
        worlds, world = self._present_world(scenario, seed, progress)
        world.count()
        self._workspaces.bring(world)
        return worlds, world

    def _present_world(self, scenario: str, seed: int, progress: Progress | None = None) -> tuple[WorldSource, Image]:
        """A world of the contract that is in force when it is made; those of the one before may be given up meanwhile."""
        while True:
            worlds = self._worlds
            try:
                return worlds, worlds.get(scenario, seed, progress)
            except StartError:
                if worlds is self._worlds:
                    raise

    def _apply(
        self,
        workspace: Workspace,
        world: Image,
        scenario: str,
        seed: int,
        pinned: str | None,
        before: BeforeReset | None = None,
        copies: Mapping[str, IndexedRows] = MappingProxyType({}),
    ) -> None:
        """From one state to the other, with nothing in between that anybody could see."""
        now = self._clock.now()
        moved = workspace.metadata.offset != 0
        writing = (before or BeforeReset(workspace, no_pause)).as_it_is_now()
        taken = keep_before_reset(workspace, writing, now)
        try:
            workspace.reset(world, copies, scenario=scenario, seed=seed, since=timestamp(now), pinned=pinned, undo=taken.name, offset=0)
        except BaseException:
            with suppress(OSError):
                workspace.snapshots.delete(taken.name)
            raise
        self._retries.forget(workspace.name)
        self._update_header(workspace)
        if moved:
            self._clock_went_back(workspace.name)
        with suppress(OSError):  # the next reset will do it
            forget_surplus(workspace)

    def _update_header(self, workspace: Workspace) -> None:
        workspace.next_reset_header = _header_value(self.next_reset(workspace))

    def _alone(self, workspace: Workspace) -> asyncio.Lock:
        """One reset of a workspace at a time; the lock lives as long as somebody holds it or waits for it."""
        return self._under_way.setdefault(workspace.name, asyncio.Lock())


def _header_value(moment: datetime | None) -> bytes:
    return b"" if moment is None else timestamp(moment).encode("ascii")
