"""Follows an event log with a cursor: after a lost connection it continues where it was, so no event is lost or repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox.commands.listen.event_log_client import BEGINNING, WAIT, Event, EventLogClient, Lost, OtherLog, happened_at
from sandbox.commands.listen.timer import Timer
from sandbox.errors import StartError

_SHORTEST, _LONGEST = 0.2, 5.0
_RESET = "The sandbox was reset; what it does from now on is followed."
_OTHER_LOG = "The sandbox has a new log, as after a start without --data-dir; it is followed from its beginning."


class ReconnectingStream:
    """Hands each event to `take` in the order of the log, and `notify`s of what happens to the connection in between.

    `gone` is called where the log no longer has what was taken of it.
    """

    def __init__(
        self, log: EventLogClient, pace: Timer, *, take: Callable[[Event], None], gone: Callable[[], None], notify: Callable[[str], None]
    ) -> None:
        self._log, self._pace, self._take, self._gone, self._notify = log, pace, take, gone, notify
        self._cursor = BEGINNING
        self._lost_at: int | None = None
        self._pause = _SHORTEST

    async def begin(self, since: str | datetime | None) -> None:
        """Where to go on from: the end of the log, or an event (with it) or a time of the workspace's clock, as far as it is kept."""
        if since is None:
            self._cursor = await self._log.newest()
        elif isinstance(since, str):
            event = await self._log.one(since)
            if event is None:
                raise StartError(f"--replay-since {since}: the log has no such event; a reset or newer events may have taken its place.")
            self._seen(event)
        else:
            await self._look_back(since)

    async def follow(self) -> None:
        """Goes on until it is cancelled. StartError where the sandbox refuses the key."""
        while True:
            try:
                begun = self._pace.now()
                found = await self._next()
                if not found and self._lost_at is None:
                    await self._look_for_a_reset(begun)
            except Lost as lost:
                await self._wait_for_it(lost)
            except OtherLog:
                self._is_back()
                self._begin_anew(_OTHER_LOG)
                self._cursor = BEGINNING
            else:
                self._is_back()
                for event in found:
                    self._seen(event)

    async def _look_back(self, since: datetime) -> None:
        """All of the log is looked at, since a workspace's clock can be put back."""
        while found := await self._log.after(self._cursor, 0):
            for event in found:
                self._cursor = event["id"]
                if happened_at(event) >= since:
                    self._take(event)

    async def _next(self) -> list[Event]:
        # Where it was lost, an answer is to come at once, so that it is known to be back.
        return await self._log.after(self._cursor, WAIT if self._lost_at is None else 0)

    def _seen(self, event: Event) -> None:
        self._cursor = event["id"]
        self._take(event)

    async def _look_for_a_reset(self, begun: int) -> None:
        """A wait that ends early without anything has a reason."""
        if self._pace.now() - begun > (WAIT - 1) * 1_000_000:
            return
        if self._cursor != BEGINNING and await self._log.one(self._cursor) is None:
            self._begin_anew(_RESET)
        else:
            await self._pace.wait(_SHORTEST)

    def _begin_anew(self, why: str) -> None:
        self._gone()
        self._notify(why)

    async def _wait_for_it(self, lost: Lost) -> None:
        if self._lost_at is None:
            self._lost_at = self._pace.now()
            self._notify(f"The sandbox is lost: {lost}. Trying again until it is back.")
        await self._pace.wait(self._pause)
        self._pause = min(2 * self._pause, _LONGEST)

    def _is_back(self) -> None:
        self._pause = _SHORTEST
        if self._lost_at is not None:
            seconds = (self._pace.now() - self._lost_at) / 1_000_000
            self._lost_at = None
            self._notify(f"The sandbox is back, after {seconds:.1f} s.")
