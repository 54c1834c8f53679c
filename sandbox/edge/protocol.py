"""uvicorn's HTTP/1.1 protocol, with the manners that it lacks.

uvicorn answers what its parser refuses in plain text, waits for ever for headers that never end, and takes any number
of them. Here such a request reaches the application as one that is refused already, so that it gets the envelope and
the rate headers like every other; and whoever does not finish a request in time is shown the door.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from sandbox.edge.body import MOST_HEADER_BYTES, MOST_HEADERS
from sandbox.edge.exchange import REFUSAL
from sandbox.edge.outlet import Outlet
from sandbox.errors import HeadersTooLarge, Invalid, Refusal

SECONDS_FOR_HEADERS = 15.0
SECONDS_TO_LINGER = 2.0


_NO_HTTP = (
    "The request is not well-formed HTTP/1.1; check its request line (with other characters than ASCII percent-encoded), headers and body framing"
)
_UPGRADE = re.compile(rb"(?i)(\r\n)upgrade(?=[ \t]*:)")


def _without_upgrade(data: bytes) -> bytes:
    """The head without its offer to speak another protocol, which nobody here takes: the parser would drop the body for it.

    Some clients make the offer on every plain connection (`Upgrade: h2c`).
    """
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(rb"\1x-upgrade", head) + end + rest


class PoliteProtocol(HttpToolsProtocol):
    """One connection."""

    seconds_for_headers = SECONDS_FOR_HEADERS
    seconds_to_linger = SECONDS_TO_LINGER

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Nobody may hold a connection without ever asking anything."""
        super().connection_made(transport)
        self._reading_head, self._reading_body = True, False
        self._head_size = 0
        self._refusal: Refusal | None = None
        self._leaving = False
        self._outlet: Any = Outlet(transport, self.leave)
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(self.seconds_for_headers, self.transport.close)
        self._linger: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """No timer may outlive its connection."""
        self._stop_the_clock()
        self._stop_lingering()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Most requests come whole; a timer is set only where one did not."""
        if self._leaving or self._refusal is not None or self.transport.is_closing():
            return
        if not self._reading_body and _UPGRADE.search(data, 0, MOST_HEADER_BYTES):
            data = _without_upgrade(data)
        super().data_received(data)
        if not self._reading_head:
            self._stop_the_clock()
            self._rest()
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
        if self._reading_head:  # what trails a body in chunks is no header: it came too late to say whose request it is
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on the application keeps the time."""
        super().on_headers_complete()
        self._reading_head, self._reading_body = False, True
        self.cycle.transport = self._outlet

    def on_message_complete(self) -> None:
        """The connection may rest until the next request."""
        super().on_message_complete()
        self._reading_body = False
        self._head_size = 0
        self._stop_lingering()

    def on_response_complete(self) -> None:
        """A client that goes on sending a body which nobody will read is heard for a moment, and then no more."""
        self._outlet.flush()
        if self._leaving:
            self.server_state.total_requests += 1
            return
        super().on_response_complete()
        if self._reading_body and self.cycle.response_complete:
            self._linger = self.loop.call_later(self.seconds_to_linger, self.transport.close)

    def leave(self) -> None:
        """Closes the connection after an answer.

        Where the client is still sending, only our side of it: its system would throw the answer away, unread, if a
        byte of its request met a closed door.
        """
        if not (self._reading_head or self._reading_body):
            self.transport.close()
        elif not self._leaving and not self.transport.is_closing():
            self._leaving = True
            self.flow.resume_reading()
            self.transport.write_eof()
            self._linger = self.loop.call_later(self.seconds_to_linger, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """What the parser refused becomes a refusal of ours, through the application."""
        refusal = self._refusal or Invalid({}, _NO_HTTP)
        self._refusal = refusal
        self._stop_the_clock()
        cycle = self.cycle
        if cycle is None or (cycle.response_complete and not self._reading_body):
            self._answer_without_request(refusal)
        elif cycle.response_complete:
            self.transport.close()  # what is broken is the rest of a request that has its answer
        elif self._reading_body:
            # The application has begun with this request and may be waiting for its body.
            scope: dict[str, object] = cycle.scope  # type: ignore[assignment]
            scope[REFUSAL] = refusal
            cycle.keep_alive = False
            cycle.more_body = False
            cycle.message_event.set()
        else:
            cycle.keep_alive = False  # an earlier request on this connection gets its answer, and is the last

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MOST_HEADER_BYTES:
            self._refuse_head(f"The headers have more than {MOST_HEADER_BYTES} bytes")

    def _refuse_head(self, what: str) -> None:
        self._refusal = HeadersTooLarge(what)
        raise ValueError(what)  # the parser stops, and hands it to `send_400_response`

    def _answer_without_request(self, refusal: Refusal) -> None:
        """The request will not come: it has no body, and the connection closes after the answer."""
        path, _, query = self.url.partition(b"?")
        scope: Any = self.scope
        method = self.parser.get_method().decode("ascii") if path else "GET"  # without a path the parser has none, or that of before
        scope.update(method=method, path=path.decode("latin-1") or "/", raw_path=path, query_string=query)
        scope[REFUSAL] = refusal
        self.cycle = RequestResponseCycle(
            scope=scope,
            transport=self._outlet,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        self.cycle.more_body = False
        self._start_asgi_task(self.cycle, self.app)

    def _rest(self) -> None:
        """Bytes that belong to no request, or to one that has its answer, keep nobody's connection open."""
        if self.timeout_keep_alive_task is None and not self._reading_body and self.cycle.response_complete:
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _stop_the_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_lingering(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
