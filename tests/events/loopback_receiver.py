"""A receiver on loopback that does with each connection what a test says, and remembers what it was sent."""

import asyncio
import ssl
from atexit import register
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import trustme

LOOPBACK = ("127.0.0.0/8", "::1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@cache
def certificates() -> Path:
    """A folder, new for each run of the tests: `authority.pem`, and `hooks.example.pem` with its key, which that authority vouches for."""
    folder, authority = Path(mkdtemp()), trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    authority.issue_cert("hooks.example").private_key_and_cert_chain_pem.write_to_path(folder / "hooks.example.pem")
    register(rmtree, folder)
    return folder


class Receiver:
    def __init__(self, answer: Answer, reads: bool) -> None:
        self._answer, self._reads = answer, reads
        self._under_way: set[asyncio.Task[None]] = set()
        self.port = 0
        self.requests: list[bytes] = []
        self.connections = 0
        self.was_asked = asyncio.Event()
        self.was_left = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until the caller leaves it."""
        self.connections += 1
        one = asyncio.current_task()
        assert one is not None
        self._under_way.add(one)
        try:
            await (self._serve if self._reads else self._answer)(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.was_left.set()
            writer.transport.abort()
            self._under_way.discard(one)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await _request(reader))
        self.was_asked.set()
        answering = asyncio.create_task(self._answer_all(reader, writer))
        try:
            while await reader.read(1000):
                pass
        finally:
            answering.cancel()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await self._answer(reader, writer)

    async def close(self) -> None:
        """No connection outlives the test."""
        for one in self._under_way:
            one.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    return head + await reader.readexactly(length)


def sends(*pieces: bytes, then_close: bool = False) -> Answer:
    """These bytes, one after the other."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_close:
            writer.close()

    return answer


def never_ends(first: bytes, again: bytes, pause: float = 0) -> Answer:
    """The first bytes once, and the others again and again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


@asynccontextmanager
async def receiver(answer: Answer, *, tls: bool = False, reads: bool = True) -> AsyncIterator[Receiver]:
    """Unless it `reads` the request by itself, it leaves all to the answer."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates() / "hooks.example.pem")
    one = Receiver(answer, reads)
    server = await asyncio.start_server(one.take, "127.0.0.1", 0, ssl=context)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await one.close()


def named(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver by which every name has these addresses."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses or ("127.0.0.1",))

    return resolve
