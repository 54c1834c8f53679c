"""A plain client that keeps its connection: it fills servers, and takes down what they answer."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.operations import OURS, Dialect, Request, World, encoded
from benchmarks.processes import BenchmarkError

_BATCH = 100


@dataclass(frozen=True)
class Answer:
    """What a server answered: its headers as they stood, in their order."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Client:
    """One connection to one server, speaking its dialect."""

    def __init__(self, address: str, dialect: Dialect) -> None:
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        self._headers = dialect.head(address)

    def send(self, request: Request) -> Answer:
        more = {"Content-Type": "application/json"} if request.body else {}
        self._connection.request(request.method, request.target, request.body or None, self._headers | more)
        response = self._connection.getresponse()
        return Answer(response.status, tuple(response.getheaders()), response.read())

    def must_send(self, request: Request) -> Answer:
        """Raises BenchmarkError for any status that is no success."""
        answer = self.send(request)
        if not 200 <= answer.status < 300:
            raise BenchmarkError(f"{request.method} {request.target} gave {answer.status}: {answer.body[:200]!r}")
        return answer

    def close(self) -> None:
        self._connection.close()


@contextmanager
def client(address: str, dialect: Dialect) -> Iterator[Client]:
    """A client, closed when the block ends."""
    opened = Client(address, dialect)
    try:
        yield opened
    finally:
        opened.close()


def fill(address: str, world: World) -> None:
    """Sends the customers to a sandbox, a hundred at a time."""
    with client(address, OURS) as sender:
        for start in range(0, len(world.customers), _BATCH):
            batch = {"customers": list(world.customers[start : start + _BATCH])}
            sender.must_send(Request("POST", "/api/v2/batch/customers", encoded(batch)))
