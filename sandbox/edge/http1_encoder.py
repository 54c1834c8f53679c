"""An answer as the bytes of HTTP/1.1, joined from parts that are ready."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from sandbox.edge.exchange import Answer, Header
from sandbox.edge.rate_limit import Window


class Http1Encoder:
    """Knows the beginnings of answers: the status line, and the headers that the server adds to each, such as `Date`, and makes anew at each tick."""

    def __init__(self) -> None:
        self._server_headers: list[Header] = []
        self._beginnings: dict[int, bytes] = {}

    def response(self, answer: Answer, window: Window, next_reset: bytes, server_headers: list[Header]) -> bytes:
        """The whole answer; `server_headers` is the same list as long as nothing in it changes."""
        if server_headers is not self._server_headers:
            self._server_headers = server_headers
            self._beginnings.clear()
        beginning = self._beginnings.get(answer.status) or self._begin(answer.status)
        before, behind = window.lines
        end = b"sandbox-next-reset: %b\r\n\r\n" % next_reset if next_reset else b"\r\n"
        return b"".join((beginning, answer.lines, before, b"%d" % window.remaining, behind, end, answer.body))

    def _begin(self, status: int) -> bytes:
        lines = b"".join([b"%b: %b\r\n" % header for header in self._server_headers])
        beginning = self._beginnings[status] = STATUS_LINE[status] + lines
        return beginning
