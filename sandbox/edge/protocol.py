"""uvicorn's HTTP/1.1 protocol, with the manners that it lacks.

uvicorn answers what its parser refuses in plain text, waits for ever for headers that never end, and takes any number
of them. Here such a request reaches the application as one that is refused already, so that it gets the envelope and
the rate headers like every other; and whoever does not finish a request in time is shown the door. The parser gets each
head whole, and the body by itself: what a request says never depends on how its bytes were cut.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from sandbox.edge.buffered_transport import BufferedTransport
from sandbox.edge.exception_handlers import answer_to
from sandbox.edge.exchange import BROKEN, KEPT_IN, PEER, REFUSAL, Exchange
from sandbox.edge.http_framing import NO_HTTP, ChunkedBody, HeadReader, SizedBody
from sandbox.edge.request_line import method_and_target_in
from sandbox.edge.request_parser import RequestParser
from sandbox.edge.request_target import Target
from sandbox.edge.traffic import Traffic
from sandbox.edge.unread_answer import UnreadAnswer
from sandbox.errors import HeadersTooLarge, LimitExceeded, Malformed, Refusal, Unavailable

SECONDS_FOR_HEADERS = 15.0
SECONDS_TO_LINGER = 2.0
SECONDS_TO_COME_BACK = 1
SECONDS_TO_REST = 75
"""For which a connection is kept that asks nothing: longer than clients keep theirs, or a request would meet a door that is just closing."""
_CONTINUE = b"100-continue"
_ENDS = "The server ends, and this request had not come whole; send it again when there is one"
_MOST_PIPELINED = 16
_TURNED_AWAY = 100
"""So many of those who are one too many are told so at a time; the others are cut."""


class StrictProtocol(RequestParser):
    """One connection."""

    seconds_for_headers = SECONDS_FOR_HEADERS
    seconds_to_linger = SECONDS_TO_LINGER

    def __init__(self, *args: Any, traffic: Traffic | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._traffic = traffic or Traffic()
        self._client: str | None = None
        self._unread: UnreadAnswer | None = None
        self._answering: Any = None
        """The cycle whose answer is being written; `cycle` is that of the request that came last."""
        self._waiting = b""
        """Requests that came behind as many as are taken apart at a time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Nobody may hold a connection without ever asking anything."""
        super().connection_made(transport)
        self._heads = HeadReader()
        self._body: SizedBody | ChunkedBody | None = None
        """Of the request that is being read; None between the end of one and the end of the next one's head."""
        self._deaf = False
        """Whether no more is read: what came is no HTTP, or was the last request."""
        self._broken = False
        self._leaving = False
        self._messages = 0
        self._outlet: Any = BufferedTransport(transport, self.leave)
        self._deadline: asyncio.TimerHandle | None = self.loop.call_later(self.seconds_for_headers, self.transport.close)
        self._linger: asyncio.TimerHandle | None = None
        transport.set_write_buffer_limits(0)  # whatever a client does not read at once is known
        self._client = self._traffic.connections.client(self.client[0]) if self.client else None
        if (fault := self._traffic.connections.enter(self._client)) is not None:
            self._turn_away(fault)

    def pause_writing(self) -> None:
        """The client does not read what was sent."""
        super().pause_writing()
        if self._unread is None:
            self._unread = UnreadAnswer(self.transport, self._traffic, *self._counted_for())

    def resume_writing(self) -> None:
        """All of it is read."""
        self._end_unread()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """No timer may outlive its connection."""
        self._stop_the_clock()
        self._stop_lingering()
        self._end_unread()
        self._traffic.connections.leave(self._client)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Most requests come whole; a timer is set only where one did not."""
        if self._leaving or self._deaf or self.transport.is_closing():
            return
        if self._waiting:
            self._waiting += data  # no more comes: reading was paused when the first of them waited
        else:
            self._read(data)

    def _read(self, data: bytes) -> None:
        """Each request that waits for its turn costs a hundred times its bytes, so that of very many most stay bytes."""
        self._unset_keepalive_if_required()
        at = 0
        while at < len(data) and not self._deaf:
            if self._body is None and len(self.pipeline) >= _MOST_PIPELINED:
                self._waiting = data[at:]
                break
            at = self._read_head(data, at) if self._body is None else self._read_body(data, at)
        if self._heads.is_amidst and not self._deaf:
            if self._deadline is None:
                self._deadline = self.loop.call_later(self.seconds_for_headers, self.transport.close)
        elif self.cycle is not None:
            self._stop_the_clock()
            self._rest()

    def on_response_complete(self) -> None:
        """A client that goes on sending a body which nobody will read is heard for a moment, and then no more."""
        self._outlet.flush()
        if self._leaving:
            self.server_state.total_requests += 1
            return
        if self.pipeline:
            self._answering = self.pipeline[-1][0]
        super().on_response_complete()
        if self._waiting and not self.pipeline:
            self.loop.call_soon(self._read_on)
        if not self.cycle.response_complete or self.transport.is_closing():
            return
        if self._broken:
            self.leave()
        elif self._body is not None:
            self._stop_lingering()
            self._linger = self.loop.call_later(self.seconds_to_linger, self.transport.close)

    def _read_on(self) -> None:
        waiting, self._waiting = self._waiting, b""
        if waiting and not (self._leaving or self._deaf or self.transport.is_closing()):
            self._read(waiting)

    def shutdown(self) -> None:
        """The server ends. What has not come whole by now is refused, for nobody waits for the rest of it."""
        if self._leaving:
            return
        if not self._deaf and not self.transport.is_closing():
            if self._body is not None:
                self._break(Unavailable(_ENDS))
            elif self._heads.is_amidst:
                self._unset_keepalive_if_required()
                self._refuse(self._heads.kept, Unavailable(_ENDS))
        super().shutdown()

    def leave(self) -> None:
        """Closes the connection after an answer.

        Where the client is still sending, only our side of it: its system would throw the answer away, unread, if a
        byte of its request met a closed door.
        """
        if self._body is None and not self._heads.is_amidst and not self._broken:
            self.transport.close()
        elif not self._leaving and not self.transport.is_closing():
            self._leaving = True
            self.flow.resume_reading()
            self.transport.write_eof()
            self._stop_lingering()
            self._linger = self.loop.call_later(self.seconds_to_linger, self.transport.close)

    def _turn_away(self, fault: str) -> None:
        """It is one connection too many: nothing of it is read, and where there are very many, nobody is told."""
        if self._traffic.connections.surplus(self._client) > _TURNED_AWAY:
            self.transport.abort()
            return
        answer = answer_to(LimitExceeded(fault, SECONDS_TO_COME_BACK))
        self._leaving = True
        self.transport.write(b"HTTP/1.1 429 Too Many Requests\r\n%bconnection: close\r\n\r\n%b" % (answer.lines, answer.body))
        self.transport.write_eof()
        self._linger = self.loop.call_later(self.seconds_to_linger, self.transport.close)

    def _counted_for(self) -> tuple[str | None, str | None]:
        """The address and the digest of the key to whose request the present answer belongs; behind a proxy another one for each."""
        scope: Any = None if self._answering is None else self._answering.scope
        if scope is None or KEPT_IN not in scope:
            return self._client, None
        address, key = Exchange.of(scope).counted_for
        return address or self._client, key

    def _end_unread(self) -> None:
        if self._unread is not None:
            self._unread.end()
            self._unread = None

    def _read_head(self, data: bytes, at: int) -> int:
        head = self._heads.take(data, at)
        if head is None:
            return len(data)
        refusal = self._parse_head(head)
        if refusal is None:
            self._begin()
        else:
            self._refuse(head.raw, refusal)
        return head.behind

    def _begin(self) -> None:
        """The head is whole and sound: from here on the application keeps the time."""
        method = self.parser.get_method().decode("ascii")
        is_old = self._version == "1.0"
        keep_alive = self._keep_alive and not is_old and method != "CONNECT"  # whose client may send anything behind it
        if self._target.authority:
            self._name_host(self._target.authority)
        # RFC 9110 10.1.1: a client of HTTP/1.0 does not know what it would be told.
        expects = not is_old and any(name == b"expect" and _CONTINUE in _tokens(value) for name, value in self.headers)
        self.scope["http_version"] = self._version
        self._serve(method, self._target, keep_alive=keep_alive, expects=expects)
        if self._is_complete:
            self._end()
        else:
            told = dict(self.headers)
            self._body = ChunkedBody() if b"transfer-encoding" in told else SizedBody(int(told[b"content-length"]))

    def _name_host(self, authority: bytes) -> None:
        """RFC 9112 3.2.2: the host in an absolute URL counts, and not the header beside it, which must be there nonetheless."""
        at = [place for place, (name, _) in enumerate(self.headers) if name == b"host"]
        if len(at) == 1:
            self.headers[at[0]] = (b"host", authority)

    def _refuse(self, raw: bytes, refusal: Refusal) -> None:
        """The answer is the last one. A head that is no HTTP says nothing of who asks, wherever in it the parser stopped."""
        method, target = method_and_target_in(raw)
        if isinstance(refusal, Malformed | Unavailable):  # the parser was told nothing of it
            super().on_message_begin()
            target = target._replace(query=b"")
        self._deaf = self._broken = True
        self._stop_the_clock()
        self.scope[REFUSAL] = refusal  # type: ignore[literal-required]
        self._serve(method, target, keep_alive=False)
        self.cycle.more_body = False

    def _serve(self, method: str, target: Target, *, keep_alive: bool, expects: bool = False) -> None:
        """The application answers, behind the requests that came before."""
        path = self.root_path + target.path.decode("latin-1")
        scope: Any = self.scope
        scope.update(method=method, path=unquote(path), raw_path=path.encode("latin-1"), query_string=target.query)
        scope[PEER] = self.client
        before = self.cycle
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self._outlet,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=expects,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._answering = self.cycle
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _read_body(self, data: bytes, at: int) -> int:
        body = self._body
        assert body is not None
        try:
            part, at = body.take(data, at)
            self._feed(part)
            if self._is_complete != body.has_ended:
                raise Malformed(NO_HTTP)
        except (Malformed, HeadersTooLarge) as refusal:
            self._break(refusal)
            return len(data)
        if self._is_complete:
            self._end()
        return at

    def _break(self, refusal: Refusal) -> None:
        """The body is no HTTP. Whoever reads it is told so; a request that needs no body is answered as if nothing had come yet."""
        self._deaf = self._broken = True
        cycle = self.cycle
        if cycle.response_complete:
            self.leave()
            return
        cycle.scope[BROKEN] = refusal  # type: ignore[literal-required]
        cycle.more_body = False
        cycle.message_event.set()

    def _end(self) -> None:
        """The request is whole, and the connection may rest until the next one."""
        self._body = None
        self._messages += 1
        self._stop_lingering()
        cycle = self.cycle
        self._deaf = not cycle.keep_alive
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.message_event.set()

    def _rest(self) -> None:
        """Bytes that belong to no request, or to one that has its answer, keep nobody's connection open."""
        if self.timeout_keep_alive_task is None and self._body is None and self.cycle.response_complete:
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _stop_the_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _stop_lingering(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip().lower() for token in value.split(b",")]
