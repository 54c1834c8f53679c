"""How a hostile request is written down, and what makes its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BASE = "/api/v2"
ADMINISTRATOR = "Authorization: Bearer sbx_test_administrator"
CUSTOMER = b'{"account": "Jane Smith"}'


@dataclass(frozen=True)
class Case:
    """A request as bytes, and what it gets.

    `field` is named in `errors`, and nothing else is; `header` stands in the answer. Several pieces are sent one after
    the other, each as soon as the server has asked for it (`Expect: 100-continue`). One that `breaks_off` is answered before
    its body is looked at, which is no HTTP, so that the connection ends though the answer could not say so.
    """

    name: str
    pieces: tuple[bytes, ...]
    status: int
    field: str | None = None
    header: tuple[str, str] | None = None
    breaks_off: bool = False

    @property
    def method(self) -> str:
        return self.pieces[0].split(b" ", 1)[0].decode("latin-1")


def head(
    method: str,
    target: str | bytes,
    *headers: str | bytes,
    key: str | None = ADMINISTRATOR,
    version: str = "HTTP/1.1",
    hosts: Sequence[str] = ("localhost",),
) -> bytes:
    """Everything before the body. The target is below the base path unless it is bytes, which stand for themselves."""
    where = target if isinstance(target, bytes) else (BASE + target).encode("latin-1")
    lines: list[str | bytes] = [*(f"Host: {host}" for host in hosts), *headers]
    if key is not None:
        lines.append(key)
    raw = [line if isinstance(line, bytes) else line.encode("latin-1") for line in lines]
    return b"\r\n".join([b" ".join((method.encode("latin-1"), where, version.encode())), *raw, b"", b""])


def get(target: str | bytes, *headers: str | bytes, key: str | None = ADMINISTRATOR) -> bytes:
    return head("GET", target, *headers, key=key)


def post(target: str | bytes, body: bytes, *headers: str | bytes, method: str = "POST", key: str | None = ADMINISTRATOR) -> bytes:
    """A request with a body of the length that it says."""
    return head(method, target, f"Content-Length: {len(body)}", *headers, key=key) + body


def chunked(*chunks: bytes, trailers: Sequence[str] = ()) -> bytes:
    """A body in chunks, with its end and what trails it."""
    lines = "".join(f"{trailer}\r\n" for trailer in trailers).encode("latin-1")
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + lines + b"\r\n"


def streamed(target: str, body: bytes, *headers: str) -> bytes:
    """A request whose body is in chunks; `body` is what stands on the wire."""
    return head("POST", target, "Transfer-Encoding: chunked", *headers) + body


def cases(status: int, requests: dict[str, bytes], field: str | None = None, header: tuple[str, str] | None = None) -> Iterable[Case]:
    """Several that get the same."""
    return [Case(name, (raw,), status, field, header) for name, raw in requests.items()]
