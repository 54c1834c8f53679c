"""uvicorn's HTTP/1.1 protocol, with the manners that it lacks.

uvicorn answers what its parser refuses in plain text, waits for ever for headers that never end, and takes any number
of them. Here such a request reaches the application as one that is refused already, so that it gets the envelope and
the rate headers like every other; and whoever does not finish a request in time is shown the door.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.edge.body import MOST_HEADER_BYTES, MOST_HEADERS
from sandbox.edge.exchange import REFUSAL
from sandbox.errors import HeadersTooLarge, Invalid, Refusal

SECONDS_FOR_HEADERS = 15.0
_SECONDS_TO_LINGER = 2.0


class PoliteProtocol(HttpToolsProtocol):
    """One connection."""

    seconds_for_headers = SECONDS_FOR_HEADERS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Nobody may hold a connection without ever asking anything."""
        super().connection_made(transport)
        self._reading_head = True
        self._head_size = 0
        self._refusal: Refusal | None = None
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(self.seconds_for_headers, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """No timer may outlive its connection."""
        self._stop_the_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Most requests come whole; a timer is set only where one did not."""
        if self.transport.is_closing() or self._refusal is not None:
            return
        super().data_received(data)
        if not self._reading_head:
            self._stop_the_clock()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.seconds_for_headers, self.transport.close)

    def on_message_begin(self) -> None:
        """A request begins, perhaps on a connection that had others."""
        super().on_message_begin()
        self._reading_head, self._head_size = True, 0

    def on_url(self, url: bytes) -> None:
        """The request line counts as a header."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Whatever is too much is refused as soon as it is seen, not when it has all been stored."""
        self._count(len(name) + len(value))
        if len(self.headers) >= MOST_HEADERS:
            self._refuse_head(f"There are more than {MOST_HEADERS} headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on the application keeps the time."""
        self._reading_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The connection may rest until the next request."""
        super().on_message_complete()
        self._head_size = 0

    def on_response_complete(self) -> None:
        """A client that goes on sending a body which nobody will read is heard for a moment, and then no more."""
        unread = self.cycle is not None and self.cycle.more_body and self.cycle.response_complete
        super().on_response_complete()
        if unread and not self.transport.is_closing():
            self.loop.call_later(_SECONDS_TO_LINGER, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """What the parser refused becomes a refusal of ours, through the application."""
        refusal = self._refusal or Invalid({}, "The request is not well-formed HTTP/1.1; check its request line, headers and body framing")
        self._refusal = refusal
        self._stop_the_clock()
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and not self._reading_head:
            # The application has begun with this request and may be waiting for its body.
            scope: dict[str, object] = cycle.scope  # type: ignore[assignment]
            scope[REFUSAL] = refusal
            cycle.keep_alive = False
            cycle.more_body = False
            cycle.message_event.set()
            if cycle.response_started:
                self.transport.close()
        elif cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False  # an earlier request on this connection gets its answer, and is the last
        else:
            self._answer_without_request(refusal)

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MOST_HEADER_BYTES:
            self._refuse_head(f"The headers have more than {MOST_HEADER_BYTES} bytes")

    def _refuse_head(self, what: str) -> None:
        self._refusal = HeadersTooLarge(what)
        raise ValueError(what)  # the parser stops, and hands it to `send_400_response`

    def _answer_without_request(self, refusal: Refusal) -> None:
        if self.scope is None:
            self.on_message_begin()
        scope: Any = self.scope
        scope.update(method=self._method(), path=self._path(), raw_path=self.url, query_string=self.url.partition(b"?")[2])
        scope[REFUSAL] = refusal
        self.cycle = _cycle(self, scope)
        self._start_asgi_task(self.cycle, self.app)

    def _method(self) -> str:
        try:
            return str(self.parser.get_method().decode("ascii"))
        except (httptools.HttpParserError, UnicodeDecodeError, AttributeError):
            return "GET"

    def _path(self) -> str:
        return self.url.partition(b"?")[0].decode("latin-1") or "/"

    def _stop_the_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _cycle(protocol: PoliteProtocol, scope: Any) -> Any:
    """The cycle of a request that will not come: it has no body, and the connection closes after the answer."""
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    cycle = RequestResponseCycle(
        scope=scope,
        transport=protocol.transport,
        flow=protocol.flow,
        logger=protocol.logger,
        access_logger=protocol.access_logger,
        access_log=protocol.access_log,
        default_headers=protocol.server_state.default_headers,
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=False,
        on_response=protocol.on_response_complete,
    )
    cycle.more_body = False
    return cycle
