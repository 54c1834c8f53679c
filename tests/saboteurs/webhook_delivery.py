"""Delivers what a server recorded as events, before its answer goes out: as the contract says, or as a saboteur would."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from contract_tests.http.control_plane import PREFIX
from contract_tests.http.exchange import Answer, Request
from contract_tests.http.transport import Transport

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it was registered."""

    url: str
    events: tuple[str, ...]
    secret: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: which hook, which event, the how manieth time, and when, in seconds."""

    hook: Hook
    event: Event
    number: int
    moment: int


def asked_for(hook: Hook, event: Event) -> bool:
    """Whether a webhook gets an event."""
    return event["type"] in hook.events


def as_json(attempt: Attempt) -> bytes:
    """The body: the same bytes each time."""
    return json.dumps(attempt.event, ensure_ascii=False, separators=(",", ":")).encode()


def signed(attempt: Attempt, body: bytes, *, id: str | None = None, secret: str | None = None) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    id = id or attempt.event["id"]
    signature = Webhook(secret or attempt.hook.secret).sign(id, datetime.fromtimestamp(attempt.moment, UTC), body.decode())
    return {"content-type": "application/json", "webhook-id": id, "webhook-timestamp": str(attempt.moment), "webhook-signature": signature}


def nothing(request: Request, answer: Answer) -> Iterable[Event]:
    """What a request that was refused causes."""
    return ()


@dataclass(frozen=True, slots=True)
class Deliverer:
    """What is delivered, and how; by itself as the contract says."""

    wanted: Callable[[Hook, Event], bool] = asked_for
    body: Callable[[Attempt], bytes] = as_json
    head: Callable[[Attempt, bytes], dict[str, str]] = signed
    refused: Callable[[Request, Answer], Iterable[Event]] = nothing
    method: str = "POST"
    most: int = 9
    """So many times it tries."""
    times: int = 1
    """So many times each attempt is made: at least once is what is promised."""


@dataclass
class Delivering:
    """A transport to a server, which delivers the events that it finds in the log. What failed comes again when the clock is moved."""

    behind: Transport
    deliverer: Deliverer
    _hooks: dict[int, Hook] = field(default_factory=dict)
    _failed: list[Attempt] = field(default_factory=list)
    _cursor: str = ""
    """The event that was seen last, while there is a hook."""

    def begin(self) -> None:
        """The next request is one of the suite's."""

    def send(self, request: Request, key: str | None) -> Answer:
        if not self._hooks and request.method == "POST" and request.path == "/webhooks":
            self._cursor = self._newest(key)  # what happened before is nobody's
        answer = self.behind.send(request, key)
        if self._hooks and request.method != "GET":
            self._deliver([*self._news(key), *(self.deliverer.refused(request, answer) if answer.status == 400 else ())])
        if request.path == "/webhooks" and answer.status == 201:
            data = answer.data
            self._hooks[data["id"]] = Hook(data["url"], tuple(data["events"]), data["secret"])
        elif request.method == "DELETE" and request.path.startswith(f"{PREFIX}/webhooks/"):
            self._hooks.pop(int(request.path.rsplit("/", 1)[-1]), None)
        elif request.path == f"{PREFIX}/clock/advance":
            self._try_again()
        return answer

    def close(self) -> None:
        self.behind.close()

    def _newest(self, key: str | None) -> str:
        rows = self._events(key, ("limit", "1"))
        return str(rows[0]["id"]) if rows else "evt_0_0000000000000000"

    def _news(self, key: str | None) -> list[Event]:
        """What came after what was seen last, as it is told to a receiver."""
        rows = self._events(key, ("after", self._cursor), ("limit", "100"))
        if rows:
            self._cursor = str(rows[-1]["id"])
        return [{name: row[name] for name in ("id", "type", "created_at", "data")} for row in rows]

    def _events(self, key: str | None, *query: tuple[str, str]) -> list[Event]:
        rows: list[Event] = self.behind.send(Request("GET", f"{PREFIX}/events", query), key).rows
        return rows

    def _deliver(self, events: Iterable[Event]) -> None:
        for event in events:
            for hook in list(self._hooks.values()):
                if "127.0.0.1" in hook.url and self.deliverer.wanted(hook, event):
                    self._attempt(Attempt(hook, event, 1, int(datetime.now(UTC).timestamp())))

    def _try_again(self) -> None:
        failed, self._failed = self._failed, []
        for one in failed:
            self._attempt(Attempt(one.hook, one.event, one.number + 1, one.moment + 1))

    def _attempt(self, attempt: Attempt) -> None:
        body = self.deliverer.body(attempt)
        parts = urlsplit(attempt.hook.url)
        for _ in range(self.deliverer.times):
            connection = http.client.HTTPConnection(parts.netloc, timeout=10)
            connection.request(self.deliverer.method, parts.path, body, self.deliverer.head(attempt, body))
            response = connection.getresponse()
            status = response.status
            response.read()
            connection.close()
        if status >= 300 and status != 410 and attempt.number < self.deliverer.most:
            self._failed.append(attempt)
