"""One request on its way through the edge, and the answer that it gets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from starlette.types import Scope, Send

from openapi.contract import Operation

JSON = b"application/json"
Header = tuple[bytes, bytes]
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
        """The headers with the body's true length, which a 304 does not tell."""
        return list(self.headers) if self.status == 304 else [*self.headers, (b"content-length", str(len(self.body)).encode())]


def json_answer(status: int, content: Any, headers: tuple[Header, ...] = ()) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(content), ((b"content-type", JSON), *headers))


@dataclass(slots=True)
class Exchange:
    """What is known of one request; each stage fills in its part. It travels in the ASGI scope."""

    scope: Scope
    method: str
    path: str
    actor: Any = None
    operation: Operation | None = None
    path_params: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    faults: dict[str, str] = field(default_factory=dict)
    status: int = 0

    @classmethod
    def begin(cls, scope: Scope) -> Exchange:
        """The exchange of a new request, put into its scope."""
        exchange = scope[_KEY] = cls(scope, scope["method"], scope["path"])
        return exchange

    @staticmethod
    def of(scope: Any) -> Exchange:
        """The exchange that travels in a scope."""
        exchange: Exchange = scope[_KEY]
        return exchange

    def header(self, name: bytes) -> str | None:
        """The value of a header (name in lower case); several are joined by a comma."""
        values = [value for key, value in self.scope["headers"] if key == name]
        return b", ".join(values).decode("latin-1") if values else None

    def query(self) -> Iterator[tuple[str, str | None]]:
        """The query's parameters in order, decoded; the value is None where it is not UTF-8."""
        for pair in self.scope["query_string"].split(b"&"):
            if pair:
                name, _, value = pair.partition(b"=")
                yield _text(name) or "", _text(value)


def _text(raw: bytes) -> str | None:
    try:
        return unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None
