"""Sends the same requests to both stacks of middleware, and says where their answers differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from tests.asgi import Client, Reply, sandbox_of
from tests.corpus.recorded import Recorded

UNLIMITED = (1_000_000, 3600)
_MOST_SHOWN = 300


@dataclass(frozen=True)
class Difference:
    """One request that was answered in two ways, by its number in the corpus, from 1."""

    number: int
    request: Recorded
    fast: Reply
    stock: Reply

    def __str__(self) -> str:
        return f"request {self.number}: {self.request}\n  fast:  {_shown(self.fast)}\n  stock: {_shown(self.stock)}"


@contextmanager
def server(stack: str, **settings: Any) -> Iterator[Client]:
    """One road, spoken to below its root, with a clock that stands still.

    What is random in it comes from a seed: the secret of a webhook stands in an answer, and would differ otherwise.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.app.secrets.token_bytes", Random(1).randbytes)
        sandbox = sandbox_of(stack=stack, **settings)
    client = Client(sandbox.server.app)
    try:
        yield client
    finally:
        client.close()
        sandbox.close()


def differences(requests: Iterable[Recorded], fast: Client, stock: Client) -> Iterator[Difference]:
    """The requests, sent to both in their order; a reply is its status, its headers in any order, and its bytes."""
    for number, request in enumerate(requests, 1):
        one, other = request.send(fast), request.send(stock)
        if _compared(one) != _compared(other):
            yield Difference(number, request, one, other)


def _compared(reply: Reply) -> tuple[int, list[tuple[str, str]], bytes]:
    return reply.status, sorted(reply.headers), reply.body


def _shown(reply: Reply) -> str:
    return f"{reply.status} {sorted(reply.headers)} {reply.body[:_MOST_SHOWN]!r}"
