"""A receiver of webhooks that fails half the time, and remembers everything that it was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock, Thread
from types import TracebackType
from typing import Self

_MOST_FAILURES = 4
"""Of one event in one place, so that none runs out of attempts."""


@dataclass(frozen=True)
class Arrival:
    """One call; `answered` is the status that it got, 0 where the receiver hung up."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    answered: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Listens on the loopback from the block's beginning to its end; all chances come from the seed."""

    def __init__(self, seed: int, fails: float = 0.5) -> None:
        self.arrivals: list[Arrival] = []
        self._dice, self._fails, self._lock = Random(seed), fails, Lock()
        self._failures: Counter[tuple[str, str]] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Remember a call, and say how it is answered."""
        with self._lock:
            which = path, headers.get("webhook-id", "")
            answer = 200
            if self._failures[which] < _MOST_FAILURES and self._dice.random() < self._fails:
                self._failures[which] += 1
                answer = self._dice.choice((500, 503, 0))
            self.arrivals.append(Arrival(path, headers, body, answer))
            return answer


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the library calls it so
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # the server was killed in the middle of its call
            answer = receiver.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            if answer:
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # the server was killed in the middle
                self.close_connection = True

    return Handler
