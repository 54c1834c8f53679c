"""Follows a file: applies each valid edit, and reports an invalid one without changing anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openapi.document import DocumentError
from sandbox import log
from sandbox.errors import StartError
from sandbox.loaded_contract import LoadedContract, Spec
from sandbox.reloading.file_watcher import changes_of
from sandbox.reloading.report import ComparableContract, report
from sandbox.runtime import Runtime

_SOMETHING_ELSE = ""
"""What no file holds and no error says: whatever is read next is news."""
_PAUSE, _PAUSES = 0.02, 12
"""So often, and so many seconds apart, a file that is unsound is looked at again before anybody hears of it: it may be half written."""


@dataclass(frozen=True)
class Successor:
    """A loaded contract that is whole but not yet in force; `take_over` puts it there, on the event loop."""

    loaded: LoadedContract
    take_over: Callable[[], None]


class Reloader:
    """`prepare` makes a successor in any thread, and raises DocumentError or StartError for an unsound one.

    `notify` is handed lines for the terminal, in any thread.
    """

    def __init__(self, path: Path, runtime: Runtime, prepare: Callable[[Spec], Successor], notify: Callable[[str], None]) -> None:
        self._path, self._runtime, self._prepare, self._notify = path, runtime, prepare, notify
        self._seen: bytes | str = runtime.loaded.spec.content
        self._has_complained = False
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, on the running loop."""
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._report())]

    async def stop(self) -> None:
        """End; a second call does nothing."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        async for _ in changes_of(self._path):
            while (now := await asyncio.to_thread(self._read)) != self._seen:
                self._seen = now
                try:
                    await self._follow(now)
                except Exception as problem:
                    log.error("an edit of the contract could not be followed", exc_info=problem)

    def _read(self) -> bytes | str:
        """The content, or why there is none."""
        try:
            return self._path.read_bytes()
        except OSError as error:
            return error.strerror or str(error)

    async def _follow(self, now: bytes | str) -> None:
        """What is found after a change; it is left alone where the file holds something else by the time it is ready."""
        begun, spec = time.perf_counter(), self._runtime.loaded.spec
        if now == spec.content:
            if self._has_complained:
                await self._complain_no_more()
            return
        try:
            if isinstance(now, str):
                raise DocumentError(spec.label, "", f"cannot be read: {now}")
            successor = await asyncio.to_thread(self._prepare, Spec(now, spec.label, own=False))
        except Exception as problem:
            if await self._rests(now):
                await self._complain(problem)
            else:
                self._seen = _SOMETHING_ELSE
            return
        if await asyncio.to_thread(self._read) != now:
            self._seen = _SOMETHING_ELSE
            return
        successor.take_over()
        self._has_complained = False
        took = round((time.perf_counter() - begun) * 1000)
        await asyncio.to_thread(self._notify, f"  Reloaded  {spec.label} in {took} ms")
        self._news.set()

    async def _rests(self, now: bytes | str) -> bool:
        """Whether nobody is still writing."""
        for _ in range(_PAUSES):
            await asyncio.sleep(_PAUSE)
            if await asyncio.to_thread(self._read) != now:
                return False
        return True

    async def _complain(self, problem: Exception) -> None:
        self._has_complained = True
        label = self._runtime.loaded.spec.label
        if isinstance(problem, DocumentError | StartError):
            what = str(problem)
        else:
            what = f"{label}: cannot be served: {type(problem).__name__}: {str(problem)[:200]}"
            log.error("a contract made the server stumble", exc_info=problem)
        await asyncio.to_thread(self._notify, f"  Invalid   {what}\n            The previous version is still served.")

    async def _complain_no_more(self) -> None:
        self._has_complained = False
        await asyncio.to_thread(self._notify, f"  Sound     {self._runtime.loaded.spec.label} holds again what is being served.")

    async def _report(self) -> None:
        """Tells what changed since the last time, which may be several edits: a comparison takes longer than an edit."""
        reported = await asyncio.to_thread(ComparableContract.of, self._runtime.loaded)
        while True:
            await self._news.wait()
            self._news.clear()
            loaded, images = self._runtime.loaded, self._runtime.images()
            try:
                new = await asyncio.to_thread(ComparableContract.of, loaded)
                lines = await asyncio.to_thread(report, reported, new, images)
            except Exception as problem:
                log.error("what changed in the contract could not be told", exc_info=problem)
                continue
            reported = new
            await asyncio.to_thread(self._notify, "\n".join(lines))
