"""One server with both paths to it, for trials that each begin with the same world and with unopened rate windows."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple

from sandbox.state.image import Image
from tests.asgi import Sandbox, sandbox_of
from tests.edge.paths.connection import Connections, said

Parts = Sequence[bytes]
"""Bytes that the server reads one by one."""


class Heard(NamedTuple):
    """What came of a trial; the `world` is the one that it left behind."""

    answers: list[Any]
    ended: bool
    world: Image


class Twin:
    def __init__(self) -> None:
        self.sandbox: Sandbox = sandbox_of(rate_limit=(1_000_000, 3600))
        self._runner = asyncio.Runner()
        self._worlds = {one.name: one.image().world() for one in self.sandbox.server.workspaces.all_opened()}
        self._paths: dict[bool, Connections] = {fast: self._run(self._made(fast)) for fast in (True, False)}
        self._clients = 0

    def hear(self, *writes: Parts, fast: bool, turns: int = 0) -> Heard:
        """The answers to the writes on one connection, each heard out before the next; the loop turns so often between two parts."""
        heard: Heard = self._run(self._heard(writes, fast, turns))
        return heard

    def close(self) -> None:
        self._runner.close()
        self.sandbox.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    async def _made(self, fast: bool) -> Connections:
        return Connections(self.sandbox.server.app, fast=fast)

    async def _heard(self, writes: Sequence[Parts], fast: bool, turns: int) -> Heard:
        for name, world in self._worlds.items():
            self.sandbox.server.workspaces.get(name).reset(world)
            self.sandbox.server.app.gateway_to("/")._limiter.open_anew(name)
        self._clients += 1
        path = self._paths[fast]
        connection = path.open(f"10.{self._clients >> 16}.{self._clients >> 8 & 255}.{self._clients & 255}")
        for parts in writes:
            for part in parts:
                connection.send(part)
                for _ in range(turns):
                    await asyncio.sleep(0)
            await path.quiet()
        heard = Heard(
            [said(answer) for answer in connection.answers()], connection.ended, self.sandbox.server.workspaces.get("default").image().world()
        )
        await path.close()
        return heard
