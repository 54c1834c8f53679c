"""Connections without sockets: the bytes that a client would send are handed to the server's protocol, cut as a test wants them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from sandbox.app import Application
from sandbox.edge.fast_protocol import protocol_with
from sandbox.edge.protocol import SECONDS_FOR_HEADERS, SECONDS_TO_REST, StrictProtocol
from tests.hostile.raw_connection import PATIENCE, Answer

_TICKS = 3
"""Turns of the loop in which whatever still has something to do begins a task."""


class Sink(asyncio.Transport):
    """Remembers what is written, and holds back what comes while reading is paused, as a socket does."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 50_000), "sockname": ("127.0.0.1", 8000)})
        self.protocol: Any = None
        self.written = bytearray()
        self.ended = False
        """Whether nothing more will be written: it was closed, or our side of it."""
        self._closing = self._paused = False
        self._unread: deque[bytes] = deque()

    def receive(self, data: bytes) -> None:
        """What the client sends; after the end, nobody hears it."""
        self._unread.append(data)
        self._hand_over()

    def write(self, data: Any) -> None:
        if not self._closing:
            self.written += data

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        if not self._closing:
            self._closing = self.ended = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def leave(self) -> None:
        """The client resets the connection."""
        if not self._closing:
            self._closing = self.ended = True
            self.protocol.connection_lost(ConnectionResetError())

    def is_closing(self) -> bool:
        return self._closing

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """What is written is gone at once."""

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        asyncio.get_running_loop().call_soon(self._hand_over)

    def _hand_over(self) -> None:
        while self._unread and not self._paused and not self._closing:
            self.protocol.data_received(self._unread.popleft())


class Connection:
    """One client's."""

    def __init__(self, protocol: Any, address: str) -> None:
        self._sink = Sink(address)
        self.protocol = self._sink.protocol = protocol
        self._read = 0
        protocol.connection_made(self._sink)

    def send(self, *parts: bytes) -> None:
        """Each part is one that the server reads by itself."""
        for part in parts:
            self._sink.receive(part)

    def leave(self) -> None:
        self._sink.leave()

    @property
    def received(self) -> bytes:
        """All that ever came back."""
        return bytes(self._sink.written)

    @property
    def ended(self) -> bool:
        """Whether the server ended it."""
        return self._sink.ended

    def answers(self) -> list[Answer]:
        """Those that came since the last call."""
        new = self.received[self._read :]
        self._read += len(new)
        return list(answers_in(new))


class Connections:
    """Makes those of one application, on the running loop: with the fast path, or without."""

    def __init__(self, app: Application, *, fast: bool, seconds_for_headers: float = SECONDS_FOR_HEADERS) -> None:
        self._config = uvicorn.Config(
            app, ws="none", proxy_headers=False, access_log=False, log_level="error", lifespan="off", timeout_keep_alive=SECONDS_TO_REST
        )
        self._config.load()
        self._state = ServerState()
        self._seconds_for_headers = seconds_for_headers
        self._make: Callable[..., Any] = protocol_with(app.gateway_to) if fast else StrictProtocol
        self._made: list[Connection] = []

    def open(self, address: str = "127.0.0.1") -> Connection:
        protocol = self._make(config=self._config, server_state=self._state, app_state={})
        protocol.seconds_for_headers = self._seconds_for_headers
        one = Connection(protocol, address)
        self._made.append(one)
        return one

    async def quiet(self) -> None:
        """Waits until all that came whole is answered. TimeoutError where something is waited for that never comes."""
        async with asyncio.timeout(PATIENCE):
            ticks = 0
            while ticks < _TICKS:
                ticks += 1
                await asyncio.sleep(0)
                if self._state.tasks:
                    await asyncio.wait(self._state.tasks)
                    ticks = 0

    async def close(self) -> None:
        """Ends all connections, and their timers with them."""
        for one in self._made:
            one.leave()
        self._made.clear()
        await self.quiet()


def answers_in(raw: bytes) -> Iterable[Answer]:
    """The answers that stand one behind the other; one to a HEAD has a length and no body, and another answer follows, or nothing."""
    while raw:
        head, end, raw = raw.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), head[:100]
        assert end, f"the answer ends too early: {head!r}"
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple((name.lower(), value) for name, _, value in (line.partition(": ") for line in lines))
        bare = not raw or raw.startswith(b"HTTP/1.1 ")
        length = 0 if bare else int(dict(headers)["content-length"])
        assert len(raw) >= length, "the body ends too early"
        body, raw = raw[:length], raw[length:]
        yield Answer(int(first.split(" ")[1]), headers, body)


def said(answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    """What two answers that mean the same have in common: all but the moment at which they left, and the order of the headers."""
    return answer.status, sorted(header for header in answer.headers if header[0] != "date"), answer.body
