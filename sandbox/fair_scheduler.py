"""Long work in threads, by turns between workspaces: whoever asks for much keeps no other workspace waiting for more than a slice.

Each workspace has a waiting line of its own, and one piece of work at a time. Of all that is under way one thread runs, which
passes its turn on between two slices; so the event loop never has to share the interpreter with more than one of them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

Pause = Callable[[], None]
"""Called by the work between two steps that each take a moment: others may go on. Raises Abandoned where nobody wants the rest."""

_Outcome = TypeVar("_Outcome")
_MOST_THREADS = 64
_SECONDS_OF_A_SLICE = 0.002


class Abandoned(Exception):
    """Whoever asked for the work has left, or the server ends."""


def no_pause() -> None:
    """For work that is done where nobody else waits."""


class FairScheduler:
    """Of one server. `tenant` names whose line a piece of work stands in: a workspace, or an address where none is known."""

    def __init__(self) -> None:
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._turns = _Turns()
        self._slice = asyncio.Lock()
        self._executor: ThreadPoolExecutor | None = None
        self._begun: set[asyncio.Task[Any]] = set()
        self._closed = False

    def line(self, tenant: str, kind: str = "") -> asyncio.Lock:
        """Where one waits for the others of the same tenant, for work of one kind."""
        return self._lines.setdefault(f"{kind}\n{tenant}", asyncio.Lock())

    async def run(self, tenant: str, work: Callable[[Pause], _Outcome], kind: str = "") -> _Outcome:
        """What the work gives or raises, in a thread. Where the caller is cancelled the work is given up at its next pause.

        Work of another `kind` has a waiting line of its own, so that what is short need not wait for what is long.
        """
        job = _Job(work, self._turns, lambda: self._closed)
        task = asyncio.create_task(self._in_line(self.line(tenant, kind), job))
        task.add_done_callback(_look_at_the_failure)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            job.is_abandoned = True
            raise

    async def on_the_loop(self, tenant: str, steps: Iterator[object]) -> None:
        """Take all steps, each of which takes a moment, on the event loop: one slice of somebody's in each of its turns."""
        async with self.line(tenant, "on the loop"):
            more = True
            while more:
                async with self._slice:
                    more = _take_some(steps)
                    await asyncio.sleep(0)

    def begin(self, tenant: str, work: Callable[[Pause], object]) -> None:
        """Have it done some time, with nobody waiting for it."""
        task = asyncio.create_task(self.run(tenant, work))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        task.add_done_callback(_look_at_the_failure)

    def close(self) -> None:
        """Give up what is under way; a second call does nothing."""
        self._closed = True
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    async def _in_line(self, line: asyncio.Lock, job: _Job[_Outcome]) -> _Outcome:
        async with line:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(_MOST_THREADS, "long-work")
            return await asyncio.wrap_future(self._executor.submit(job))


class _Job(Generic[_Outcome]):
    """One piece of work; called in its thread."""

    def __init__(self, work: Callable[[Pause], _Outcome], turns: _Turns, is_closed: Callable[[], bool]) -> None:
        self._work, self._turns, self._is_closed = work, turns, is_closed
        self._until = 0.0
        self.is_abandoned = False

    def __call__(self) -> _Outcome:
        self._turns.take()
        try:
            self._begin_slice()
            return self._work(self._pause)
        finally:
            self._turns.give_back()

    def _begin_slice(self) -> None:
        if self.is_abandoned or self._is_closed():
            raise Abandoned
        self._until = time.perf_counter() + _SECONDS_OF_A_SLICE

    def _pause(self) -> None:
        if time.perf_counter() >= self._until:
            time.sleep(0)  # lets the event loop have the interpreter at once, which it would else wait milliseconds for
            self._turns.pass_on()
            self._begin_slice()


class _Turns:
    """Whose turn it is, among threads; those that wait are served in the order in which they came."""

    def __init__(self) -> None:
        self._lock, self._taken = Lock(), False
        self._waiting: deque[Event] = deque()

    def take(self) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            mine = Event()
            self._waiting.append(mine)
        mine.wait()

    def pass_on(self) -> None:
        """To the first that waits, if any does, and then wait behind the others."""
        with self._lock:
            if not self._waiting:
                return
            mine = Event()
            self._waiting.append(mine)
            self._waiting.popleft().set()
        mine.wait()

    def give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


def _take_some(steps: Iterator[object]) -> bool:
    """Whether there may be more."""
    until = time.perf_counter() + _SECONDS_OF_A_SLICE
    return any(time.perf_counter() >= until for _ in steps)


def _look_at_the_failure(task: asyncio.Task[Any]) -> None:
    """Its caller may have left; asyncio would tell as a fault what nobody asks for any more."""
    if not task.cancelled():
        task.exception()
