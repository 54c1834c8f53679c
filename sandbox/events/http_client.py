"""Posts to a receiver that is trusted in nothing: checked, dialled at the checked address, bounded in time and in bytes.

No redirect is followed, no proxy of the environment used, no cookie kept, nothing decompressed, no connection used twice.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from sandbox import log
from sandbox.events.call_turn import CallTurn, NotYet
from sandbox.events.ssrf_guard import Blocked, SsrfGuard, WebhookUrl
from sandbox.state.clock import Clock, SystemClock

if TYPE_CHECKING:
    import httpcore

    from sandbox.events.network import Dialled

MOST_OF_A_BODY = 4096
"""So many bytes of an answer are read."""
_LONGEST_PAUSE = timedelta(days=7)
_CLOSED = "The connection was closed before an answer"
_OWN_HEADERS = frozenset({"host", "content-length", "connection", "accept-encoding"})


@dataclass(frozen=True)
class Outcome:
    """How a call went: either a status code or an error, which is one sentence.

    An answer counts from its status line and headers; of its body there is what came in time, 4 KiB at most. `duration` is in
    seconds, exact to the millisecond, and `retry_after` what the receiver asked for.
    """

    status_code: int | None
    duration: float
    body: bytes
    error: str | None
    retry_after: timedelta | None


class Sender:
    """Calls receivers; `seconds` are for all of a call: its look-up, connection, request and answer."""

    def __init__(self, guard: SsrfGuard, seconds: float = 15.0, clock: Clock | None = None) -> None:
        self._guard = guard
        self._seconds = seconds
        self._clock = clock or SystemClock()
        self._trust: ssl.SSLContext | None = None
        self._open: set[Dialled] = set()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, turn: CallTurn | None = None) -> Outcome:
        """Raises nothing but CancelledError, whatever the receiver does; and NotYet where a `turn` is to be waited for."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = _Answer()
        error: str | None = None
        try:
            async with asyncio.timeout(self._seconds):
                await self._call(url, headers, body, answer, turn)
        except NotYet:
            raise
        except Exception as problem:
            error = self._sentence(problem)
        duration = round(loop.time() - began, 3)
        if answer.status_code is None:
            return Outcome(None, duration, b"", error or "The call failed", None)
        return Outcome(answer.status_code, duration, bytes(answer.body[:MOST_OF_A_BODY]), None, self._pause(answer.retry_after))

    async def close(self) -> None:
        """End what is under way; a call in the middle has an error as its outcome."""
        for stream in self._open:
            stream.abort()

    async def _call(self, url: str, headers: Mapping[str, str], body: bytes, answer: _Answer, turn: CallTurn | None) -> None:
        import httpcore  # not at the start, which need not wait for it

        from sandbox.events.network import dial

        target = await self._target(url, turn)
        stream = await dial(target, await self._context(target), self._seconds, turn)
        self._open.add(stream)
        try:
            request = _request(target, headers, body)
            response = await httpcore.AsyncHTTP11Connection(request.url.origin, stream).handle_async_request(request)
            answer.take(response)
            stream.allow_a_body()
            async for chunk in response.aiter_stream():
                answer.body += chunk
                if len(answer.body) >= MOST_OF_A_BODY:
                    stream.abort()  # the next read fails, which ends the answer
        finally:
            self._open.discard(stream)
            stream.abort()

    async def _target(self, url: str, turn: CallTurn | None) -> WebhookUrl:
        if turn is None:
            return await self._guard.admit(url)
        return turn.known() or turn.found(await self._guard.admit(url))

    async def _context(self, target: WebhookUrl) -> ssl.SSLContext | None:
        """The system's trust, read with the first call that needs it, in a thread since that takes a while."""
        if target.scheme != "https":
            return None
        if self._trust is None:
            self._trust = await asyncio.to_thread(ssl.create_default_context)
        return self._trust

    def _pause(self, asked: str | None) -> timedelta | None:
        """`Retry-After`: seconds or a date (RFC 9110, 10.2.3); anything else asks for nothing."""
        if asked is None:
            return None
        if re.fullmatch("[0-9]{1,9}", asked):
            return min(timedelta(seconds=int(asked)), _LONGEST_PAUSE)
        try:
            moment = parsedate_to_datetime(asked)
        except (ValueError, OverflowError):
            return None
        pause = moment.replace(tzinfo=moment.tzinfo or UTC) - self._clock.now()
        return min(max(pause, timedelta(0)), _LONGEST_PAUSE)

    def _sentence(self, problem: Exception) -> str:
        """What a user reads; of what the receiver sent it shows nothing."""
        if isinstance(problem, Blocked):
            return str(problem)
        if isinstance(problem, TimeoutError) and problem.errno is None:
            return f"No answer within {self._seconds:g} s"
        if isinstance(problem, OSError):
            return _sentence_of_the_network(problem)
        return _sentence_of_the_answer(problem)


class _Answer:
    """What of the answer is known so far: it stays when the rest does not come."""

    def __init__(self) -> None:
        self.status_code: int | None = None
        self.retry_after: str | None = None
        self.body = bytearray()

    def take(self, response: httpcore.Response) -> None:
        """The status line and the headers."""
        self.status_code = response.status
        self.retry_after = next((value.decode("latin-1") for name, value in response.headers if name.lower() == b"retry-after"), None)


def _request(target: WebhookUrl, headers: Mapping[str, str], body: bytes) -> httpcore.Request:
    import httpcore

    url = httpcore.URL(scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode())
    own = {"Host": target.authority, "Connection": "close", "Accept-Encoding": "identity", "Content-Length": str(len(body))}
    given = [(name, value) for name, value in headers.items() if name.lower() not in _OWN_HEADERS]
    return httpcore.Request("POST", url, headers=[*own.items(), *given], content=body)


def _sentence_of_the_network(problem: OSError) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"The certificate does not fit: {problem.verify_message.removesuffix('.')}"
    if isinstance(problem, ConnectionRefusedError):
        return "The connection was refused"
    if isinstance(problem, ConnectionError | ssl.SSLEOFError):
        return _CLOSED
    if isinstance(problem, ssl.SSLError):
        reason = getattr(problem, "reason", None) or "unknown"
        return f"The receiver does not speak TLS as it should: {reason.lower().replace('_', ' ')}"
    return f"The connection failed: {os.strerror(problem.errno) if problem.errno else 'unknown'}"


def _sentence_of_the_answer(problem: Exception) -> str:
    import httpcore

    from sandbox.events.network import AnswerTooLong

    if isinstance(problem, AnswerTooLong):
        return "The answer's headers are longer than 16 KiB"
    if isinstance(problem, httpcore.RemoteProtocolError):
        return _CLOSED if "disconnected" in str(problem) else "The answer is not HTTP/1.1"
    log.error("A webhook could not be called", exc_info=problem)
    return "The call failed by a fault of the sandbox, which its log tells of"
