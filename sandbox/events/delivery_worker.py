"""Delivers what is due, of all workspaces, on the event loop, after the commit and off every request's path.

What is pending stands in the workspaces; this holds no more than an order of it in memory, which follows each commit. A
server that ends in the middle of an attempt makes it again after its next start: at least once, under the same id.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sandbox import log
from sandbox.events.delivery_attempt import Sender, is_success, load, prepare, record
from sandbox.events.delivery_queue import DeliveryQueue, Pending
from sandbox.events.outbox import DELIVERIES, PENDING
from sandbox.events.retry_schedule import believable
from sandbox.events.wake_ups import WakeUps
from sandbox.events.webhook_endpoints import give_up
from sandbox.state.changes import Changes
from sandbox.state.clock import Clock
from sandbox.state.workspace import Workspace
from sandbox.state.workspace_metadata import METADATA
from sandbox.state.workspaces import Workspaces

TRY_AGAIN_AFTER = timedelta(minutes=1)
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


@dataclass(eq=False)
class _Tour:
    """What is pending and under way in one open workspace, whose observer keeps it; the delivery worker holds only those with something pending."""

    workspace: Workspace
    queue: DeliveryQueue
    under_way: int = 0
    next_begin: float = 0.0
    """By the event loop's time."""
    put_off_until: datetime | None = None
    """By the server's clock, after something failed here that is nobody's answer."""
    missed: int = 0
    seen: int = 0
    """The workspace's time at the last look, which goes back where the server's clock does."""
    in_the_crowd: bool = False
    timer: asyncio.Handle | None = field(default=None, repr=False)


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
        self._workspaces, self._sender, self._clock, self._wait_until_durable = workspaces, sender, clock, wait_until_durable
        self._pace = pace or Pace()
        self._tours: dict[str, _Tour] = {}
        self._wake_ups = WakeUps(workspaces, clock)
        self._attempts: set[asyncio.Task[bool | None]] = set()
        self._crowd: deque[_Tour] = deque()  # those that wait for room among all
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loading, self._is_loaded = asyncio.Lock(), False

    def on_open(self, workspace: Workspace) -> None:
        """Take its deliveries up. In any thread, before anybody else has the workspace."""
        tour = _Tour(workspace, DeliveryQueue(_pending(workspace), max(1, self._pace.endpoints // 2)))
        workspace.observers.append(partial(self._observe, tour))
        self._hold(tour)
        self._wake_ups.discard(workspace.name)
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed by now
                loop.call_soon_threadsafe(self._look, tour)

    def on_close(self, workspace: Workspace) -> None:
        """Let go of it, but remember when it is to be opened again for its next delivery."""
        tour = self._tours.get(workspace.name)
        if tour is None or tour.workspace is not workspace:
            return
        self._forget(tour)
        due = tour.queue.earliest()
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
        for tour in list(self._tours.values()):
            self._look(tour)

    async def stop(self) -> None:
        """Drop what is under way, which is sent again after the next start; a second call does nothing."""
        self._loop = None
        for tour in list(self._tours.values()):  # one may be opened in a thread meanwhile
            _cancel_timer(tour)
        await self._wake_ups.stop()
        attempts = list(self._attempts)
        for task in attempts:
            task.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)

    async def idle(self) -> None:
        """Returns when nothing is under way, and nothing is due that need not wait for a failure of ours to pass."""
        while self._loop is not None:
            for tour in list(self._tours.values()):
                self._look(tour)
            if self._attempts:
                await asyncio.wait(self._attempts, return_when=asyncio.FIRST_COMPLETED)
            elif self._wake_ups.wake() or any(map(self._has_work, list(self._tours.values()))):
                await asyncio.sleep(0.001)
            else:
                return

    # What is to be done.

    def _observe(self, tour: _Tour, changes: Changes) -> None:
        """After a commit."""
        tables = changes.tables
        if tables and DELIVERIES not in tables and METADATA not in tables:
            return
        written = tables.get(DELIVERIES)
        if not changes:
            tour.queue.fill(_pending(tour.workspace))
        elif written is not None:
            for id, document in written.items():
                if document is not None and document["status"] == PENDING:
                    tour.queue.put(id, document["webhook_id"], document["due"])
                else:
                    tour.queue.drop(id)
        elif METADATA not in changes.tables:  # where the clock stands
            return
        self._hold(tour)
        if self._loop is not None and len(tour.queue):
            _cancel_timer(tour)
            tour.timer = self._loop.call_soon(self._look, tour)

    def _look(self, tour: _Tour) -> None:
        """Begin what is due and may begin, and look again when more may be."""
        _cancel_timer(tour)
        if self._loop is None or not self._holds(tour):
            return
        pause = self._begin_what_is_due(tour)
        if pause is not None and self._holds(tour):
            tour.timer = self._loop.call_later(min(pause, _LONGEST_LOOK_AHEAD), self._look, tour)

    def _begin_what_is_due(self, tour: _Tour) -> float | None:
        """In how many seconds to look again; None where nothing is ahead, or the end of an attempt will look."""
        assert self._loop is not None
        queue, workspace = tour.queue, tour.workspace
        tour.seen, before = workspace.elapsed(), tour.seen
        if tour.seen < before:
            queue.fill(_pending(workspace))
        while queue.is_due(elapsed := workspace.elapsed()):
            if tour.under_way >= self._pace.endpoints:
                return None
            if len(self._attempts) >= self._pace.altogether:
                self._wait_for_room(tour)
                return None
            now = self._loop.time()
            if now < tour.next_begin:
                return tour.next_begin - now
            if self._is_put_off(tour) or not self._is_there(tour):
                return _LONGEST_LOOK_AHEAD
            tour.next_begin = now + 1 / self._pace.a_second
            taken = queue.take(elapsed)
            assert taken is not None
            self._begin(tour, *taken)
        due = queue.next_due()
        return None if due is None else (due - elapsed) / 1e6

    def _has_work(self, tour: _Tour) -> bool:
        return tour.queue.is_due(tour.workspace.elapsed()) and not self._is_put_off(tour)

    def _is_put_off(self, tour: _Tour) -> bool:
        # A clock that was put back must not make it longer.
        until = tour.put_off_until
        return until is not None and timedelta(0) < until - self._clock.now() <= TRY_AGAIN_AFTER

    def _is_there(self, tour: _Tour) -> bool:
        """Whether the workspace is open. A thread that opens it tells this a moment before; one that is not there later was deleted."""
        if self._is_open(tour.workspace):
            tour.missed = 0
            return True
        tour.missed += 1
        if tour.missed > _PATIENCE:
            self._forget(tour)
        return False

    def _is_open(self, workspace: Workspace) -> bool:
        return self._workspaces.opened(workspace.name) is workspace

    def _holds(self, tour: _Tour) -> bool:
        return self._tours.get(tour.workspace.name) is tour

    def _hold(self, tour: _Tour) -> None:
        if len(tour.queue):
            self._tours[tour.workspace.name] = tour
        else:
            self._forget(tour)

    def _forget(self, tour: _Tour) -> None:
        _cancel_timer(tour)
        if self._holds(tour):
            del self._tours[tour.workspace.name]

    # Attempts.

    def _begin(self, tour: _Tour, webhook: int, delivery: int) -> None:
        assert self._loop is not None
        tour.under_way += 1
        task = self._loop.create_task(self._attempt(tour, delivery))
        self._attempts.add(task)
        task.add_done_callback(partial(self._end, tour, webhook, delivery))

    async def _attempt(self, tour: _Tour, delivery: int) -> bool | None:
        """Whether it failed; None where none was made."""
        workspace = tour.workspace
        with workspace.hold():
            if not self._is_loaded:
                await self._load()
            if workspace.unsynced:
                await self._wait_until_durable(workspace)
            if not self._is_open(workspace):
                return None
            call = prepare(workspace, delivery, self._clock)
            if call is None:
                tour.queue.drop(delivery)
                return None
            outcome = await self._sender.post(call.url, call.headers, call.body)
            if self._is_open(workspace):
                record(workspace, call, outcome)
                await self._give_up_the_rest(workspace, call.delivery["webhook_id"])
            return not is_success(outcome)

    async def _give_up_the_rest(self, workspace: Workspace, webhook: int) -> None:
        """Of what waits for an endpoint that was disabled by this; others come in between."""
        more = True
        while more and self._is_open(workspace):
            with workspace.transaction() as tx:
                more = give_up(tx, webhook)
            if more:
                await asyncio.sleep(0)

    async def _load(self) -> None:
        """With the first attempt, since most servers make none; those that come meanwhile go on in their order."""
        async with self._loading:
            if not self._is_loaded:
                await asyncio.to_thread(load)
                self._is_loaded = True

    def _end(self, tour: _Tour, webhook: int, delivery: int, task: asyncio.Task[bool | None]) -> None:
        self._attempts.discard(task)
        tour.under_way -= 1
        problem = None if task.cancelled() else task.exception()
        tour.queue.release(webhook, delivery, None if task.cancelled() or problem else task.result())
        if problem is not None and self._is_open(tour.workspace):
            tour.put_off_until = self._clock.now() + TRY_AGAIN_AFTER
            what = "a delivery could not be made or written down; those of the workspace go on in a minute"
            log.error(what, workspace=tour.workspace.name, exc_info=problem)
        if self._crowd:
            self._wait_for_room(tour)  # behind those that came before
        else:
            self._look(tour)
        while self._crowd and len(self._attempts) < self._pace.altogether:
            waiting = self._crowd.popleft()
            waiting.in_the_crowd = False
            self._look(waiting)

    def _wait_for_room(self, tour: _Tour) -> None:
        if not tour.in_the_crowd:
            tour.in_the_crowd = True
            self._crowd.append(tour)


def _pending(workspace: Workspace) -> Iterator[Pending]:
    table, now = workspace.table(DELIVERIES), workspace.elapsed()
    for id in table.lookup("status", PENDING):
        document = table.live[id]
        failures = document["failures"]
        yield id, document["webhook_id"], believable(document["due"], failures, now), failures > 0


def _cancel_timer(tour: _Tour) -> None:
    if tour.timer is not None:
        tour.timer.cancel()
        tour.timer = None
