"""Delivers what is due, of all workspaces, on the event loop, after the commit and off every request's path.

What is pending stands in the workspaces; this holds no more than an order of it in memory, which follows each commit. A
server that ends in the middle of an attempt makes it again after its next start: at least once, under the same id.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sandbox import log
from sandbox.events.attempt_runner import AttemptRunner
from sandbox.events.delivery_attempt import Sender
from sandbox.events.wake_ups import WakeUps
from sandbox.events.workspace_deliveries import TRY_AGAIN_AFTER, WorkspaceDeliveries
from sandbox.state.changes import Changes
from sandbox.state.clock import Clock
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces

_LONGEST_LOOK_AHEAD = 1.0
"""Seconds; the clock may be set in between."""
_PATIENCE = 10
"""How often a workspace that was opened may not be there yet, before it is taken for one that was deleted."""


@dataclass(frozen=True)
class Pace:
    """How many endpoints are called at a time, of one workspace and of all; how many attempts a workspace begins in a second.

    The last leaves the API its processor: a receiver that answers at once could have thousands.
    """

    endpoints: int = 8
    altogether: int = 256
    a_second: float = 100


class DeliveryWorker:
    """`wait_until_durable` waits until all that a workspace committed has reached the disk; `clock` is the server's."""

    def __init__(
        self,
        workspaces: Workspaces,
        sender: Sender,
        clock: Clock,
        wait_until_durable: Callable[[Workspace], Awaitable[None]],
        pace: Pace | None = None,
    ) -> None:
        self._workspaces, self._clock = workspaces, clock
        self._runner = AttemptRunner(workspaces, sender, clock, wait_until_durable)
        self._pace = pace or Pace()
        self._by_workspace: dict[str, WorkspaceDeliveries] = {}
        self._wake_ups = WakeUps(workspaces, clock)
        self._attempts: set[asyncio.Task[bool | None]] = set()
        self._waiting: deque[WorkspaceDeliveries] = deque()  # those that wait for room among all
        self._loop: asyncio.AbstractEventLoop | None = None

    def on_open(self, workspace: Workspace) -> None:
        """Take its deliveries up. In any thread, before anybody else has the workspace."""
        deliveries = WorkspaceDeliveries.of(workspace, max(1, self._pace.endpoints // 2))
        workspace.observers.append(partial(self._observe, deliveries))
        self._hold(deliveries)
        self._wake_ups.discard(workspace.name)
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed by now
                loop.call_soon_threadsafe(self._look, deliveries)

    def on_close(self, workspace: Workspace) -> None:
        """Let go of it, but remember when it is to be opened again for its next delivery."""
        deliveries = self._by_workspace.get(workspace.name)
        if deliveries is None or deliveries.workspace is not workspace:
            return
        self._forget(deliveries)
        due = deliveries.queue.earliest()
        if due is not None and self._loop is not None:
            ahead = timedelta(microseconds=max(0, due - workspace.elapsed()))
            self._wake_ups.add(workspace.name, self._clock.now() + ahead)

    async def start(self, begun: Iterable[str] = ()) -> None:
        """Deliver from now on, on the running loop; `begun` names workspaces on disk, which are looked into one after the other."""
        self._loop = asyncio.get_running_loop()
        opened = {one.name for one in self._workspaces.all_opened()}
        for name in begun:
            if name not in opened:
                self._wake_ups.add(name, self._clock.now())
        self._wake_ups.start()
        for deliveries in list(self._by_workspace.values()):
            self._look(deliveries)

    async def stop(self) -> None:
        """Drop what is under way, which is sent again after the next start; a second call does nothing."""
        self._loop = None
        for deliveries in list(self._by_workspace.values()):  # one may be opened in a thread meanwhile
            deliveries.cancel_timer()
        await self._wake_ups.stop()
        attempts = list(self._attempts)
        for task in attempts:
            task.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)

    async def idle(self) -> None:
        """Returns when nothing is under way, and nothing is due that need not wait for a failure of ours to pass."""
        while self._loop is not None:
            for deliveries in list(self._by_workspace.values()):
                self._look(deliveries)
            if self._attempts:
                await asyncio.wait(self._attempts, return_when=asyncio.FIRST_COMPLETED)
            elif self._wake_ups.wake() or any(map(self._has_work, list(self._by_workspace.values()))):
                await asyncio.sleep(0.001)
            else:
                return

    # What is to be done.

    def _observe(self, deliveries: WorkspaceDeliveries, changes: Changes) -> None:
        """After a commit."""
        if not deliveries.follow(changes):
            return
        self._hold(deliveries)
        if self._loop is not None and len(deliveries.queue):
            deliveries.cancel_timer()
            deliveries.timer = self._loop.call_soon(self._look, deliveries)

    def _look(self, deliveries: WorkspaceDeliveries) -> None:
        """Begin what is due and may begin, and look again when more may be."""
        deliveries.cancel_timer()
        if self._loop is None or not self._holds(deliveries):
            return
        pause = self._begin_what_is_due(deliveries)
        if pause is not None and self._holds(deliveries):
            deliveries.timer = self._loop.call_later(min(pause, _LONGEST_LOOK_AHEAD), self._look, deliveries)

    def _begin_what_is_due(self, deliveries: WorkspaceDeliveries) -> float | None:
        """In how many seconds to look again; None where nothing is ahead, or the end of an attempt will look."""
        assert self._loop is not None
        queue, workspace = deliveries.queue, deliveries.workspace
        deliveries.look_at_the_clock()
        while queue.is_due(elapsed := workspace.elapsed()):
            if deliveries.under_way >= self._pace.endpoints:
                return None
            if len(self._attempts) >= self._pace.altogether:
                self._wait_for_room(deliveries)
                return None
            now = self._loop.time()
            if now < deliveries.next_begin:
                return deliveries.next_begin - now
            if deliveries.is_put_off(self._clock) or not self._is_there(deliveries):
                return _LONGEST_LOOK_AHEAD
            deliveries.next_begin = now + 1 / self._pace.a_second
            taken = queue.take(elapsed)
            assert taken is not None
            self._begin(deliveries, *taken)
        due = queue.next_due()
        return None if due is None else (due - elapsed) / 1e6

    def _has_work(self, deliveries: WorkspaceDeliveries) -> bool:
        return deliveries.queue.is_due(deliveries.workspace.elapsed()) and not deliveries.is_put_off(self._clock)

    def _is_there(self, deliveries: WorkspaceDeliveries) -> bool:
        """Whether the workspace is open. A thread that opens it tells this a moment before; one that is not there later was deleted."""
        if self._workspaces.is_open(deliveries.workspace):
            deliveries.missed = 0
            return True
        deliveries.missed += 1
        if deliveries.missed > _PATIENCE:
            self._forget(deliveries)
        return False

    def _holds(self, deliveries: WorkspaceDeliveries) -> bool:
        return self._by_workspace.get(deliveries.workspace.name) is deliveries

    def _hold(self, deliveries: WorkspaceDeliveries) -> None:
        if len(deliveries.queue):
            self._by_workspace[deliveries.workspace.name] = deliveries
        else:
            self._forget(deliveries)

    def _forget(self, deliveries: WorkspaceDeliveries) -> None:
        deliveries.cancel_timer()
        if self._holds(deliveries):
            del self._by_workspace[deliveries.workspace.name]

    # Attempts.

    def _begin(self, deliveries: WorkspaceDeliveries, webhook: int, delivery: int) -> None:
        assert self._loop is not None
        deliveries.under_way += 1
        task = self._loop.create_task(self._runner.run(deliveries, delivery))
        self._attempts.add(task)
        task.add_done_callback(partial(self._end, deliveries, webhook, delivery))

    def _end(self, deliveries: WorkspaceDeliveries, webhook: int, delivery: int, task: asyncio.Task[bool | None]) -> None:
        self._attempts.discard(task)
        deliveries.under_way -= 1
        problem = None if task.cancelled() else task.exception()
        deliveries.queue.release(webhook, delivery, None if task.cancelled() or problem else task.result())
        if problem is not None and self._workspaces.is_open(deliveries.workspace):
            deliveries.put_off_until = self._clock.now() + TRY_AGAIN_AFTER
            what = "a delivery could not be made or written down; those of the workspace go on in a minute"
            log.error(what, workspace=deliveries.workspace.name, exc_info=problem)
        if self._waiting:
            self._wait_for_room(deliveries)  # behind those that came before
        else:
            self._look(deliveries)
        while self._waiting and len(self._attempts) < self._pace.altogether:
            waiting = self._waiting.popleft()
            waiting.waits_for_room = False
            self._look(waiting)

    def _wait_for_room(self, deliveries: WorkspaceDeliveries) -> None:
        if not deliveries.waits_for_room:
            deliveries.waits_for_room = True
            self._waiting.append(deliveries)
