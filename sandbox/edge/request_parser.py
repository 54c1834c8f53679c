"""uvicorn's parser of requests, with the bounds that it lacks: how many headers, how large a head, which versions of HTTP."""

from __future__ import annotations

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.edge.http_framing import NO_HTTP, Head
from sandbox.edge.request_limits import MOST_HEADER_BYTES, MOST_HEADERS
from sandbox.edge.request_line import without_upgrade
from sandbox.edge.request_target import Target, target_of
from sandbox.errors import HeadersTooLarge, Malformed, Refusal

_VERSIONS = ("0.9", "1.0", "1.1")


class RequestParser(HttpToolsProtocol):
    """What the parser of one connection says of the request that it reads; nothing is answered here."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Nothing is read yet."""
        super().connection_made(transport)
        self._head_size = 0
        self._too_large: HeadersTooLarge | None = None
        self._is_complete = self._keep_alive = False
        self._target, self._version = Target(b"/", b""), "1.1"

    def on_message_begin(self) -> None:
        """A request begins, perhaps on a connection that had others."""
        super().on_message_begin()
        self._head_size, self._too_large, self._is_complete = 0, None, False

    def on_url(self, url: bytes) -> None:
        """The request line counts as a header."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """What is too much is not stored."""
        self._count(len(name) + len(value))
        if len(self.headers) >= MOST_HEADERS:
            self._too_large = self._too_large or HeadersTooLarge(f"There are more than {MOST_HEADERS} headers")
        if self._too_large is None:
            self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """The parser forgets it with the end of the message, which may come in the same breath."""
        self._keep_alive = self.parser.should_keep_alive()

    def on_message_complete(self) -> None:
        """Told to the application once the parser is through with what it was given."""
        self._is_complete = True

    def _parse_head(self, head: Head) -> Refusal | None:
        """Has the parser read the head: why it is refused, if it is.

        Of one that is too long it reads as much as was gathered: that may say whose request it is.
        """
        if isinstance(head.refusal, Malformed):
            return head.refusal
        try:
            self._feed(without_upgrade(head.raw))
            refusal = head.refusal or self._too_large
            if refusal is None:
                self._target = target_of(self.url)
                self._version = self.parser.get_http_version()
                if self._version not in _VERSIONS:
                    raise Malformed(NO_HTTP)
        except Malformed as malformed:
            return malformed
        return refusal

    def _feed(self, data: bytes) -> None:
        """Raises Malformed for what the parser refuses."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # CONNECT, which no path here offers
        except httptools.HttpParserError:
            raise Malformed(NO_HTTP) from None

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MOST_HEADER_BYTES and self._too_large is None:
            self._too_large = HeadersTooLarge(f"The headers have more than {MOST_HEADER_BYTES} bytes")
