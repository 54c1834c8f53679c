"""A proxy of TCP that can be told to cut what passes through it, and to be gone for a while."""

from __future__ import annotations

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NOW, IN_A_REQUEST, IN_AN_ANSWER = "now", "in a request", "in an answer"
KINDS = (IN_AN_ANSWER, IN_A_REQUEST, NOW)


class CuttingProxy:
    """Passes everything on until it is told to cut; `cuts` counts those that were made."""

    def __init__(self, port: int) -> None:
        self._to, self._armed, self._gone_for = port, "", 0.0
        self._gone = False
        self._open: set[StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()
        self.cuts = 0
        self._made_one = threading.Condition()
        self.loop = asyncio.new_event_loop()
        self.port = 0

    def cut(self, kind: str, gone_for: float) -> None:
        """From any thread: cut all connections at once or in the middle of what passes next, and take none for so many seconds."""
        self.loop.call_soon_threadsafe(self._arm, kind, gone_for)

    def wait_for(self, cuts: int) -> None:
        """From any thread, until so many were made."""
        with self._made_one:
            assert self._made_one.wait_for(lambda: self.cuts >= cuts, 60), f"{self.cuts} of {cuts} cuts were made"

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def close(self) -> None:
        """Ends what is open."""
        self._cut()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    def _arm(self, kind: str, gone_for: float) -> None:
        self._armed, self._gone_for = kind, gone_for
        if kind == NOW:
            self._made()

    def _made(self) -> None:
        self._armed, self._gone = "", True
        with self._made_one:
            self.cuts += 1
            self._made_one.notify_all()
        self._cut()
        self.loop.call_later(self._gone_for, self._back)

    def _back(self) -> None:
        self._gone = False

    def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._gone:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, up_writer}
        for one in (self._pipe(reader, up_writer, IN_A_REQUEST), self._pipe(up_reader, writer, IN_AN_ANSWER)):
            task = asyncio.create_task(one)
            self._pipes.add(task)
            task.add_done_callback(self._pipes.discard)

    async def _pipe(self, reader: StreamReader, writer: StreamWriter, kind: str) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                if self._armed == kind:
                    writer.write(chunk[: len(chunk) // 2])
                    self.loop.call_soon(self._made)
                    return
                writer.write(chunk)
                await writer.drain()
        self._open.discard(writer)
        writer.close()


@contextmanager
def cutting(port: int) -> Iterator[CuttingProxy]:
    """A proxy to a port of this machine, in a thread of its own."""
    proxy = CuttingProxy(port)
    server = proxy.loop.run_until_complete(proxy.serve())
    thread = threading.Thread(target=proxy.loop.run_forever)
    thread.start()
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(proxy.close(), proxy.loop).result(10)
        proxy.loop.call_soon_threadsafe(server.close)
        proxy.loop.call_soon_threadsafe(proxy.loop.stop)
        thread.join()
        proxy.loop.run_until_complete(proxy.loop.shutdown_asyncgens())
        proxy.loop.close()
