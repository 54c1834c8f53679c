"""Slow clients, on purpose: headers that drip, bodies that drip, and connections on which nothing ever comes.

Whoever is cut off comes back, so that there are always as many as were asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.operations import KEY
from benchmarks.processes import BenchmarkError

_SECONDS_A_BYTE = 1.0
_SECONDS_TO_COME_BACK = 0.1
_SECONDS_TO_GATHER = 15.0

# What each kind sends at once; what follows are single bytes, but for the last kind, from which nothing follows.
_SLOW_HEADERS = b"GET /api/v2/customers HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
_SLOW_BODY = (
    f"POST /api/v2/customers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
    "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
).encode()
_HALF_OPEN = b""


@dataclass
class SlowConnections:
    """How many stand there now, and how many were cut off since."""

    present: int = 0
    cut_off: int = 0


@asynccontextmanager
async def slow_connections(port: int, of_each_kind: int) -> AsyncIterator[SlowConnections]:
    """So many clients of each of the three kinds, until the block ends. Raises BenchmarkError when the server lets too few in."""
    gathered = SlowConnections()
    kinds: Sequence[bytes] = (_SLOW_HEADERS, _SLOW_BODY, _HALF_OPEN)
    # They begin one after another within a second, or their bytes would come in volleys.
    tasks = [
        asyncio.create_task(_keep_coming(gathered, port, opening, _SECONDS_A_BYTE * place / of_each_kind))
        for opening in kinds
        for place in range(of_each_kind)
    ]
    try:
        await _all_there(gathered, len(tasks))
        yield gathered
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _all_there(gathered: SlowConnections, wanted: int) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _SECONDS_TO_GATHER
    # A few are always on their way back.
    while gathered.present < wanted * 0.95:
        if loop.time() > deadline:
            raise BenchmarkError(f"only {gathered.present} of {wanted} slow clients could connect")
        await asyncio.sleep(_SECONDS_TO_COME_BACK)


async def _keep_coming(gathered: SlowConnections, port: int, opening: bytes, delay: float) -> None:
    await asyncio.sleep(delay)
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_SECONDS_TO_COME_BACK)
            continue
        gathered.present += 1
        try:
            await _dawdle(reader, writer, opening)
            gathered.cut_off += 1
        except OSError:
            gathered.cut_off += 1
        finally:
            gathered.present -= 1
            writer.close()
        await asyncio.sleep(_SECONDS_TO_COME_BACK)


async def _dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opening: bytes) -> None:
    """Sends a byte a second (or nothing), until the server says something or hangs up."""
    writer.write(opening)
    while True:
        try:
            await asyncio.wait_for(reader.read(4096), _SECONDS_A_BYTE)
        except TimeoutError:
            if opening:
                writer.write(b"x")
            continue
        return
