"""The fast road through Connexion: its own stack of middleware, each doing what the stock one does with less work.

Stock Connexion routes a second time, builds validators for each request and wraps the handler anew for each. Here each
stage asks what the exchange knows already, and leaves what is not a request (the lifespan) to the stage that it
inherits from. `--stack stock` keeps Connexion's own; that both answer alike is what the tests prove.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.request_validation import RequestValidationMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.edge.body import BodyLimits, read_body, refuse_by_kind
from sandbox.edge.exchange import Exchange, Handle
from sandbox.edge.security import authorize
from sandbox.edge.validation import RequestValidator


def fast_middlewares(known: Mapping[str, RequestValidator], handle: Handle, limits: BodyLimits) -> list[Any]:
    """The stack, outermost first. Exceptions pass through all of it: the front, outside, turns them into answers."""
    return [
        Routing,
        Security,
        partial(Validation, known=known, limits=limits),
        partial(Answering, handle=handle),
        LifespanMiddleware,
        ContextMiddleware,
    ]


class Routing(RoutingMiddleware):
    """The front has found the operation already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {"operation_id": Exchange.of(scope).called.id}
        await self.app(scope, receive, send)


class Security(SecurityMiddleware):
    """The front has found the holder of the key already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            authorize(Exchange.of(scope))
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Validation(RequestValidationMiddleware):
    """Validators are compiled once for each operation."""

    def __init__(self, app: ASGIApp, *, known: Mapping[str, RequestValidator], limits: BodyLimits) -> None:
        super().__init__(app)
        self._known, self._limits = known, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        exchange = Exchange.of(scope)
        validator = self._known[exchange.called.id]
        if validator.takes_a_body:
            refuse_by_kind(exchange)
            validator.read_parameters(exchange)
            validator.read_body(exchange, await read_body(exchange, receive, self._limits))
        else:
            validator.read_parameters(exchange)
        await self.app(scope, receive, send)


class Answering:
    """Calls the operation itself, before Connexion would make it a function of keyword arguments and back."""

    def __init__(self, app: ASGIApp, *, handle: Handle) -> None:
        self._app, self._handle = app, handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await (await self._handle(Exchange.of(scope))).send(send)
