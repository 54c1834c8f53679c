"""Builds the control plane and answers its operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

import openapi
import sandbox
from openapi.contract import Contract, load_contract
from sandbox.edge.api import connexion_app
from sandbox.edge.body import BodyLimits
from sandbox.edge.exchange import REFUSAL, Answer, Exchange, json_answer
from sandbox.edge.problems import answer_to
from sandbox.edge.routing import Router
from sandbox.errors import Forbidden

PREFIX = "/_sandbox"
FILE = Path(openapi.__file__).with_name("control.yaml")


class ControlPlane:
    """ASGI application for everything below `/_sandbox`; never throttled.

    It is built when it is first called: most servers are started for the API, and the start should not wait.
    """

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._built: tuple[Router, ASGIApp] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        router, app = self._built or self._build()
        exchange = Exchange.begin(scope)
        head = exchange.method == "HEAD"
        try:
            if REFUSAL in scope:
                raise scope[REFUSAL]
            _refuse_foreign_pages(exchange)
            exchange.operation, exchange.path_params = router.match(exchange.method, exchange.path)
            await app({**scope, "method": "GET"} if head else scope, receive, _without_body(send) if head else send)
        except Exception as problem:
            await answer_to(problem).send(_without_body(send) if head else send)

    def _build(self) -> tuple[Router, ASGIApp]:
        contract = load_contract(FILE)
        self._built = Router(contract), connexion_app(contract, _handle(contract), self._limits)
        return self._built


def _handle(contract: Contract) -> Any:
    actions: Mapping[str, Callable[[], dict[str, Any]]] = {"getHealth": health}

    async def handle(exchange: Exchange) -> Answer:
        assert exchange.operation is not None
        return json_answer(contract.operations[exchange.operation.id].success.status, {"success": True, "data": actions[exchange.operation.id]()})

    return handle


def _refuse_foreign_pages(exchange: Exchange) -> None:
    """A web page that somebody visits must not command the sandbox on his machine: a page's requests name its origin."""
    origin = exchange.header(b"origin")
    if origin is not None and _host_of(origin) != exchange.header(b"host"):
        raise Forbidden("The control plane answers no page of another origin")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def health() -> dict[str, Any]:
    """That this is answered is the news."""
    return {"status": "ok", "version": sandbox.version()}


def _without_body(send: Send) -> Send:
    async def only_headers(message: Any) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return only_headers
