"""A connection to an address that was checked, as httpcore needs it: no name is resolved here, and no more read than allowed.

The host's name goes to the TLS handshake alone, which holds the certificate against it.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

import httpcore

from sandbox.events.call_turn import CallTurn
from sandbox.events.webhook_url import WebhookUrl

_HEAD = 16 * 1024
_BODY = 32 * 1024  # as it stands on the wire; chunks of a byte each make 4 KiB long
_PIECE = 2048  # so little at a time that what parses it never holds up the event loop
_ADDRESSES = 4


class AnswerTooLong(Exception):
    """The receiver sent more than is read."""


class Dialled(httpcore.AsyncNetworkStream):
    """A stream over asyncio's own; whoever uses it bounds the time, so that the time limits of httpcore need not."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._allowance = _HEAD

    def allow_a_body(self) -> None:
        """The headers are there: so much may be read from now on."""
        self._allowance = _BODY

    def abort(self) -> None:
        """Close without waiting for the other side; reading afterwards raises ConnectionAbortedError."""
        self._allowance = -1
        self._writer.transport.abort()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._allowance < 0:
            raise ConnectionAbortedError
        if self._allowance == 0:
            raise AnswerTooLong
        data = await self._reader.read(min(max_bytes, _PIECE, self._allowance))
        self._allowance = max(self._allowance - len(data), -1)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except ConnectionError as problem:
            raise httpcore.WriteError from problem  # a receiver may answer and close before it has read all

    async def aclose(self) -> None:
        self.abort()


async def dial(target: WebhookUrl, trust: ssl.SSLContext | None, seconds: float, turn: CallTurn | None = None) -> Dialled:
    """The first address that takes the connection; each but the last has its share of the time. Raises OSError of the last, and NotYet."""
    addresses = target.addresses[:_ADDRESSES]
    share = seconds / len(addresses)
    for place, address in enumerate(addresses):
        if turn is not None:
            turn.take(replace(target, addresses=addresses[place:]))
        is_last = place == len(addresses) - 1
        try:
            async with asyncio.timeout(None if is_last else share):
                return await _connect(address, target, trust)
        except ssl.SSLError:
            raise  # the receiver is there
        except OSError:
            if is_last:
                raise
    raise AssertionError  # a target has an address


async def _connect(address: str, target: WebhookUrl, trust: ssl.SSLContext | None) -> Dialled:
    name = target.host if trust is not None else None
    return Dialled(*await asyncio.open_connection(address, target.port, ssl=trust, server_hostname=name, limit=_HEAD))
