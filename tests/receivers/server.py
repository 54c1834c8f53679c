"""Receivers of webhooks on a port of loopback, for as long as a block lasts."""

from __future__ import annotations

import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request as it came; headers are found in any case."""

    method: str
    headers: Message
    body: bytes


class Receiver(ABC):
    """Answers a call with a status, and maybe headers; `read` takes the body from the connection."""

    def read(self, stream: Any, length: int) -> bytes:
        body: bytes = stream.read(length)
        return body

    @abstractmethod
    def answer(self, call: Call) -> int: ...

    def headers(self, status: int) -> dict[str, str]:
        return {}

    def text(self, status: int) -> bytes:
        return f"answer {status}".encode()


@dataclass(frozen=True)
class Listening:
    """A receiver that can be called, and all that it was called with."""

    url: str
    calls: list[Call]


@contextmanager
def receiving(receiver: Receiver, certificate: Path | None = None) -> Iterator[Listening]:
    """A fault in the receiver is answered 500, as frameworks do; with a certificate it speaks TLS."""
    calls: list[Call] = []
    with _Server(("127.0.0.1", 0), _handler(receiver, calls.append)) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Listening(f"http{'' if certificate is None else 's'}://127.0.0.1:{server.server_port}/hook", calls)
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went without its answer is none of a test's."""


def _handler(receiver: Receiver, keep: Callable[[Call], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = receiver.read(self.rfile, int(self.headers.get("content-length", "0")))
            call = Call(self.command, self.headers, body)
            keep(call)
            try:
                status = receiver.answer(call)
            except ConnectionError:
                raise
            except Exception:
                status = 500
            text = receiver.text(status)
            self.send_response(status)
            for name, value in receiver.headers(status).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
