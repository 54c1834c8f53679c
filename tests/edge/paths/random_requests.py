"""Requests with the keys of several workspaces, in many forms; of each it is known whose it is, and so what its answer must say.

A request's form comes from dice alone: which headers in which order, where its key stands, how its body is framed, how it is cut.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from tests.asgi import BASE

Place = Literal["header", "query", "both", "none", "wrong", "two"]
_PLACES: tuple[Place, ...] = ("header",) * 10 + ("query", "both", "none", "wrong", "two")  # type: ignore[assignment]


class Holder(NamedTuple):
    """A key that works."""

    key: str
    workspace: str
    role: str


@dataclass(frozen=True)
class KeyedRequest:
    """One request on the wire. `holder` is None where it is nobody's; `account` is what it creates; `parts` are read by the server one by one."""

    parts: tuple[bytes, ...]
    holder: Holder | None
    kind: Literal["one", "list", "create", "users", "broken"]
    account: str = ""

    @property
    def ends(self) -> bool:
        """Whether nothing is answered after it."""
        return self.kind == "broken"


def random_request(dice: Random, number: int, holders: tuple[Holder, ...]) -> KeyedRequest:
    """The request of a number."""
    one, other = dice.sample(holders, 2)
    place = dice.choice(_PLACES)
    kind = dice.choices(("one", "list", "create", "users", "broken"), (8, 6, 8, 1, 0.4))[0]
    account = f"{one.workspace} {number}"
    body = json.dumps({"account": account, "city": "x" * dice.choice((0, 0, 5, 90))}).encode() if kind == "create" else b""
    target = {"one": "/customers/1", "list": "/customers?limit=3", "create": "/customers", "users": "/users", "broken": "/customers/1"}[kind]
    usual = dice.random() < 0.9
    headers = ["Host: sandbox"] if usual else _headers(dice)
    if place in ("query", "both"):
        target += ("&" if "?" in target else "?") + f"api_key={one.key}"
    key = {"header": one.key, "both": one.key, "two": other.key, "wrong": "sbx_nobody"}.get(place)
    if place == "two":
        target += ("&" if "?" in target else "?") + f"api_key={one.key}"
    if key is not None:
        headers.append(f"{'Authorization' if usual else dice.choice(('Authorization', 'authorization'))}: Bearer {key}")
    if not usual:
        dice.shuffle(headers)
    holder = one if place in ("header", "query", "both") else None
    if kind == "broken":
        # A head that is no HTTP says nothing of who asks, wherever its fault stands.
        headers.insert(dice.randint(0, len(headers)), "X-Broken\x01: 1")
        holder = None
    if kind != "create" and dice.random() < 0.04:
        return _disguised(kind, target, headers, holder)
    raw, framed = _framed(dice, target, headers, body, usual)
    return KeyedRequest(_cut(dice, raw, framed), holder, kind, account)


def _headers(dice: Random) -> list[str]:
    """A few of few, and now and then one that nobody ever sent."""
    some = ["Host: sandbox", "User-Agent: tests", "Accept: */*", "Connection: keep-alive"]
    headers = [some[0], *dice.sample(some[1:], dice.choice((0, 0, 1, 1, 2)))]
    return [*headers, f"X-New: {dice.random()}"] if dice.random() < 0.05 else headers


def _framed(dice: Random, target: str, headers: list[str], body: bytes, usual: bool) -> tuple[bytes, int]:
    """The bytes, and where the head ends. Most are alike but for the key, so that a connection soon knows their headers."""
    lines, method = [*headers], "POST" if body else "GET"
    if body and dice.random() < 0.1:
        middle = dice.randrange(1, len(body))
        lines.append("Transfer-Encoding: chunked")
        trailer = b"X-Trailer: 1\r\nAuthorization: Bearer sbx_test_staff\r\n" if dice.random() < 0.5 else b""
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:middle], body[middle:])) + b"0\r\n" + trailer + b"\r\n"
    elif body:
        lines.insert(1 if usual else dice.randrange(len(lines) + 1), f"Content-Length: {len(body)}")
    head = "\r\n".join([f"{method} {BASE}{target} HTTP/1.1", *lines, "", ""]).encode("latin-1")
    return head + body, len(head)


def _cut(dice: Random, raw: bytes, head: int) -> tuple[bytes, ...]:
    chance = dice.random()
    if chance < 0.75:
        return (raw,)
    place = dice.randrange(1, head) if chance < 0.87 else dice.randrange(min(head, len(raw) - 1), len(raw))
    return tuple(part for part in (raw[:place], raw[place:]) if part)


def _disguised(kind: Literal["one", "list", "users", "broken"], target: str, headers: list[str], holder: Holder | None) -> KeyedRequest:
    """The second part looks like a whole request without a key, and is the value of a header, and the host of the first one."""
    lines = [line for line in headers if not line.startswith("Host:")]
    outer = "\r\n".join([f"GET {BASE}{target} HTTP/1.1", *lines, "X-A: "]).encode("latin-1")
    inner = f"GET {BASE}/customers/1 HTTP/1.1\r\nHost: sandbox\r\n\r\n".encode()
    return KeyedRequest((outer, inner), holder, kind)
