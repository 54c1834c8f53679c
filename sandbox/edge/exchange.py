"""One request on its way through the edge, and the answer that it gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from starlette.types import Scope, Send

from openapi.contract import Operation

JSON = b"application/json"
Header = tuple[bytes, bytes]
REFUSAL = "sandbox.refusal"
"""Where in the scope the protocol puts what it refuses before the application could."""
_KEY = "sandbox.exchange"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body and its headers (lower-case names); the rate headers are added on the way out."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ((b"content-type", JSON),)

    async def send(self, send: Send) -> None:
        """Hands the answer to the server, with its true length."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.raw_headers()})
        await send({"type": "http.response.body", "body": self.body})

    def raw_headers(self) -> list[Header]:
        """The headers with the body's true length, which 204 and 304 do not tell."""
        return list(self.headers) if self.status in (204, 304) else [*self.headers, (b"content-length", b"%d" % len(self.body))]


def json_answer(status: int, content: Any, headers: tuple[Header, ...] = ()) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(content), ((b"content-type", JSON), *headers))


class Exchange:
    """What is known of one request; each stage fills in its part. It travels in the ASGI scope."""

    __slots__ = (
        "actor",
        "body",
        "faults",
        "header_bytes",
        "headers",
        "method",
        "operation",
        "params",
        "path",
        "path_params",
        "query",
        "scope",
        "status",
    )

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = {}
        self.header_bytes = 0
        for name, value in scope["headers"]:
            self.header_bytes += len(name) + len(value)
            self.headers[name] = value if name not in self.headers else self.headers[name] + b", " + value
        # The query's parameters in order, decoded; a value is None where it is not UTF-8.
        self.query: list[tuple[str, str | None]] = _decoded(scope["query_string"]) if scope["query_string"] else []
        self.actor: Any = None
        self.operation: Operation | None = None
        self.path_params: dict[str, Any] = {}
        self.params: dict[str, Any] = {}
        self.body: Any = None
        self.faults: dict[str, str] = {}
        self.status = 0

    @classmethod
    def begin(cls, scope: Scope) -> Exchange:
        """The exchange of a new request, put into its scope."""
        exchange = scope[_KEY] = cls(scope)
        return exchange

    @staticmethod
    def of(scope: Any) -> Exchange:
        """The exchange that travels in a scope."""
        exchange: Exchange = scope[_KEY]
        return exchange

    @property
    def called(self) -> Operation:
        """The operation, which is known from the front on."""
        assert self.operation is not None
        return self.operation

    def header(self, name: bytes) -> str | None:
        """The value of a header (name in lower case); several are joined by a comma."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")


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
