"""One request on its way through the edge, and its response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from time import perf_counter
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import orjson
from starlette.types import Message, Scope, Send

from openapi.contract import Operation
from sandbox.edge.byte_budget import Hold
from sandbox.edge.client_address import counted_as
from sandbox.edge.header_block import HeaderBlock
from sandbox.edge.rate_limit import Window
from sandbox.state.workspace import Workspace

JSON = b"application/json"
Header = tuple[bytes, bytes]
COMMON_HEADERS: tuple[Header, ...] = ((b"x-content-type-options", b"nosniff"),)
"""On every response: no browser may treat one as a script or a page."""
REFUSAL = "sandbox.refusal"
"""Where in the scope the protocol puts what it refuses before the application could: a head."""
BROKEN = "sandbox.broken"
"""Where it puts the refusal of a body, for whoever reads that body."""
PEER = "sandbox.peer"
"""Where it puts the address of the peer, which uvicorn replaces in `client` by the one that a trusted proxy names."""
KEPT_IN = "sandbox.exchange"
"""Where the exchange itself is."""
_BYTES_OF_AN_ANSWER = 700
"""Beside its body: its headers in both forms, and the objects."""
_NO_SCOPE: Any = MappingProxyType({})


class Answer:
    """A status, a body and its headers (lower-case names); the rate headers are added on the way out. A value.

    A body that is too long to be sent at once goes on in `rest`, which only the ordinary path sends; until it is sent it
    counts as `unsent`.
    """

    __slots__ = ("_lines", "body", "headers", "rest", "status", "unsent")

    def __init__(
        self,
        status: int,
        body: bytes,
        headers: tuple[Header, ...] = ((b"content-type", JSON),),
        rest: tuple[bytes, ...] = (),
        unsent: Hold | None = None,
    ) -> None:
        self.status, self.body, self.headers, self.rest, self.unsent = status, body, headers, rest, unsent
        self._lines: bytes | None = None

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        return len(self.body) + _BYTES_OF_AN_ANSWER

    async def send(self, send: Send) -> None:
        """Hands the answer to the server, with its true length."""
        if self.unsent is None:
            await self._send(send)
            return
        with self.unsent as unsent:
            unsent.become(sum(map(len, self.rest)))
            await self._send(send)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw_headers()})
        for part in (self.body, *self.rest)[:-1]:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": self.rest[-1] if self.rest else self.body})

    def raw_headers(self) -> list[Header]:
        """The headers with the body's true length, which 204 and 304 do not tell."""
        if self.status in (204, 304):
            return list(self.headers)
        return [*self.headers, (b"content-length", b"%d" % (len(self.body) + sum(map(len, self.rest))))]

    @property
    def lines(self) -> bytes:
        """The same headers as they stand in HTTP/1.1, put together once."""
        if self._lines is None:
            self._lines = b"".join([b"%b: %b\r\n" % header for header in self.raw_headers()])
        return self._lines


def json_answer(status: int, content: Any, headers: tuple[Header, ...] = ()) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(content), ((b"content-type", JSON), *headers))


def with_common_headers(send: Send) -> Send:
    """Adds them on the ordinary path; the fast path has them among its constant lines."""

    async def send_with_them(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *COMMON_HEADERS]}
        await send(message)

    return send_with_them


class Exchange:
    """What is known of one request; each stage fills in its part. On the ordinary path it travels in the ASGI scope."""

    __slots__ = (
        "_query", "actor", "answer", "block", "body", "body_is_read", "client", "faults", "headers", "is_foreign_page", "key_sent", "keyless_query",
        "method", "now", "operation", "params", "path", "path_params", "query_string", "raw_body", "scope", "started", "status", "window",
        "workspace",
    )  # fmt: skip

    def __init__(self, method: str, path: str, query_string: bytes, block: HeaderBlock, raw_body: bytes = b"", scope: Scope = _NO_SCOPE) -> None:
        self.method, self.query_string = method, query_string
        self.path = path
        """As it was sent: still encoded."""
        self.block, self.headers = block, block.values
        self.raw_body, self.scope = raw_body, scope
        self.started = perf_counter()
        self.client: tuple[str, int] | None = None
        """The address and port that asked, where no scope tells them."""
        self._query: list[tuple[str, str | None]] | None = None
        self.keyless_query = self.key_sent = False
        """Whether the query surely holds no key, so that its bytes may be kept."""
        self.actor: Any = None
        self.is_foreign_page = False
        """Whether it is refused because of the web page that sends it, which may not read the response."""
        self.workspace: Workspace | None = None
        self.now: datetime | None = None
        """The workspace's time, where it was read and nothing was waited for since."""
        self.window: Window | None = None
        self.operation: Operation | None = None
        self.path_params: dict[str, Any] = {}
        self.params: dict[str, Any] = {}
        self.body: Any = None
        self.body_is_read = False
        """Whether it was decoded while it was waited for."""
        self.faults: dict[str, str] = {}
        self.answer: Answer | None = None
        self.status = 0

    @classmethod
    def begin(cls, scope: Scope) -> Exchange:
        """The exchange of a new request, put into its scope."""
        peer = scope[PEER] if PEER in scope else scope.get("client")
        block = HeaderBlock(scope["headers"], peer[0] if peer else None)
        exchange = scope[KEPT_IN] = cls(scope["method"], path_of(scope), scope["query_string"], block, scope=scope)
        return exchange

    def end(self) -> None:
        """The request is over: with its scope it would else be a circle, which only a search for garbage could let go."""
        if KEPT_IN in self.scope:
            del self.scope[KEPT_IN]

    @staticmethod
    def of(scope: Any) -> Exchange:
        """The exchange that travels in a scope."""
        exchange: Exchange = scope[KEPT_IN]
        return exchange

    @property
    def counted_for(self) -> tuple[str | None, str | None]:
        """For whom it counts in a budget: the client's address, which is not known on the fast path, and the digest of its key."""
        client = self.scope.get("client")
        return None if not client else counted_as(client[0]), None if self.actor is None else self.actor.digest

    @property
    def called(self) -> Operation:
        """The operation, which is known from the gateway on."""
        assert self.operation is not None
        return self.operation

    @property
    def query(self) -> list[tuple[str, str | None]]:
        """The query's parameters in order, decoded; a value is None where it is not UTF-8."""
        if self._query is None:
            self._query = _decoded(self.query_string) if self.query_string else []
        return self._query

    def header(self, name: bytes) -> str | None:
        """The value of a header (name in lower case); several are joined by a comma."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


def path_of(scope: Scope) -> str:
    """The path as it was sent, for which ASGI has a place that a server may leave empty."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def _decoded(query: bytes) -> list[tuple[str, str | None]]:
    parts = (pair.partition(b"=") for pair in query.split(b"&") if pair)
    return [(_text(name) or "", _text(value)) for name, _, value in parts]


def _text(raw: bytes) -> str | None:
    try:
        return (unquote_to_bytes(raw.replace(b"+", b" ")) if b"%" in raw or b"+" in raw else raw).decode()
    except UnicodeDecodeError:
        return None


Handle = Callable[[Exchange], Awaitable[Answer]]
"""Answers an exchange that is routed, authorized and read."""
