"""Limits of a request: its headers, and its body, which is read once, completely and within a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from sandbox.edge.byte_budget import ByteBudget, Hold
from sandbox.edge.exchange import BROKEN, REFUSAL, Exchange
from sandbox.edge.host_header import host_fault
from sandbox.errors import HeadersTooLarge, Invalid, Refusal, TooLarge, TooSlow, Unreadable

MOST_HEADERS = 100
MOST_HEADER_BYTES = 16 * 1024
_BYTES_OF_A_PORTION = 256 * 1024
LARGE_BODY = 32 * 1024
"""More bytes than that are decoded in a thread, since what is wrong with them may take long to say."""
_WITHOUT_HOST = ("0.9", "1.0")
"""Versions of HTTP whose requests need not name their host."""


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How many bytes a body may have, how many seconds it may take, and what all that are being read have together."""

    size: int = 1024 * 1024
    seconds: float = 15.0
    budget: ByteBudget = field(default_factory=ByteBudget)


def head_refusal(exchange: Exchange) -> Refusal | None:
    """Why the head says too little to go on: the protocol refused it, or it names no host."""
    scope = exchange.scope
    if REFUSAL in scope:
        refusal: Refusal = scope[REFUSAL]
        return refusal
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    fault = host_fault(hosts, required=scope["http_version"] not in _WITHOUT_HOST)
    return Invalid({}, fault) if fault else None


def refuse_by_headers(exchange: Exchange) -> None:
    """Raises HeadersTooLarge for too many of them, or for too much in them."""
    if exchange.block.size > MOST_HEADER_BYTES:
        raise HeadersTooLarge(f"The headers have {exchange.block.size} bytes; at most {MOST_HEADER_BYTES} are taken")
    if exchange.block.count > MOST_HEADERS:
        raise HeadersTooLarge(f"There are {exchange.block.count} headers; at most {MOST_HEADERS} are taken")


def refuse_by_length(exchange: Exchange, limits: BodyLimits) -> None:
    """Raises TooLarge for a body that says itself that it is too long, or is."""
    if len(exchange.raw_body) > limits.size:
        raise TooLarge(f"The body has {len(exchange.raw_body)} bytes; at most {limits.size} are taken")
    length = exchange.headers.get(b"content-length")
    if length is not None and length.isdigit() and (len(length) > 12 or int(length) > limits.size):
        raise TooLarge(f"The body has {length[:20].decode()} bytes; at most {limits.size} are taken")


def refuse_by_kind(exchange: Exchange) -> None:
    """Raises Unreadable for a body that is not JSON in UTF-8; one that does not say what it is counts as JSON."""
    if exchange.block.is_json:
        return
    encoding = exchange.header(b"content-encoding")
    if encoding and encoding.strip().lower() != "identity":
        raise Unreadable(f"The body is encoded as {encoding[:100]}; send it as it is")
    content_type = exchange.header(b"content-type")
    if content_type:
        _refuse_other_types(content_type)
    exchange.block.is_json = True


def _refuse_other_types(content_type: str) -> None:
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    if media_type.lower() != "application/json":
        raise Unreadable(f"The body is {media_type[:100]}; send application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise Unreadable(f"The body is in {value[:100]}; send JSON in UTF-8")


async def read_body(exchange: Exchange, receive: Receive, limits: BodyLimits, hold: Hold | None = None) -> bytes:
    """The whole body. Raises TooLarge, TooSlow, LimitExceeded, what the protocol refused, or ClientDisconnect where nobody waits for an answer.

    It counts as held while it is read, and as long as the caller says who has a `hold`.
    """
    if hold is None:
        with limits.budget.hold(*exchange.counted_for) as hold:
            return await read_body(exchange, receive, limits, hold)
    try:
        async with asyncio.timeout(limits.seconds):
            body = await _read(receive, limits.size, hold)
    except TimeoutError:
        raise TooSlow(f"The body did not come within {limits.seconds:g} seconds") from None
    if BROKEN in exchange.scope:
        raise exchange.scope[BROKEN]
    return body


async def read_in_portions(exchange: Exchange, receive: Receive, limits: BodyLimits, hold: Hold, take: Callable[[bytes], Awaitable[object]]) -> None:
    """The whole body, handed on in portions as it comes, of which not all need be kept; it counts as held all the same.

    Raises what `read_body` and `take` raise.
    """
    try:
        async with asyncio.timeout(limits.seconds) as patience:
            parts, size, waiting, more = [], 0, 0, True
            while more:
                message = await _part(receive)
                more = message.get("more_body", False)
                parts.append(message.get("body", b""))
                waiting, size = waiting + len(parts[-1]), size + len(parts[-1])
                if size > limits.size:
                    raise TooLarge(f"The body has more than {limits.size} bytes")
                hold.grow(len(parts[-1]))
                if waiting >= _BYTES_OF_A_PORTION or not more:
                    await _without_limit(patience, take(b"".join(parts)))
                    parts, waiting = [], 0
    except TimeoutError:
        raise TooSlow(f"The body did not come within {limits.seconds:g} seconds") from None
    if BROKEN in exchange.scope:
        raise exchange.scope[BROKEN]


async def _without_limit(patience: asyncio.Timeout, work: Awaitable[object]) -> None:
    """What others keep waiting is no fault of the client's."""
    left = (patience.when() or 0.0) - asyncio.get_running_loop().time()
    patience.reschedule(None)
    await work
    patience.reschedule(asyncio.get_running_loop().time() + left)


async def _read(receive: Receive, most: int, hold: Hold) -> bytes:
    message = await _part(receive)
    if not message.get("more_body", False):
        return _short_enough(message.get("body", b""), most)
    parts, size = [message.get("body", b"")], len(message.get("body", b""))
    hold.grow(size)
    while message.get("more_body", False):
        message = await _part(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge(f"The body has more than {most} bytes")
        hold.grow(len(parts[-1]))
    return b"".join(parts)


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message


def _short_enough(body: bytes, most: int) -> bytes:
    if len(body) > most:
        raise TooLarge(f"The body has {len(body)} bytes; at most {most} are taken")
    return body
