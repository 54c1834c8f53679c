"""Followers over real connections: they see everything in order, and hold up no server that stops."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.app import Server, build
from sandbox.control.events import BEGINNING
from sandbox.serving import UvicornServer, listening
from sandbox.settings import load_settings
from tests.asgi import ADMINISTRATOR
from tests.waiting import until

INCOME = {"type": "Income", "account_id": 1, "amount": 5.0, "date": "2025-07-01"}
FOLLOWERS, EVENTS = 5, 40


@dataclass(frozen=True)
class Served:
    """A server on a socket of this process, and who speaks to it."""

    server: Server
    http: UvicornServer
    client: httpx.AsyncClient

    @property
    def waiting(self) -> int:
        """How many observe the workspace, followers among them."""
        return len(self.server.workspaces.get("default").observers)

    async def page(self, after: str) -> list[str]:
        reply = await self.client.get("/_sandbox/events", params={"after": after, "wait": 30, "limit": 3})
        assert reply.status_code == 200, reply.text
        return [one["id"] for one in reply.json()["data"]]


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    settings = load_settings({"scenario": "empty", "port": 0})
    with listening(settings) as listener:
        server = build(settings)
        http = UvicornServer(server, settings, lambda: None)
        running = asyncio.create_task(http.serve(sockets=[listener]))
        try:
            await until(lambda: http.started)
            async with _client(listener) as client:
                yield Served(server, http, client)
        finally:
            http.should_exit = True
            await running
            server.close()


def _client(listener: socket.socket) -> httpx.AsyncClient:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return httpx.AsyncClient(base_url=address, headers={"authorization": f"Bearer {ADMINISTRATOR}"}, timeout=60, trust_env=False)


def bounded(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def test_every_follower_sees_every_event_once_and_in_order() -> None:
    async def follow(at: Served) -> list[str]:
        seen: list[str] = []
        while len(seen) < EVENTS:
            seen += await at.page(seen[-1] if seen else BEGINNING)
        return seen

    async def work() -> None:
        async with served() as at:
            tasks = [asyncio.create_task(follow(at)) for _ in range(FOLLOWERS)]
            for _ in range(EVENTS):
                assert (await at.client.post("/api/v2/transactions", json=INCOME)).status_code == 201
            seen = await asyncio.gather(*tasks)
        assert seen == [seen[0]] * FOLLOWERS
        assert [int(one.split("_")[1]) for one in seen[0]] == list(range(1, EVENTS + 1))

    bounded(work())


def test_a_server_that_stops_answers_its_followers_first() -> None:
    async def work() -> None:
        async with served() as at:
            before = at.waiting
            task = asyncio.create_task(at.page(BEGINNING))
            await until(lambda: at.waiting > before)
            at.http.should_exit = True
            assert await task == []

    bounded(work())


def test_a_client_that_hangs_up_is_waited_for_no_longer() -> None:
    async def work() -> None:
        async with served() as at:
            before = at.waiting
            task = asyncio.create_task(at.page(BEGINNING))
            await until(lambda: at.waiting > before)
            task.cancel()
            await asyncio.wait([task])
            await until(lambda: at.waiting == before)

    bounded(work())
