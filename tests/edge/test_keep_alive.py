"""How long a connection that asks nothing is kept: longer than clients keep theirs, and never so long that it holds up the end of the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox.edge.protocol import SECONDS_FOR_HEADERS, SECONDS_TO_REST
from sandbox.embedded import _built
from sandbox.serving import UvicornServer
from sandbox.settings import load_settings
from tests.asgi import Sandbox, sandbox_of
from tests.edge.paths.connection import Connection, Connections
from tests.hostile.case import CUSTOMER, get, head, post
from tests.hostile.raw_connection import Wire
from tests.servers import running

ONE = get("/customers")
MOMENT = 0.1


class Hours:
    """Connections on a loop whose clock is moved by hand."""

    def __init__(self, sandbox: Sandbox, *, fast: bool) -> None:
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._ahead, really = 0.0, self._loop.time
        self._loop.time = lambda: really() + self._ahead  # type: ignore[method-assign]
        self._paths: Connections = self._run(self._made(sandbox, fast))

    def open(self) -> Connection:
        async def opened() -> Connection:
            return self._paths.open()

        connection: Connection = self._run(opened())
        return connection

    def send(self, connection: Connection, *parts: bytes) -> None:
        async def sent() -> None:
            connection.send(*parts)
            await self._paths.quiet()

        self._run(sent())

    def do(self, work: Callable[[], None]) -> None:
        async def done() -> None:
            work()
            await self._paths.quiet()

        self._run(done())

    def pass_by(self, seconds: float) -> None:
        self._ahead += seconds
        self.do(lambda: None)

    def close(self) -> None:
        self._run(self._paths.close())
        self._runner.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    async def _made(self, sandbox: Sandbox, fast: bool) -> Connections:
        return Connections(sandbox.server.app, fast=fast)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    one = sandbox_of()
    yield one
    one.close()


@pytest.fixture(params=[True, False], ids=["fast", "ordinary"])
def hours(server: Sandbox, request: pytest.FixtureRequest) -> Iterator[Hours]:
    one = Hours(server, fast=request.param)
    yield one
    one.close()


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("raw", [ONE, get("/nothing"), post("/customers", b"{"), head("HEAD", "/customers"), head("POST", "/leads", key=None)])
def test_a_connection_rests_for_75_seconds_after_its_last_answer(hours: Hours, raw: bytes, times: int) -> None:
    connection = hours.open()
    for _ in range(times):
        hours.pass_by(SECONDS_TO_REST - MOMENT)
        if _ == 0:
            connection = hours.open()
        hours.send(connection, raw)
        assert not connection.ended
    hours.pass_by(SECONDS_TO_REST - MOMENT)
    assert not connection.ended
    hours.pass_by(2 * MOMENT)
    assert connection.ended


def test_that_is_longer_than_clients_keep_theirs() -> None:
    assert SECONDS_TO_REST == 75


def test_empty_lines_do_not_make_it_longer_than_once_more(hours: Hours) -> None:
    connection = hours.open()
    hours.send(connection, ONE)
    hours.pass_by(SECONDS_TO_REST - MOMENT)
    hours.send(connection, b"\r\n\r\n")
    hours.pass_by(SECONDS_TO_REST + MOMENT)
    assert connection.ended


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"G", ONE[:-1]])
def test_who_never_asks_has_15_seconds_and_no_more(hours: Hours, raw: bytes) -> None:
    connection = hours.open()
    if raw:
        hours.send(connection, raw)
    hours.pass_by(SECONDS_FOR_HEADERS - MOMENT)
    assert not connection.ended
    hours.pass_by(2 * MOMENT)
    assert connection.ended


@pytest.mark.parametrize("more", [b"G", ONE[:-1], b"\r\nPOST"])
def test_who_asks_again_and_does_not_finish_has_15_seconds_too(hours: Hours, more: bytes) -> None:
    connection = hours.open()
    hours.send(connection, ONE)
    hours.pass_by(SECONDS_TO_REST - MOMENT)
    hours.send(connection, more)
    hours.pass_by(SECONDS_FOR_HEADERS - MOMENT)
    assert not connection.ended
    hours.pass_by(2 * MOMENT)
    assert connection.ended


@pytest.mark.parametrize("asked", [(), (ONE,), (ONE, ONE, ONE), (ONE, ONE[:20]), (b"\r\n",), (post("/customers", CUSTOMER),)])
def test_a_connection_at_rest_ends_at_once_with_the_server(hours: Hours, asked: tuple[bytes, ...]) -> None:
    connection = hours.open()
    for raw in asked:
        hours.send(connection, raw)
    hours.do(connection.protocol.shutdown)
    assert connection.ended


def test_every_server_that_we_start_keeps_connections_so_long() -> None:
    sandbox = sandbox_of()
    served = UvicornServer(sandbox.server, load_settings({}), lambda: None)
    embedded, http = _built()
    assert served.config.timeout_keep_alive == http.config.timeout_keep_alive == SECONDS_TO_REST
    sandbox.close()
    embedded.close()


@pytest.mark.parametrize("tick", range(1, 10))
def test_every_server_that_we_start_writes_its_date_anew_at_each_tick(monkeypatch: pytest.MonkeyPatch, tick: int) -> None:
    """`Retry-After` and `X-RateLimit-Reset` are reckoned from now, and a client reckons from `Date`."""
    sandbox = sandbox_of()
    embedded, http = _built()
    for one in (UvicornServer(sandbox.server, load_settings({}), lambda: None), http):
        for second, date in ((0, b"Thu, 01 Jan 1970 00:00:00 GMT"), (1, b"Thu, 01 Jan 1970 00:00:01 GMT")):
            monkeypatch.setattr(time, "time", lambda now=second: float(now))
            assert asyncio.run(one.on_tick(tick)) is False
            assert (b"date", date) in one.server_state.default_headers
    monkeypatch.undo()
    sandbox.close()
    embedded.close()


def test_connections_at_rest_do_not_hold_up_the_end_of_a_server(tmp_path: Path) -> None:
    with running(tmp_path) as server, ExitStack() as open_:
        wires = [open_.enter_context(Wire(server.address)) for _ in range(20)]
        for number, wire in enumerate(wires):
            wire.send((b"", ONE, ONE[:30], ONE + ONE[:30])[number % 4])
            if number % 2:
                assert wire.answer().status == 200
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 4, "less than an answer under way would be waited for"
        for number, wire in enumerate(wires):
            assert number % 4 < 2 or wire.answer().status == 503, "of half a request it is told that the server ends"
            assert wire.is_closed()
