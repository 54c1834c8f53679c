"""A delivery worker with workspaces of its own, a receiver that does as it is told, and a clock that a test moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sandbox.edge.durability import Durability
from sandbox.events.delivery_worker import DeliveryWorker, Pace
from sandbox.events.http_client import Outcome
from sandbox.events.outbox import DELIVERIES, INDEXES, WEBHOOKS, Outbox
from sandbox.state.clock import ManualClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.registry import Registry
from sandbox.state.workspace import Workspace
from sandbox.state.workspace_loader import Durability as Durable
from sandbox.state.workspaces import Workspaces
from tests.waiting import until

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
INVOICE = "invoice.created"
ONE, TWO = "https://one.example/hook", "https://two.example/hook"
SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlVGVzdHM="
_SECONDS = 20

T = TypeVar("T")


def answer(status: int, body: bytes = b"", retry_after: timedelta | None = None) -> Outcome:
    return Outcome(status_code=status, duration=0.0125, body=body, error=None, retry_after=retry_after)


def silence(why: str = "The connection was refused") -> Outcome:
    return Outcome(status_code=None, duration=0.5, body=b"", error=why, retry_after=None)


@dataclass(frozen=True)
class Posted:
    """What a receiver was sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def number(self) -> int:
        """Of the object that the event is about."""
        return int(json.loads(self.body)["data"]["id"])


class Receiver:
    """All receivers there are, in the place of the sender: `answers` is asked for each call, unless its URL hangs."""

    def __init__(self) -> None:
        self.calls: list[Posted] = []
        self.answers: Callable[[Posted], Outcome] = lambda posted: answer(200)
        self.hanging: dict[str, asyncio.Event] = {}
        self.most_at_a_time = self._now = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        posted = Posted(url, headers, body)
        self.calls.append(posted)
        self._now += 1
        self.most_at_a_time = max(self.most_at_a_time, self._now)
        try:
            await asyncio.sleep(0)
            if url in self.hanging:
                await self.hanging[url].wait()
            return self.answers(posted)
        finally:
            self._now -= 1

    def hang(self, url: str) -> asyncio.Event:
        """Its calls take until the event is set."""
        self.hanging[url] = asyncio.Event()
        return self.hanging[url]

    def numbers(self, url: str | None = None) -> list[int]:
        """The objects in the order in which their events came."""
        return [one.number for one in self.calls if url in (None, one.url)]


class Room:
    """A server's events without the server."""

    def __init__(self, directory: Path | None = None, durability: Durable = "os", pace: Pace | None = None, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock(NOON)
        self.receiver = Receiver()
        self.registry = Registry(self.clock, bytes)
        data = None if directory is None else DataDirectory(directory)
        self.workspaces = Workspaces(self.clock, INDEXES, lambda *_: Image(), self.registry, data, durability=durability)
        pace = pace or Pace(a_second=1e6)
        self._durability = Durability()
        self.delivery_worker = DeliveryWorker(self.workspaces, self.receiver, self.clock, self._durability.wait_until_durable, pace)
        self.workspaces.on_open = self.delivery_worker.on_open
        self.workspaces.on_close = self.delivery_worker.on_close
        self._runner = asyncio.Runner()
        self._numbers = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def bounded() -> T:
            return await asyncio.wait_for(work, _SECONDS)

        return self._runner.run(bounded())

    def start(self) -> None:
        self.run(self.delivery_worker.start(self.workspaces.begun()))

    def idle(self) -> None:
        """Until all is done that is due."""
        self.run(self.delivery_worker.idle())

    def settle(self) -> None:
        """Until all that is committed has reached the disk."""
        self.run(self._durability.wait_until_durable(self.workspace()))

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the delivery worker work until something is so."""
        self.run(until(holds))

    def in_the_middle(self) -> Callable[[], None]:
        """One delivery that the receiver has, and has not answered; what is given lets it answer, and all else be done."""
        gate = self.receiver.hang(ONE)
        self.webhook()
        self.happen()
        self.until(lambda: len(self.receiver.calls) == 1)

        def go_on() -> None:
            gate.set()
            self.idle()

        return go_on

    def advance(self, **by: float) -> None:
        """Time passes, and what is due then is done."""
        self.clock.advance(timedelta(**by))
        self.idle()

    def close(self) -> None:
        self.run(self.delivery_worker.stop())
        self._runner.close()
        self.workspaces.close()

    def workspace(self, name: str = "default") -> Workspace:
        if not self.registry.has(name):
            self.registry.create_workspace(name)
        return self.workspaces.get(name)

    def webhook(self, url: str = ONE, name: str = "default") -> int:
        """The id of a new webhook."""
        with self.workspace(name).transaction() as tx:
            return int(tx.insert(WEBHOOKS, {"url": url, "events": [INVOICE], "_secret": SECRET, "updated_at": tx.timestamp})["id"])

    def happen(self, times: int = 1, name: str = "default") -> list[Document]:
        """So many events, each about an object with a number of its own."""
        outbox = Outbox(lambda size: b"\7" * size)
        first, self._numbers = self._numbers + 1, self._numbers + times
        with self.workspace(name).transaction() as tx:
            return [outbox.record(tx, INVOICE, {"id": number}) for number in range(first, first + times)]

    def deliveries(self, name: str = "default") -> list[Document]:
        return list(self.workspace(name).table(DELIVERIES).live.values())

    def statuses(self, name: str = "default") -> list[str]:
        return [one["status"] for one in self.deliveries(name)]
