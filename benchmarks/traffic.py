"""Mixed traffic for the soak: small stories, each of which leaves the data as large as it found them."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.load_generator import complete, wire
from benchmarks.operations import Request, World, encoded

BASE = "/api/v2"

_REQUESTS_ON_A_CONNECTION = 50
_SECONDS_FOR_AN_ANSWER = 20
_MOST_SURPRISES_KEPT = 20
_BATCH = 10
_LISTS = ("customers", "invoices", "transactions", "products", "quotes", "tickets", "users", "reports/financial")


@dataclass
class Tally:
    """How many requests were answered with which status, and the first of the answers that were not as expected."""

    statuses: dict[int, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    surprised: int = 0

    def note(self, request: Request, status: int, expected: int) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status != expected:
            self.surprise(f"{request.method} {request.target[:80]} gave {status} instead of {expected}")

    def surprise(self, what: str) -> None:
        self.surprised += 1
        if len(self.surprises) < _MOST_SURPRISES_KEPT:
            self.surprises.append(what)


class Connection:
    """One client with one connection, which it gives up now and then, as real ones do."""

    def __init__(self, port: int, headers: dict[str, str], tally: Tally) -> None:
        self._port, self._headers, self._tally = port, headers, tally
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._left = 0

    async def ask(self, request: Request, expected: int, headers: dict[str, str] | None = None) -> bytes:
        """The body of the answer; a status that was not expected is noted. OSError when the server hangs up."""
        if self._streams is None or self._left == 0:
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            self._left = _REQUESTS_ON_A_CONNECTION
        self._left -= 1
        reader, writer = self._streams
        writer.write(wire(request, self._headers | (headers or {})))
        received = b""
        while not _whole(received):
            piece = await asyncio.wait_for(reader.read(1 << 16), _SECONDS_FOR_AN_ANSWER)
            if not piece:
                self.close()
                raise ConnectionResetError(f"no answer to {request.method} {request.target[:80]}")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        self._tally.note(request, int(head[9:12]), expected)
        if b"connection: close" in head.lower():
            self.close()
        return body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _whole(received: bytes) -> bool:
    # A 304 has no body, whatever length its headers speak of.
    return received.endswith(b"\r\n\r\n") if received[9:12] == b"304" else complete(received)


Flow = Callable[[Connection, World, random.Random], Awaitable[None]]


async def reads(connection: Connection, asked: World, dice: random.Random) -> None:
    await connection.ask(Request("GET", f"{BASE}/customers/{dice.choice(asked.ids)}"), 200)
    await connection.ask(Request("GET", f"{BASE}/customers?page={dice.choice(asked.pages)}&limit={dice.randint(1, 100)}"), 200)
    await connection.ask(Request("GET", f"{BASE}/customers?search={dice.choice(asked.terms)}"), 200)
    await connection.ask(Request("GET", f"{BASE}/{dice.choice(_LISTS)}"), 200)


async def a_customer_comes_and_goes(connection: Connection, asked: World, dice: random.Random) -> None:
    told = json.loads(await connection.ask(Request("POST", f"{BASE}/customers", encoded(dice.choice(asked.more))), 201))
    address = f"{BASE}/customers/{told['data']['id']}"
    await connection.ask(Request("PUT", address, encoded(dice.choice(asked.more))), 200)
    await connection.ask(Request("GET", address), 200)
    await connection.ask(Request("DELETE", address), 200)
    await connection.ask(Request("GET", address), 404)


async def a_batch_comes_and_goes(connection: Connection, asked: World, dice: random.Random) -> None:
    batch = {"customers": dice.sample(asked.more, _BATCH)}
    told = json.loads(await connection.ask(Request("POST", f"{BASE}/batch/customers", encoded(batch)), 201))
    for one in told["data"]:
        await connection.ask(Request("DELETE", f"{BASE}/customers/{one['id']}"), 200)


async def an_update(connection: Connection, asked: World, dice: random.Random) -> None:
    place = dice.randrange(len(asked.customers))
    await connection.ask(Request("PUT", f"{BASE}/customers/{place + 1}", encoded(asked.customers[place])), 200)


async def refusals(connection: Connection, asked: World, dice: random.Random) -> None:
    await connection.ask(Request("POST", f"{BASE}/customers", b'{"account": '), 400)
    await connection.ask(Request("POST", f"{BASE}/customers", encoded({"email": "no address", "more": dice.random()})), 400)
    await connection.ask(Request("POST", f"{BASE}/invoices", encoded({"customer_id": 10**9})), 400)
    await connection.ask(Request("GET", f"{BASE}/customers?limit={dice.randint(101, 10**6)}"), 400)
    await connection.ask(Request("GET", f"{BASE}/customers/{10**9 + dice.randrange(10**9)}"), 404)
    await connection.ask(Request("GET", f"{BASE}/nothing/{dice.randrange(10**9)}"), 404)
    await connection.ask(Request("PATCH", f"{BASE}/customers"), 405)
    await connection.ask(Request("GET", f"{BASE}/customers"), 401, {"Authorization": f"Bearer unknown-{dice.randrange(10**9)}"})


# The weights are of stories; a story of refusals sends eight requests, one of a batch eleven.
FLOWS: tuple[tuple[Flow, int], ...] = (
    (reads, 10),
    (a_customer_comes_and_goes, 4),
    (a_batch_comes_and_goes, 1),
    (an_update, 4),
    (refusals, 2),
)


async def run_flows(connection: Connection, tally: Tally, asked: World, dice: random.Random, pause: float, until: float) -> None:
    """Stories, one after another with a pause between, until the event loop's clock says so; a story begun is told to its end."""
    flows, weights = zip(*FLOWS, strict=True)
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        try:
            await dice.choices(flows, weights)[0](connection, asked, dice)
        except (OSError, KeyError, ValueError) as error:  # hung up, too late (TimeoutError is an OSError), or not the answer to read on from
            tally.surprise(f"{type(error).__name__}: {error}")
            connection.close()
        await asyncio.sleep(pause)
    connection.close()
