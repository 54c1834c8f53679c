"""The corpus over one kept connection: where requests are answered as they are read, they are answered as the ordinary path answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any

import pytest

from sandbox.app import Server
from sandbox.edge.exchange import Exchange
from sandbox.edge.fast_protocol import protocol_with
from sandbox.edge.gateway import Gateway
from sandbox.edge.protocol import StrictProtocol
from tests.asgi import sandbox_of
from tests.corpus.recorded import Recorded, read
from tests.corpus.replay import UNLIMITED
from tests.edge.paths.connection import said
from tests.hostile.case import chunked
from tests.hostile.raw_connection import Answer, Wire
from tests.threaded_server import served

CORPUS = read()
EVERY = 5
TIMES = 2
"""How often each request is sent: by the second time its headers are known, if they ever are."""


class Talk:
    """One client of one server. A connection that is said to close is followed by another one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._wire = Wire(address)
        self.connections = 1

    def ask(self, request: Recorded) -> Answer:
        self._wire.send(on_the_wire(request))
        answer = self._answer(request.method)
        while answer.status == 100:
            answer = self._answer(request.method)
        if answer.header("connection") == "close":
            self.close()
            self._wire = Wire(self._address)
            self.connections += 1
        return answer

    def _answer(self, method: str) -> Answer:
        return self._wire.answer(method)

    def close(self) -> None:
        self._wire.__exit__(None, None, None)


def on_the_wire(request: Recorded) -> bytes:
    """The request in HTTP/1.1. A body in pieces that no header tells the length of comes in chunks; one that is shorter than told is filled up."""
    names = {name.lower(): value for name, value in request.headers}
    headers, body = list(request.headers), request.body
    if "host" not in names:
        headers.insert(0, ("host", "127.0.0.1"))
    if "transfer-encoding" in names or (request.pieces and "content-length" not in names):
        headers += [] if "transfer-encoding" in names else [("transfer-encoding", "chunked")]
        body = chunked(*filter(None, request.chunks()))
    elif names.get("content-length", "").isdigit():
        body = body.ljust(min(int(names["content-length"]), 1024 * 1024))
    elif body and "content-length" not in names:
        headers.append(("content-length", str(len(body))))
    lines = [
        f"{request.method} ".encode() + request.target.encode() + b" HTTP/1.1",
        *(f"{name}: {value}".encode("latin-1") for name, value in headers),
    ]
    return b"\r\n".join([*lines, b"", body])


@contextmanager
def server(protocol: Callable[[Server], Any]) -> Iterator[str]:
    """One of two twins, by its address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.app.secrets.token_bytes", Random(1).randbytes)
        sandbox = sandbox_of(scenario="demo", rate_limit=UNLIMITED)
    with served(sandbox.server.app, protocol(sandbox.server), 60) as address:
        yield address
    sandbox.close()


def with_the_fast_path(one: Server) -> Any:
    return protocol_with(one.app.gateway_to)


def without_it(one: Server) -> Any:
    return StrictProtocol


def test_a_kept_connection_answers_the_corpus_as_the_ordinary_path_does(monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    quickly: list[str] = []

    def respond(self: Gateway, *arguments: Any) -> Exchange | None:
        exchange = really(self, *arguments)
        if exchange is not None:
            quickly.append(exchange.called.id)
        return exchange

    really = Gateway.respond
    monkeypatch.setattr(Gateway, "respond", respond)
    asked = CORPUS if whole else CORPUS[::EVERY]
    differ: list[str] = []
    with ExitStack() as open_:
        fast, ordinary = (Talk(open_.enter_context(server(protocol))) for protocol in (with_the_fast_path, without_it))
        for one in (fast, ordinary):
            open_.callback(one.close)
        for number, request in enumerate(asked, 1):
            for _ in range(TIMES):
                answers = [said(talk.ask(request)) for talk in (fast, ordinary)]
                if answers[0] != answers[1]:
                    differ.append(f"request {number}: {request}\n  fast:     {answers[0]}\n  ordinary: {answers[1]}")
        assert fast.connections == ordinary.connections
    assert not differ, "\n".join([f"{len(differ)} answers differ", *differ[:3]])
    assert len(quickly) > 0.5 * TIMES * len(asked), "too few of them took the fast path to show anything"
    assert len(set(quickly)) >= 12, "too few operations did"
