"""A raw connection: sends bytes as they are, and reads answers byte by byte as HTTP/1.1 says that they stand there."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.hostile.case import Case, get

PATIENCE = 20.0
"""Seconds after which a test gives up, on a machine however busy."""


@dataclass(frozen=True)
class Answer:
    """One answer; the names of its headers are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header's one value; a header that stands twice is a fault of the server."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) < 2, f"{name} stands {len(values)} times"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        assert where.hostname is not None
        self._socket = socket.create_connection((where.hostname, where.port or 80), timeout=PATIENCE)
        self._read = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()

    def send(self, raw: bytes) -> None:
        """All of it, or as much as the server wants to hear: its answer can still be read."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(raw)

    def answer(self, method: str = "GET") -> Answer:
        """The next answer. Fails where the connection ends before it does."""
        status, headers = self._head()
        names = dict(headers)
        length = 0 if method == "HEAD" or status in (100, 204, 304) else int(names.get("content-length", 0))
        assert "transfer-encoding" not in names
        while len(self._read) < length:
            assert self._more(), "the answer ends too early"
        body, self._read = self._read[:length], self._read[length:]
        return Answer(status, headers, body)

    def ask(self, case: Case) -> Answer:
        """Sends a case, a later piece when the server asks for it, and gives the answer."""
        first, *later = case.pieces
        self.send(first)
        for piece in later:
            assert self.answer().status == 100
            self.send(piece)
        return self.answer(case.method)

    def is_closed(self) -> bool:
        """Waits for the end of the connection; False where something comes instead."""
        return not self._read and not self._more()

    def is_usable(self) -> bool:
        """Whether the next request on it is answered, and answered alone."""
        self.send(get("/customers?limit=1"))
        return self.answer().status == 200 and not self._read

    def _head(self) -> tuple[int, tuple[tuple[str, str], ...]]:
        while b"\r\n\r\n" not in self._read:
            assert self._more(), f"no answer, but {self._read!r}"
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        assert first.startswith("HTTP/1.1 "), first
        pairs = (line.partition(": ") for line in lines)
        return int(first.split(" ")[1]), tuple((name.lower(), value) for name, _, value in pairs)

    def _more(self) -> bool:
        try:
            came = self._socket.recv(65536)
        except ConnectionResetError:
            came = b""
        self._read += came
        return came != b""
