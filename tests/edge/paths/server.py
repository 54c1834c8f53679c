"""A server with one customer, on a disk that can be full, and connections that know their headers."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from sandbox.state.changes import Changes
from sandbox.state.image import Image
from tests.asgi import ADMINISTRATOR, Sandbox, sandbox_of
from tests.edge.paths.connection import Connection, Connections
from tests.hostile.case import CUSTOMER, get, head, post
from tests.hostile.raw_connection import Answer

CREATE = post("/customers", CUSTOMER)
READ, LIST = get("/customers/1"), get("/customers?limit=5")
DELETE = head("DELETE", "/customers/1", "Content-Length: 2") + b"{}"
REPLACE = post("/customers/1", b'{"account": "Zoe"}', method="PUT")
ORDINARY = "X-New: of headers that the connection has not seen"
FAILED = {"success": False, "message": "The server failed to answer this request; it left nothing behind"}


class Disk:
    """Remembers the writes of customers, and lets them fail when it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.writes: list[bytes] = []
        self.fails = False
        real = os.write

        def write(descriptor: int, data: bytes) -> int:
            if b'"customers"' not in bytes(data):
                return real(descriptor, data)
            if self.fails:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.writes.append(bytes(data))
            return real(descriptor, data)

        patch.setattr(os, "write", write)


class Room:
    """A server with one customer, on a disk, and connections that know their headers."""

    def __init__(self, place: Path, disk: Disk) -> None:
        self.disk = disk
        self.sandbox: Sandbox = sandbox_of(data_dir=place, rate_limit=(1_000_000, 3600))
        self.workspace = self.sandbox.server.workspaces.get("default")
        self.paths: Connections
        self._runner = asyncio.Runner()
        self.told: list[Changes] = []

    def run(self, test: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            self.paths = Connections(self.sandbox.server.app, fast=True)
            (created,) = await self.ask(CREATE)
            assert created.status == 201
            self.workspace.observers.append(self.told.append)
            self.disk.writes.clear()
            await test()
            await self.paths.close()

        self._runner.run(whole())

    async def connections(self, number: int) -> list[Connection]:
        """They have sent a GET, and a POST that was refused, with the headers of those above."""
        made = [self.paths.open() for _ in range(number)]
        for one in made:
            for raw in (READ, post("/customers", b"{}"), DELETE.replace(b"/1 ", b"/99 ")):
                one.send(raw)
                await self.paths.quiet()
            assert [answer.status for answer in one.answers()] == [200, 400, 404]
        return made

    async def ask(self, *raw: bytes) -> list[Answer]:
        one = self.paths.open()
        for request in raw:
            one.send(request)
            await self.paths.quiet()
        return one.answers()

    def state(self) -> tuple[Image, Any]:
        return self.workspace.image(), [dict(one) for one in self.workspace.table("_events").live.values()]

    def close(self) -> None:
        self._runner.close()
        self.sandbox.close()


def control(method: str, target: str, body: bytes = b"") -> bytes:
    lines = [
        f"{method} /_sandbox{target} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {ADMINISTRATOR}",
        f"Content-Length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body
