"""The load generator for machines without wrk: one process, one thread, non-blocking sockets that stay open.

It waits with the kernel's selector and not with an event loop of coroutines, since it has to be faster than what it measures.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from benchmarks.operations import Request

_CHUNK = 1 << 18


def wire(request: Request, headers: dict[str, str]) -> bytes:
    """A request as it goes over the socket."""
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if request.body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(request.body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + request.body


def complete(received: bytes) -> bool:
    """Whether an answer, the only one on its way, has come whole."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = received[:end].lower()
    found = head.find(b"\r\ncontent-length:")
    if found >= 0:
        length = head[found + 17 :].partition(b"\r\n")[0]
        return len(received) - end - 4 >= int(length)
    if b"\r\ntransfer-encoding: chunked" in head:
        return received.endswith(b"0\r\n\r\n")
    return True


class _Line:
    """One connection, with at most one request on its way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sent = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self._received = b""
        self._sent = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> float | None:
        """Reads what is there. Gives the seconds that the answer took, None while it is not whole; OSError when cut off."""
        piece = self.socket.recv(_CHUNK)
        if not piece:
            raise ConnectionResetError
        self._received = self._received + piece if self._received else piece
        return time.perf_counter() - self._sent if complete(self._received) else None

    def succeeded(self) -> bool:
        return self._received[9:10] == b"2"


def play(host: str, port: int, requests: list[bytes], connections: int, seconds: float) -> dict[str, float]:
    """Sends the requests in a circle over so many connections for so long; the figures, with times in milliseconds."""
    waiting = selectors.DefaultSelector()
    following: Iterator[bytes] = cycle(requests)
    took: list[float] = []
    failed = 0
    begun = time.perf_counter()
    end = begun + seconds
    for _ in range(connections):
        line = _Line(host, port)
        waiting.register(line.socket, selectors.EVENT_READ, line)
        line.send(next(following))
    while (now := time.perf_counter()) < end:
        for key, _ in waiting.select(timeout=end - now):
            line = key.data
            try:
                answered = line.receive()
            except OSError:
                failed += 1
                waiting.unregister(line.socket)
                line.socket.close()
                line = _Line(host, port)
                waiting.register(line.socket, selectors.EVENT_READ, line)
                line.send(next(following))
                continue
            if answered is not None:
                took.append(answered)
                failed += not line.succeeded()
                line.send(next(following))
    lasted = time.perf_counter() - begun
    for key in list(waiting.get_map().values()):
        key.data.socket.close()
    took.sort()
    return {
        "requests": len(took),
        "seconds": lasted,
        "p50_ms": 1e3 * percentile(took, 50),
        "p99_ms": 1e3 * percentile(took, 99),
        "failed": failed,
    }


def percentile(ordered: list[float], percent: float) -> float:
    """The value below which so many percent of the ordered values lie; 0 when there is none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


def main() -> None:
    """Reads the files that wrk's script reads, and prints the same line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_generator", description=__doc__)
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--headers", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    chosen = parser.parse_args()
    headers = dict(line.split("\t", 1) for line in chosen.headers.read_text(encoding="utf-8").splitlines())
    rows = [line.split("\t") for line in chosen.requests.read_text(encoding="utf-8").splitlines()]
    requests = [wire(Request(method, target, body.encode()), headers) for method, target, body in rows]
    print("PLAYED", json.dumps(play("127.0.0.1", chosen.port, requests, chosen.connections, chosen.seconds)))


if __name__ == "__main__":
    main()
