"""Servers that answer as no such API does, each in a thread of this process."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Talk = Callable[[socket.socket, str], None]
"""What is done with a connection once the head of a request came: the socket, and the request's target."""
JSON = "application/json"


def answer(status: str, body: str = "", media: str = JSON, **headers: str) -> bytes:
    """The bytes of an answer after which the connection is closed."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {media}", f"content-length: {len(body.encode())}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def says(status: str, body: str = "", media: str = JSON, **headers: str) -> Talk:
    """Answers every request alike."""
    return lambda connection, target: connection.sendall(answer(status, body, media, **headers))


@contextmanager
def serving(talk: Talk, heard: Callable[[str], object] = lambda head: None) -> Iterator[str]:
    """The address of a server that talks so; `heard` is told the head of each request."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                part = self.request.recv(65_536)
                if not part:
                    return
                head += part
                if not head[:1].isalpha():  # a handshake, and no HTTP
                    self.request.sendall(answer("400 Bad Request"))
                    return
            heard(head.decode("latin-1"))
            talk(self.request, head.split(b" ", 2)[1].decode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
