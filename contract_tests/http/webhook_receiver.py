"""Receives the target's webhooks: a small HTTP server in threads, with a separate path for each webhook."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHOWN = 300
"""So many characters of a body are told."""
_LONGEST = 1024 * 1024
_MOST = 1_000
_SECONDS = 20
_SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that came in; header names are in lower case, `status` is what it was answered, `moment` seconds of no meaning but their order."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    moment: float

    @property
    def event(self) -> Mapping[str, Any]:
        """The body as a JSON object; an empty one where it is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def data(self) -> Mapping[str, Any]:
        """The event's data; an empty mapping where there are none."""
        data = self.event.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def timestamp(self) -> int | None:
        """`webhook-timestamp`, None where it is no whole number."""
        value = self.headers.get("webhook-timestamp", "")
        return int(value) if value.isascii() and value.isdigit() else None

    def __str__(self) -> str:
        """What came, in a line."""
        signed = [f"{name}: {self.headers[name]}" for name in _SIGNED if name in self.headers]
        body = self.body.decode("utf-8", "replace")
        return " · ".join((f"{self.method} {self.path}", *signed, f"{body[:SHOWN]}{'…' if len(body) > SHOWN else ''}"))


Wanted = Callable[[Delivery], bool]


@dataclass
class Inbox:
    """One address. The first deliveries are answered with `answers`, the others with 200; once it is closed, all with 410."""

    url: str
    answers: Sequence[int] = ()
    closed: bool = False
    _deliveries: list[Delivery] = field(default_factory=list)
    _came: threading.Condition = field(default_factory=threading.Condition)

    def all(self) -> list[Delivery]:
        """What has come so far, in its order."""
        with self._came:
            return list(self._deliveries)

    def wait(self, wanted: Wanted, seconds: float) -> Delivery | None:
        """The first delivery that is wanted, as soon as it is there; None where it does not come in that time."""
        with self._came:
            self._came.wait_for(lambda: any(map(wanted, self._deliveries)), seconds)
            return next(filter(wanted, self._deliveries), None)

    def close(self) -> None:
        """Wants no more: who still delivers here is told so, and may forget the address."""
        self.closed = True

    def take(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Takes a delivery in; the status that it is answered with."""
        with self._came:
            if self.closed or len(self._deliveries) >= _MOST:
                return 410
            number = len(self._deliveries)
            status = self.answers[number] if number < len(self.answers) else 200
            self._deliveries.append(Delivery(method, path, headers, body, status, time.monotonic()))
            self._came.notify_all()
            return status


class Receiver:
    """Listens at an address of this machine; the target reaches it at `url`. Raises OSError where it cannot listen there.

    Every run has paths of its own, whatever its seed: the webhooks of an earlier one may still be called.
    """

    def __init__(self, url: str, host: str, port: int) -> None:
        self.url = url.rstrip("/")
        self.in_vain = False
        """Whether a delivery was waited for, and nothing ever came."""
        self._inboxes: dict[str, Inbox] = {}
        self._server = _Server(host, port, self._find)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="receiver").start()

    def inbox(self, answers: Sequence[int] = ()) -> Inbox:
        """A new address, which nobody knows yet."""
        token = secrets.token_hex(8)
        inbox = self._inboxes[token] = Inbox(f"{self.url}/{token}", answers)
        return inbox

    @property
    def port(self) -> int:
        """Where it listens; where 0 was asked for, the port that it was given."""
        port: int = self._server.server_address[1]
        return port

    @property
    def heard(self) -> bool:
        """Whether anything came at all."""
        return any(one.all() for one in self._inboxes.values())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _find(self, path: str) -> Inbox | None:
        """By the last part of a path, so that a tunnel may put others before it or take them away."""
        return self._inboxes.get(path.partition("?")[0].rstrip("/").rsplit("/", 1)[-1])


class _Handler(BaseHTTPRequestHandler):
    """Hands what comes to the inbox of its address, and answers as that one says."""

    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    server: _Server

    def do_POST(self) -> None:
        self.close_connection = True
        body, inbox = self._body(), self.server.find(self.path)
        if body is None:
            status = 413
        elif inbox is None:
            status = 404
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = inbox.take(self.command, self.path, headers, body)
        self.send_response(status)
        self.send_header("content-length", "0")
        self.send_header("connection", "close")
        self.end_headers()

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815  # by these names the library calls it

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what came is told by the promises."""

    def _body(self) -> bytes | None:
        """None where it is too long, or says of itself what cannot be."""
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._chunks()
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > _LONGEST:
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | None:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(100).partition(b";")[0], 16)
            except ValueError:
                return None
            if not 0 <= size <= _LONGEST - len(body):
                return None
            body += self.rfile.read(size)
            self.rfile.readline(100)
            if size == 0:
                return body


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, find: Callable[[str], Inbox | None]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.find = find
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that goes away in the middle is no news."""
