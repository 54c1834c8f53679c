"""Requests that come whole, under headers that the connection has seen before: what must be plain before one is answered where it is read.

The parser has taken a block of headers, byte by byte; where the same bytes come again below another request line, they say
the same again. Only the digits of a body's length may differ. Whatever is not surely alike is left to the parser. Bytes
alone decide, never how they were cut into packets.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sandbox.edge.header_block import HeaderBlock
from sandbox.edge.host_header import host_fault
from sandbox.edge.request_limits import MOST_HEADER_BYTES

_LONGEST_LINE, _LONGEST_BLOCK = MOST_HEADER_BYTES // 2, MOST_HEADER_BYTES // 4
"""Together no more than the parser takes, for which the target counts as a header."""
_MOST_BLOCKS = 4
_REQUEST_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (/[A-Za-z0-9/_.~-]*)(?:\?([A-Za-z0-9_.~&=%+:,@/-]*))? HTTP/1\.1\r\n")
_LENGTH = b"\r\nContent-Length: "
_MOST_DIGITS = 6
_END = b"\r\n\r\n"
_ANY_LENGTH = b"\0"
"""Stands in a block for the digits of the length; no header that the parser takes holds it."""
_NOT_PLAIN = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"connection", b"te", b"trailer", b"origin"})
"""Headers with which a request, its connection or its answer is another than usual."""


class WholeRequest(NamedTuple):
    """One that came whole; `block` are the bytes between its request line and its body, but for the digits of the body's length."""

    method: str
    path: str
    query: bytes
    block: bytes
    body: bytes


def whole_request(data: bytes) -> WholeRequest | None:
    """The request that the bytes are, from the first to the last; None where they may be anything else."""
    line = _REQUEST_LINE.match(data)
    if line is None:
        return None
    begin = line.end()
    end = data.find(_END, begin - 2)
    if begin > _LONGEST_LINE or not 0 <= end - begin <= _LONGEST_BLOCK:
        return None
    method, path, query = line.groups(b"")
    if len(data) == end + 4:
        block = data[begin:end]
        return WholeRequest("GET", path.decode(), query, block, b"") if method == b"GET" and _ANY_LENGTH not in block else None
    at = data.find(_LENGTH, begin - 2, end)
    if at < 0:
        at = data.find(_LENGTH.lower(), begin - 2, end)
        if at < 0:
            return None
    first = at + len(_LENGTH)
    last = data.find(b"\r\n", first)
    digits = data[first:last]
    if not digits.isdigit() or len(digits) > _MOST_DIGITS or len(data) - end - 4 != int(digits):
        return None
    return WholeRequest(method.decode(), path.decode(), query, data[begin:first] + _ANY_LENGTH + data[last:end], data[end + 4 :])


class KnownBlocks(dict[bytes, HeaderBlock]):
    """The blocks of headers that one connection's parser took."""

    def learn(self, block: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """`headers` are what the parser made of the block; the body's length is not kept, which is another each time."""
        if _are_plain(headers):
            if len(self) >= _MOST_BLOCKS:
                del self[next(iter(self))]
            self[block] = HeaderBlock(header for header in headers if header[0] != b"content-length")


def _are_plain(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether they name a host, and say no more of the request's form than how long its body is, and that once."""
    if host_fault([value for name, value in headers if name == b"host"]) is not None:
        return False
    names = [name for name, value in headers if not (name == b"connection" and value.lower() == b"keep-alive")]
    return _NOT_PLAIN.isdisjoint(names) and names.count(b"content-length") <= 1
