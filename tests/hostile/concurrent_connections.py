"""Hands requests to the server's protocol in parts, many connections beside each other, and tells how each was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from tests.asgi import sandbox_of
from tests.edge.paths.connection import Connection, Connections, said
from tests.edge.paths.server import control
from tests.hostile.case import CUSTOMER, post
from tests.hostile.echo_app import EchoApp
from tests.hostile.raw_connection import PATIENCE

ADDRESS_LIMIT, KEY_LIMIT = 1_000_000, 900_000
"""Different, so that an answer tells for whom it counted."""
_AT_ONCE = 64
_HEAVY, _OF_HEAVY_AT_ONCE = 4096, 4
"""No connection may have to wait so long for its turn that its time for headers is over."""
_MOVING = "x-ratelimit-remaining"
_TURNS = 3

Parts = Sequence[bytes]
"""Bytes that the server reads one by one."""


class Heard(NamedTuple):
    """What came back on one connection, and whether the server ended it."""

    answers: tuple[Any, ...]
    ended: bool


class Drive:
    """Of one application."""

    def __init__(self, app: Any) -> None:
        self._runner = asyncio.Runner()
        self._paths: Connections = self._runner.run(self._made(app))

    def hear(self, writes: Sequence[Parts], *, alone: bool = False) -> list[Heard]:
        """Each on a connection of its own; `alone` in a world of its own too, for what changes it."""
        heard: list[Heard] = []
        size = _AT_ONCE if sum(map(len, writes[0])) < _HEAVY else _OF_HEAVY_AT_ONCE
        for first in range(0, len(writes), size):
            heard += self._runner.run(self._beside_each_other(writes[first : first + size]))
        return heard

    def close(self) -> None:
        self._runner.close()

    async def _made(self, app: Any) -> Connections:
        # Many are driven beside each other, so that a busy machine may leave one alone for long.
        return Connections(app, fast=True, seconds_for_headers=PATIENCE)

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


class Server(Drive):
    """Of a whole server, with one customer, or more of them in other scenarios."""

    def __init__(self, stack: str, scenario: str = "empty") -> None:
        self._sandbox = sandbox_of(stack=stack, scenario=scenario, rate_limit=(ADDRESS_LIMIT, 3600))
        super().__init__(self._sandbox.server.app)
        self._workspace = self._sandbox.server.workspaces.get("default")
        limit = control("PUT", "/rate-limit", b'{"limit": %d, "window": 3600}' % KEY_LIMIT)
        (made, limited) = super().hear([[post("/customers", CUSTOMER)], [limit]])
        assert (made.answers[0][0], limited.answers[0][0]) == (201, 200)
        self._worlds = {one: one.image().world() for one in self._sandbox.server.workspaces.all_opened()}

    def hear(self, writes: Sequence[Parts], *, alone: bool = False) -> list[Heard]:
        heard: list[Heard] = []
        for some in ([one] for one in writes) if alone else [writes]:
            for workspace, world in self._worlds.items():
                workspace.restore(world)
            heard += super().hear(some)
        return heard

    @property
    def is_unchanged(self) -> bool:
        """Whether the world is the one that it began with."""
        return self._workspace.image().world() == self._worlds[self._workspace]

    def close(self) -> None:
        super().close()
        self._sandbox.close()


def telling(*, deaf: bool) -> Drive:
    """Of an application that only tells what it was told."""
    return Drive(EchoApp(deaf=deaf))


def _said(connection: Connection) -> list[Any]:
    return [
        (status, [header for header in headers if header[0] != _MOVING], body)
        for status, headers, body in (said(answer) for answer in connection.answers())
    ]
