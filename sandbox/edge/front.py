"""The outermost room: what holds for every answer, whoever gives it.

It knows the key, opens its workspace, counts the request, finds the operation, and adds the rate headers; it also answers whatever nothing
behind it has answered. It stands outside Connexion, whose own errors could not carry the headers otherwise.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.contract import KeyPlaces
from sandbox.edge.body import BodyLimits, refuse_by_headers, refuse_by_length
from sandbox.edge.cors import cors_headers, is_preflight, preflight_answer
from sandbox.edge.exchange import REFUSAL, Exchange
from sandbox.edge.problems import answer_to
from sandbox.edge.rate_limit import Limit, RateLimiter, Window
from sandbox.edge.request_log import RequestLog
from sandbox.edge.routing import Router
from sandbox.edge.security import Keyring, authenticate
from sandbox.errors import Missing
from sandbox.state.clock import Clock
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces


class Front:
    """ASGI middleware around the API."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        router: Router,
        keyring: Keyring,
        key_places: KeyPlaces,
        limiter: RateLimiter,
        clock: Clock,
        workspaces: Workspaces,
        next_reset: Callable[[], bytes],
        log: RequestLog,
        limits: BodyLimits,
    ) -> None:
        self._app = app
        self._router, self._limiter = router, limiter
        self._keyring, self._key_places = keyring, key_places
        self._clock, self._workspaces, self._next_reset = clock, workspaces, next_reset
        self._log, self._limits = log, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        exchange = Exchange.begin(scope)
        if is_preflight(exchange):
            await preflight_answer(exchange, self._next_reset()).send(send)
            return
        exchange.actor = authenticate(exchange, self._keyring, self._key_places)
        workspace: Workspace | None = None
        damage: Exception | None = None
        if exchange.actor is not None:
            try:
                workspace = self._workspaces.opened(exchange.actor.workspace) or await open_workspace(self._workspaces, exchange.actor.workspace)
            except Missing:  # it was deleted while it was being opened, and the key with it
                exchange.actor = None
            except Exception as problem:
                damage = problem
        window, refusal = self._count(exchange, workspace)
        out = _Outgoing(send, exchange, window, self._next_reset() if workspace is None else workspace.announced)
        try:
            self._admit(exchange, damage or refusal)
            inner = {**scope, "method": "GET"} if exchange.method == "HEAD" else scope
            await self._app(inner, receive, out)
        except ClientDisconnect:
            pass
        except Exception as problem:
            if not exchange.status:
                await answer_to(problem).send(out)
            else:
                raise
        finally:
            self._log.write(exchange, time.perf_counter() - started)

    def _count(self, exchange: Exchange, workspace: Workspace | None) -> tuple[Window, Exception | None]:
        """With a valid key every request counts for the key, otherwise for the address (decision `rate-anonymous`)."""
        if workspace is None:
            return self._limiter.take_for_address((exchange.scope.get("client") or ("unknown",))[0], self._clock)
        limit = workspace.facts.limit
        return self._limiter.take_for_key(workspace.name, exchange.actor.digest, workspace.clock, Limit(*limit) if limit else None)

    def _admit(self, exchange: Exchange, refusal: Exception | None) -> None:
        """The refusals that come before the key is looked at, in the order of decision `status-codes`."""
        if REFUSAL in exchange.scope:
            raise exchange.scope[REFUSAL]
        refuse_by_headers(exchange)
        refuse_by_length(exchange, self._limits)
        if refusal is not None:
            raise refusal
        exchange.operation, exchange.path_params = self._router.match(exchange.method, exchange.path)


async def open_workspace(workspaces: Workspaces, name: str) -> Workspace:
    """Opens one in a thread, since that may take a while. Raises what `Workspaces.get` raises."""
    # Shielded, since a client that leaves must not end the wait of the others.
    workspace = await asyncio.shield(asyncio.wrap_future(workspaces.begin_opening(name)))
    workspaces.make_room()
    return workspace


class _Outgoing:
    """The `send` of one exchange: adds the rate headers and the next reset, and takes the body from the answer to a HEAD."""

    def __init__(self, send: Send, exchange: Exchange, window: Window, next_reset: bytes) -> None:
        self._send, self._exchange, self._window, self._next_reset = send, exchange, window, next_reset

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._exchange.status = message["status"]
            window = self._window
            message["headers"] = [
                *message["headers"],
                (b"x-ratelimit-limit", b"%d" % window.limit),
                (b"x-ratelimit-remaining", b"%d" % window.remaining),
                (b"x-ratelimit-reset", b"%d" % window.end),
                *(((b"sandbox-next-reset", self._next_reset),) if self._next_reset else ()),
                *cors_headers(self._exchange),
            ]
        elif self._exchange.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)
