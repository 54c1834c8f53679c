"""Where a head and a body end in the bytes of a connection, so that the parser gets each head whole, however it was cut into packets.

So bytes alone decide what a request says. What trails a body in chunks is looked at here, and goes no further: it is no header.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import httptools

from sandbox.edge.request_limits import MOST_HEADER_BYTES, MOST_HEADERS
from sandbox.errors import HeadersTooLarge, Malformed, Refusal

LONGEST_HEAD = MOST_HEADER_BYTES + 1024
"""Bytes of all headers, and what stands between and around them."""
_END = b"\r\n\r\n"
_EMPTY_LINES = b"\r\n"
_SIZE = re.compile(rb"[0-9A-Fa-f]+")
_TRAILER = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r")
NO_HTTP = (
    "The request is not well-formed HTTP/1.1; check its request line (with other characters than ASCII percent-encoded), headers and body framing"
)


class Head(NamedTuple):
    """The bytes of a head, and where behind them the next ones begin; with a `refusal` it is not whole, and nothing behind it is read."""

    raw: bytes
    behind: int
    refusal: Refusal | None = None


class HeadReader:
    """Gathers the heads of one connection, one after the other."""

    def __init__(self) -> None:
        self._kept = b""
        self._scout: httptools.HttpRequestParser | None = None

    @property
    def is_amidst(self) -> bool:
        """Whether a head has begun, and its end has not come."""
        return bool(self._kept)

    def take(self, data: bytes, at: int) -> Head | None:
        """The head that ends in the data; None where more of it is to come. Empty lines before it are passed over."""
        if self._kept:
            return self._continued(data, at)
        while at < len(data) and data[at] in _EMPTY_LINES:
            at += 1
        end = data.find(_END, at) + len(_END)
        if len(_END) <= end <= at + LONGEST_HEAD:
            return Head(data[at:end], end)
        return self._continued(data, at) if at < len(data) else None

    def _continued(self, data: bytes, at: int) -> Head | None:
        before = len(self._kept)
        kept = self._kept + data[at : at + LONGEST_HEAD]
        end = kept.find(_END, max(0, before - len(_END) + 1)) + len(_END)
        if len(_END) <= end <= LONGEST_HEAD:
            self._kept, self._scout = b"", None
            return Head(kept[:end], at + end - before)
        if len(kept) >= LONGEST_HEAD:
            return Head(kept[:LONGEST_HEAD], len(data), HeadersTooLarge(f"The headers have more than {MOST_HEADER_BYTES} bytes"))
        self._kept = kept
        return None if self._may_be_one(kept[before:]) else Head(kept, len(data), Malformed(NO_HTTP))

    def _may_be_one(self, more: bytes) -> bool:
        """Whether what came so far can be the beginning of a head: nobody need wait for the end of what is none."""
        if self._scout is None:
            self._scout = httptools.HttpRequestParser(object())
        try:
            self._scout.feed_data(more)
        except httptools.HttpParserError:
            return False
        return True


class SizedBody:
    """A body of so many bytes."""

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def has_ended(self) -> bool:
        return self._left == 0

    def take(self, data: bytes, at: int) -> tuple[bytes, int]:
        """What of the data the parser is to have, and where behind it the next begins."""
        part = data[at : at + self._left]
        self._left -= len(part)
        return part, at + len(part)


class ChunkedBody:
    """A body in chunks. The parser sees to it that sizes and ends of lines are right; here they are only followed."""

    def __init__(self) -> None:
        self.has_ended = False
        self._line = b""
        self._left = 0
        """Bytes of a chunk, with the end of its line."""
        self._trails = False
        self._trailers = self._trailing = 0

    def take(self, data: bytes, at: int) -> tuple[bytes, int]:
        """The same as of a sized body, without trailers. Raises Malformed for trailers that are none, HeadersTooLarge for too much of them."""
        begin = at
        while at < len(data) and not self._trails:
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            line, at = self._next_line(data, at)
            if line is not None:
                size = _SIZE.match(line)
                if size is None:
                    return data[begin:], len(data)  # which the parser refuses
                self._left = int(size[0], 16)
                self._trails = self._left == 0
                self._left += 0 if self._trails else 2
        chunks = data[begin:at]
        while at < len(data) and not self.has_ended:
            line, at = self._next_line(data, at)
            if line is not None:
                self._look_at_trailer(line)
        return (chunks + b"\r\n" if self.has_ended else chunks), at

    def _next_line(self, data: bytes, at: int) -> tuple[bytes | None, int]:
        """The line without its line feed; None where its end is to come."""
        end = data.find(b"\n", at)
        line = self._line + data[at : len(data) if end < 0 else end]
        if len(line) > MOST_HEADER_BYTES:
            raise HeadersTooLarge(f"A line of the body in chunks has more than {MOST_HEADER_BYTES} bytes")
        self._line = line if end < 0 else b""
        return (None, len(data)) if end < 0 else (line, end + 1)

    def _look_at_trailer(self, line: bytes) -> None:
        if line == b"\r":
            self.has_ended = True
            return
        if not _TRAILER.fullmatch(line):
            raise Malformed(NO_HTTP)
        self._trailers += 1
        self._trailing += len(line)
        if self._trailers > MOST_HEADERS or self._trailing > MOST_HEADER_BYTES:
            raise HeadersTooLarge(f"The trailers of the body are more than {MOST_HEADERS}, or have more than {MOST_HEADER_BYTES} bytes")
