"""The transport as an answer of the ordinary path sees it: its head leaves together with its body, and closing is the connection's own affair.

uvicorn writes the two one after the other, and each write is a system call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_CONTINUE = b"HTTP/1.1 100"


class BufferedTransport:
    """Of one connection; `leave` closes it after an answer."""

    def __init__(self, transport: asyncio.Transport, leave: Callable[[], None]) -> None:
        self._write, self._leave = transport.write, leave
        self._head = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        if self._head:
            self._head, data = b"", self._head + data
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(_CONTINUE):
            self._head = data
            return
        self._write(data)

    def flush(self) -> None:
        """Lets go of a head that no body follows, as in the answer to a HEAD."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._leave()
