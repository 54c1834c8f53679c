"""Drives an ASGI application in process, one raw request at a time, so that tests can also send what no library would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from sandbox.app import Server, build
from sandbox.settings import Settings, load_settings
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image

BASE = "/api/v2"
ADMINISTRATOR = "sbx_test_administrator"
STAFF = "sbx_test_staff"
READ_ONLY = "sbx_test_read_only"
OTHER = "sbx_test_other_workspace"
REVOKED = "sbx_test_revoked"
HOST = "127.0.0.1:8000"
START = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)
Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """What came back; status 0 where nothing did."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header's one value; a header that stands twice is a fault of the server."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) < 2, f"{name} stands {len(values)} times"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def errors(self) -> dict[str, str]:
        faults: dict[str, str] = self.json.get("errors", {})
        return faults


class Client:
    """Speaks to one application. A stalled body never ends; a leaving client goes once its chunks are sent."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self.app, self.base = app, base
        self._runner = asyncio.Runner()

    def send(
        self,
        method: str,
        target: str,
        *,
        key: str | None = None,
        headers: Headers = (),
        body: bytes | Iterable[bytes] = b"",
        json: Any = None,
        address: str | None = "127.0.0.1",
        stalls: bool = False,
        leaves: bool = False,
        host: str | None = HOST,
    ) -> Reply:
        """One request to its end. `json` is the body as a value; a length is told only where the body is in one piece.

        `host` is sent where the headers name none; None leaves it out.
        """
        sent = list(headers.items() if isinstance(headers, Mapping) else headers)
        if host is not None and not any(name.lower() == "host" for name, _ in sent):
            sent.insert(0, ("host", host))
        if json is not None:
            body = _encoded(json)
            sent.append(("content-type", "application/json"))
        if key is not None:
            sent.append(("authorization", f"Bearer {key}"))
        chunks = [body] if isinstance(body, bytes) else list(body)
        if isinstance(body, bytes) and body:
            sent.append(("content-length", str(len(body))))
        path, _, query = (self.base + target).partition("?")
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent],
            "client": None if address is None else (address, 50_000),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        return self._runner.run(_exchange(self.app, scope, chunks, stalls, leaves))

    def close(self) -> None:
        self._runner.close()


class Sandbox(Client):
    """A whole server in process, on a clock that stands still, spoken to below the base path as the administrator."""

    def __init__(self, settings: Settings) -> None:
        self.clock = ManualClock(START)
        self.server: Server = build(settings, clock=self.clock)
        super().__init__(self.server.app, BASE)
        self._days = 0
        self._worlds: dict[str, Image] = {one.name: one.image().world() for one in self.server.workspaces.all_opened()}

    def get(self, target: str, key: str | None = ADMINISTRATOR, **more: Any) -> Reply:
        return self.send("GET", target, key=key, **more)

    def post(self, target: str, json: Any = None, key: str | None = ADMINISTRATOR, **more: Any) -> Reply:
        return self.send("POST", target, json=json, key=key, **more)

    def put(self, target: str, json: Any = None, key: str | None = ADMINISTRATOR, **more: Any) -> Reply:
        return self.send("PUT", target, json=json, key=key, **more)

    def delete(self, target: str, key: str | None = ADMINISTRATOR, **more: Any) -> Reply:
        return self.send("DELETE", target, key=key, **more)

    def customer(self, **fields: Any) -> int:
        """The id of a new customer."""
        reply = self.post("/customers", {"account": "Jane Smith", **fields})
        assert reply.status == 201, reply.body
        created: int = reply.data["id"]
        return created

    def begin_again(self) -> None:
        """The world as it was at first, a day later, so that no rate window of before is open."""
        for name, image in self._worlds.items():
            self.server.workspaces.get(name).restore(image)
        self._days += 1
        self.clock.set(START + timedelta(days=self._days))

    def close(self) -> None:
        super().close()
        self.server.close()


def sandbox_of(**settings: Any) -> Sandbox:
    """A new server, empty but for the keys unless the settings say otherwise."""
    return Sandbox(load_settings({"scenario": "empty", **settings}))


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


async def _exchange(app: ASGIApp, scope: Scope, chunks: list[bytes], stalls: bool, leaves: bool) -> Reply:
    last = None if stalls or leaves else len(chunks) - 1
    messages: list[Message] = [{"type": "http.request", "body": chunk, "more_body": place != last} for place, chunk in enumerate(chunks)]
    answer: list[Message] = []

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        if not leaves:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answer.append(message)

    await app(scope, receive, send)
    return _reply(scope["method"], answer)


def _reply(method: str, answer: list[Message]) -> Reply:
    """The answer, once it is seen to be one that a server can send."""
    if not answer:
        return Reply(0, (), b"")
    start, *parts = answer
    assert start["type"] == "http.response.start"
    assert all(part["type"] == "http.response.body" for part in parts)
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    assert all(name == name.lower() for name, _ in headers)
    reply = Reply(start["status"], headers, b"".join(part.get("body", b"") for part in parts))
    if reply.status == 204:
        assert reply.header("content-length") is None
    if method != "HEAD" and reply.status not in (204, 304):
        assert reply.header("content-length") == str(len(reply.body))
    else:
        assert reply.body == b""
    return reply
