"""An answer that its client does not read: it counts as held by that client, and the connection is cut when nothing is read for too long."""

from __future__ import annotations

import asyncio

from sandbox.edge.byte_budget import Hold
from sandbox.edge.traffic import Traffic

_LOOKS = 6


class UnreadAnswer:
    """From the moment when a connection takes no more, until all is read. Where others fill the budget already, the connection is cut at once."""

    def __init__(self, transport: asyncio.Transport, traffic: Traffic, address: str | None, key: str | None) -> None:
        self._transport, self._seconds = transport, traffic.write_timeout
        self._loop = asyncio.get_running_loop()
        self._hold: Hold = traffic.unsent.hold(address, key)
        self._hold.become(transport.get_write_buffer_size())
        self._read_at = self._loop.time()
        self._timer = self._loop.call_later(self._seconds / _LOOKS, self._look)
        if self._hold.crowds_others_out():
            self._loop.call_soon(transport.abort)

    def end(self) -> None:
        """All of it was read, or the connection is lost."""
        self._timer.cancel()
        self._hold.become(0)

    def _look(self) -> None:
        before, left = self._hold.size, self._transport.get_write_buffer_size()
        self._hold.become(left)
        if left != before:
            self._read_at = self._loop.time()
        if self._loop.time() - self._read_at >= self._seconds:
            self._transport.abort()
        else:
            self._timer = self._loop.call_later(self._seconds / _LOOKS, self._look)
