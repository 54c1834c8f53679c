"""Hands requests to the server's protocol in parts, many connections beside each other, and tells how each was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.asgi import sandbox_of
from tests.edge.paths.connection import Connection, Connections, said
from tests.edge.paths.room import control
from tests.hostile.case import CUSTOMER, post

ADDRESS_LIMIT, KEY_LIMIT = 1_000_000, 900_000
"""Different, so that an answer tells for whom it counted."""
AT_ONCE = 64
_MOVING = "x-ratelimit-remaining"
_TURNS = 3

Parts = Sequence[bytes]
"""Bytes that the server reads one by one."""


class Heard(NamedTuple):
    """What came back on one connection, and whether the server ended it."""

    answers: tuple[Any, ...]
    ended: bool


class Drive:
    """One server of a stack, with one customer."""

    def __init__(self, stack: str) -> None:
        self._sandbox = sandbox_of(stack=stack, rate_limit=(ADDRESS_LIMIT, 3600))
        self._runner = asyncio.Runner()
        self._paths: Connections = self._runner.run(self._made())
        self._workspace = self._sandbox.server.workspaces.get("default")
        limit = b'{"limit": %d, "window": 3600}' % KEY_LIMIT
        (made, limited) = self.hear([[post("/customers", CUSTOMER)], [control("PUT", "/rate-limit", limit)]], begin_anew=False)
        assert (made.answers[0][0], limited.answers[0][0]) == (201, 200)
        self._world = self._workspace.image().world()

    def hear(self, writes: Sequence[Parts], *, alone: bool = False, begin_anew: bool = True) -> list[Heard]:
        """Each on a connection of its own; `alone` on a world of its own too."""
        heard: list[Heard] = []
        size = 1 if alone else AT_ONCE
        for first in range(0, len(writes), size):
            if begin_anew:
                self._workspace.restore(self._world)
            heard += self._runner.run(self._beside_each_other(writes[first : first + size]))
        return heard

    @property
    def is_unchanged(self) -> bool:
        """Whether the world is the one that it began with."""
        return self._workspace.image().world() == self._world

    def close(self) -> None:
        self._runner.close()
        self._sandbox.close()

    async def _made(self) -> Connections:
        return Connections(self._sandbox.server.app, fast=True)

    async def _beside_each_other(self, writes: Sequence[Parts]) -> list[Heard]:
        """Between two parts the loop turns not at all, once or more often, by the place of the connection."""
        made = [(self._paths.open(), list(parts), place % (_TURNS + 1)) for place, parts in enumerate(writes)]
        turn = 0
        while any(parts for _, parts, _ in made):
            for connection, parts, wait in made:
                while parts and (wait == 0 or turn % wait == 0):
                    connection.send(parts.pop(0))
                    if wait:
                        break
            await asyncio.sleep(0)
            turn += 1
        await self._paths.quiet()
        heard = [Heard(tuple(_said(connection)), connection.ended) for connection, _, _ in made]
        await self._paths.close()
        return heard


def _said(connection: Connection) -> list[Any]:
    return [
        (status, [header for header in headers if header[0] != _MOVING], body)
        for status, headers, body in (said(answer) for answer in connection.answers())
    ]
