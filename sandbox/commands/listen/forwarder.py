"""Forwards events to one receiver as the sandbox delivers them to a webhook: signed, one at a time, retried on the same schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from sandbox.commands.listen.event_log_client import Event
from sandbox.commands.listen.timer import Timer
from sandbox.events.outbox import payload
from sandbox.events.retry_schedule import next_due
from sandbox.events.signing import headers
from sandbox.state.clock import Clock

if TYPE_CHECKING:  # it knows the store, which is none of a listener's
    from sandbox.events.delivery_attempt import Sender

_GONE = 410


@dataclass(order=True)
class Forward:
    """An event on its way; `number` is its place in the order in which events came."""

    due: int
    number: int
    event_id: str = field(compare=False)
    type: str = field(compare=False)
    body: bytes = field(compare=False)
    failures: int = field(default=0, compare=False)
    in_the_log: bool = field(default=True, compare=False)
    """Whether a listener that is started later finds it there."""


@dataclass(frozen=True)
class Attempt:
    """One try, for whoever shows it; `again_in` is None where it was the last."""

    event_id: str
    type: str
    at: datetime
    number: int
    status_code: int | None
    duration: float
    error: str | None
    delivered: bool
    again_in: timedelta | None


class Forwarder:
    """Holds what is to be sent, and `notify`s of each attempt."""

    def __init__(self, sender: Sender, url: str, secret: str, pace: Timer, clock: Clock, notify: Callable[[Attempt], None]) -> None:
        self._sender, self._url, self._secret = sender, url, secret
        self._pace, self._clock, self._notify = pace, clock, notify
        self._waiting: list[Forward] = []
        self._under_way: Forward | None = None
        self._something_came = asyncio.Event()
        self._finishing = False
        self._taken = 0
        self.delivered = 0
        self.given_up = 0

    def take(self, event: Event) -> None:
        """Sends it as soon as those before it were tried."""
        self._taken += 1
        body = payload({**event, "event_id": event["id"]})
        heappush(self._waiting, Forward(self._pace.now(), self._taken, event["id"], event["type"], body))
        self._something_came.set()

    def pending(self) -> list[Forward]:
        """What is not delivered and not given up, in the order in which it came."""
        under_way = [] if self._under_way is None else [self._under_way]
        return sorted([*self._waiting, *under_way], key=lambda one: one.number)

    def log_is_gone(self) -> None:
        """What came so far is sent from here or not at all."""
        for forward in self.pending():
            forward.in_the_log = False

    def finish(self) -> None:
        """Ends with the attempt that is under way."""
        self._finishing = True
        self._something_came.set()

    async def run(self) -> None:
        """Goes on until it is told to finish, or cancelled."""
        while await self._something_is_due():
            self._under_way = heappop(self._waiting)
            again = await self._try(self._under_way)
            if again is not None:
                heappush(self._waiting, again)
            self._under_way = None

    async def _something_is_due(self) -> bool:
        """Waits for it; False when it is told to finish."""
        while not self._finishing and (not self._waiting or self._waiting[0].due > self._pace.now()):
            self._something_came.clear()
            seconds = (self._waiting[0].due - self._pace.now()) / 1_000_000 if self._waiting else None
            await self._pace.wait(seconds, self._something_came)
        return not self._finishing

    async def _try(self, forward: Forward) -> Forward | None:
        """What is to be sent again, if it is."""
        moment = self._clock.now()
        signed = headers(forward.event_id, moment, forward.body, (self._secret,))
        outcome = await self._sender.post(self._url, signed, forward.body)
        delivered = outcome.status_code is not None and 200 <= outcome.status_code < 300
        number, now = forward.failures + 1, self._pace.now()
        due = None if delivered or outcome.status_code == _GONE else next_due(number, now, outcome.retry_after)
        self.delivered += delivered
        self.given_up += not delivered and due is None
        again_in = None if due is None else timedelta(microseconds=due - now)
        self._notify(
            Attempt(forward.event_id, forward.type, moment, number, outcome.status_code, outcome.duration, outcome.error, delivered, again_in)
        )
        return None if due is None else replace(forward, due=due, failures=number)
