"""A response that its client does not read: it counts as held by that client, and the connection is closed when nothing is read for too long."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from sys import byteorder

from sandbox.edge.traffic import Traffic

try:
    import fcntl
    import termios
except ImportError:  # of POSIX alone
    _POSIX = False
else:
    _POSIX = True
_LOOKS = 6


class UnreadAnswer:
    """From the moment when a connection takes no more, until all is read. Where others fill the budget already, the connection is cut at once."""

    def __init__(self, transport: asyncio.Transport, traffic: Traffic, address: str | None, key: str | None) -> None:
        self._transport, self._seconds = transport, traffic.write_timeout
        self._loop = asyncio.get_running_loop()
        self._hold = traffic.unsent.hold(address, key)
        self._hold.become(transport.get_write_buffer_size())
        self._left, self._read_at = self._unread(), self._loop.time()
        self._timer = self._loop.call_later(self._seconds / _LOOKS, self._look)
        if self._hold.crowds_others_out():
            self._loop.call_soon(transport.abort)

    def end(self) -> None:
        """All of it was read, or the connection is lost."""
        self._timer.cancel()
        self._hold.become(0)

    def _look(self) -> None:
        self._hold.become(self._transport.get_write_buffer_size())
        if (left := self._unread()) != self._left:
            self._left, self._read_at = left, self._loop.time()
        if self._loop.time() - self._read_at >= self._seconds:
            self._transport.abort()
        else:
            self._timer = self._loop.call_later(self._seconds / _LOOKS, self._look)

    def _unread(self) -> int:
        """Bytes that the client has not read, as far as is known: the system keeps megabytes of them, and takes more only by large steps."""
        in_the_system = 0
        socket = self._transport.get_extra_info("socket")
        if _POSIX and socket is not None:
            with suppress(OSError, ValueError):  # it may be closed by now
                in_the_system = int.from_bytes(fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, bytes(4)), byteorder)
        return self._transport.get_write_buffer_size() + in_the_system
