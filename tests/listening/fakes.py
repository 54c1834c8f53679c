"""A sandbox, a receiver and a time for tests of `sandbox listen`, all in process, so that hours pass at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from sandbox.events.http_client import Outcome

AS_USUAL = "as usual"
NOTHING_CAME = "nothing came"


class Passing:
    """Time that passes by itself as soon as somebody waits for it; `waits` are in seconds."""

    def __init__(self) -> None:
        self.microseconds = 0
        self.waits: list[float] = []

    def now(self) -> int:
        return self.microseconds

    async def wait(self, seconds: float | None, until: asyncio.Event | None = None) -> None:
        await asyncio.sleep(0)
        if until is not None and (until.is_set() or seconds is None):
            await until.wait()
            return
        assert seconds is not None
        self.waits.append(round(seconds, 3))
        self.microseconds += round(seconds * 1_000_000)


def event(number: int, type: str = "invoice.created", log: str = "a", minute: int = 0) -> dict[str, Any]:
    """As the control plane shows it."""
    return {"id": f"evt_{number}_{log * 16}", "type": type, "created_at": f"2025-07-01T09:{minute:02}:00Z", "data": {"id": number}, "deliveries": []}


def ids(*numbers: int, log: str = "a") -> list[str]:
    return [event(number, log=log)["id"] for number in numbers]


@dataclass
class FakeLog:
    """The control plane's answers about its events; each of `happens` befalls one request before any is answered."""

    events: list[dict[str, Any]] = field(default_factory=list)
    happens: deque[Any] = field(default_factory=deque)
    asked: list[httpx.URL] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://sandbox.test/_sandbox")

    def add(self, *events: dict[str, Any]) -> None:
        self.events += events
        self.came.set()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if self.happens:
            befalls = self.happens.popleft()
            if isinstance(befalls, Exception):
                raise befalls
            if befalls is not AS_USUAL:
                return befalls if isinstance(befalls, httpx.Response) else _enveloped([])
        path, params = request.url.path.removeprefix("/_sandbox"), request.url.params
        if path != "/events":
            found = [one for one in self.events if path == f"/events/{one['id']}"]
            return _enveloped(found[0]) if found else refusal(404, "There is no such event")
        if "after" not in params:
            return _enveloped(list(reversed(self.events))[:1])
        return await self._after(params)

    async def _after(self, params: Mapping[str, str]) -> httpx.Response:
        while True:
            number = int(params["after"].split("_")[1])
            known = [one["id"] for one in self.events if one["id"].startswith(f"evt_{number}_")]
            if number > max((int(one["id"].split("_")[1]) for one in self.events), default=0) or (known and known != [params["after"]]):
                return refusal(400, "Validation failed", {"after": "After is no event of this workspace's log"})
            found = [one for one in self.events if int(one["id"].split("_")[1]) > number][: int(params["limit"])]
            if found or params["wait"] == "0":
                return _enveloped(found)
            self.came.clear()
            await self.came.wait()


def refusal(status: int, message: str, errors: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json={"success": False, "message": message, **({"errors": errors} if errors else {})})


def _enveloped(data: Any) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "data": data})


def came(status_code: int | None, error: str | None = None, retry_after: timedelta | None = None) -> Outcome:
    """How a call went."""
    return Outcome(status_code, 0.012, b"", error, retry_after)


@dataclass
class FakeReceiver:
    """Answers each call with the next of `answers`, and 200 when there are no more; None is no answer at all."""

    answers: deque[Any] = field(default_factory=deque)
    calls: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    hangs: bool = False
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        self.calls.append((headers, body))
        self.called.set()
        await asyncio.sleep(0)  # the loop turns, as for a real one
        if self.hangs:
            await asyncio.Event().wait()
        answer = self.answers.popleft() if self.answers else 200
        if isinstance(answer, Outcome):
            return answer
        return came(None, error="The connection was refused") if answer is None else came(answer)
