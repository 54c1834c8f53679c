"""The control plane as an ASGI application: authentication and routing. `dispatch` runs the operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import openapi
from openapi.contract import Contract, KeyPlaces, Operation
from openapi.reader import load_contract
from sandbox.control.context import RECEIVE, UPLOAD, Services
from sandbox.control.host_check import refuse_foreign_hosts, refuse_foreign_pages
from sandbox.control.roles import hosted
from sandbox.edge.connexion_app import connexion_app
from sandbox.edge.exception_handlers import answer_to
from sandbox.edge.exchange import Answer, Exchange, Handle
from sandbox.edge.request_limits import BodyLimits, head_refusal, refuse_by_headers, refuse_by_length
from sandbox.edge.routing import Router
from sandbox.edge.security import authenticate
from sandbox.edge.stages import Validation

PREFIX = "/_sandbox"
FILE = Path(openapi.__file__).with_name("control.yaml")


@dataclass(frozen=True)
class _Built:
    """What is made of the contract once."""

    contract: Contract
    router: Router
    app: ASGIApp
    optional: frozenset[str]


class ControlPlane:
    """ASGI application for everything below `/_sandbox`; no rate limit of a workspace counts here, only a quota of the server's.

    It is built when it is first called: most servers are started for the API, and the start should not wait.
    """

    def __init__(self, limits: BodyLimits, *, services: Services) -> None:
        self._limits, self._services = limits, services
        self._built: _Built | None = None
        self._dispatch: Handle | None = None

    def prepare(self, services: Services) -> Callable[[], None]:
        """In any thread: what commanding an API of another contract needs. What is returned begins to, on the event loop."""
        dispatch = _dispatch(self._built.contract, services) if self._built else None

        def take_over() -> None:
            self._services, self._dispatch = services, dispatch

        return take_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        built = self._built or self._build()
        exchange = Exchange.begin(scope)
        head = exchange.method == "HEAD"
        out = _without_body(send) if head else send
        try:
            self._admit(exchange, built.router)
            if exchange.called.id in built.optional:
                receive = _or_an_empty_object(receive)
            scope[RECEIVE] = receive
            await built.app({**scope, "method": "GET"} if head else scope, receive, out)
        except ClientDisconnect:
            pass
        except Exception as problem:
            await answer_to(problem).send(out)

    def _admit(self, exchange: Exchange, router: Router) -> None:
        """Which operation, by which key; and the refusals that come before, in the order of decision `status-codes`."""
        refusal = head_refusal(exchange)
        if refusal is not None:
            raise refusal
        refuse_foreign_hosts(exchange, self._services.allowed_hosts)
        refuse_foreign_pages(exchange)
        refuse_by_headers(exchange)
        operation, exchange.path_params = router.match(exchange.method, exchange.path)
        exchange.operation = operation
        refuse_by_length(exchange, self._services.upload_limits if operation.id == UPLOAD else self._limits)
        exchange.actor = authenticate(exchange, self._services.keyring, _key_places(self._services))
        if exchange.actor is not None:
            self._services.control_rate.take(exchange.actor.digest)
        if self._services.traffic.unsent.used:
            self._services.traffic.unsent.refuse(*exchange.client, 1)

    def _build(self) -> _Built:
        contract = replace(load_contract(FILE), key_places=_key_places(self._services))
        if self._services.is_hosted:
            contract = hosted(contract)
        read = _unread(contract, UPLOAD)
        app = connexion_app(read, Validation(read, self._limits), self._answer)
        optional = frozenset(name for name, operation in contract.operations.items() if _is_optional(contract, operation))
        self._built = _Built(contract, Router(contract), app, optional)
        return self._built

    async def _answer(self, exchange: Exchange) -> Answer:
        if self._dispatch is None:
            assert self._built is not None  # which led here
            self._dispatch = _dispatch(self._built.contract, self._services)
        return await self._dispatch(exchange)


def _key_places(services: Services) -> KeyPlaces:
    """Those of the API and, whatever its contract says of keys, even nothing, the header."""
    return replace(services.key_places, header=True)


def _dispatch(contract: Contract, services: Services) -> Handle:
    from sandbox.control.dispatch import ControlDispatch  # all of its operations, which the start need not load either

    return ControlDispatch(contract, services)


def _unread(contract: Contract, name: str) -> Contract:
    """The contract for Connexion, in which an operation that reads its body itself has none."""
    operations: Mapping[str, Operation] = {**contract.operations, name: replace(contract.operations[name], body=None)}
    return replace(contract, operations=operations)


def _is_optional(contract: Contract, operation: Operation) -> bool:
    node: Any = contract.document["paths"][operation.path][operation.method.lower()]
    return operation.body is not None and not node["requestBody"].get("required", False)


def _or_an_empty_object(receive: Receive) -> Receive:
    """`receive` for a body that may be left out: none at all counts as `{}`."""
    empty = True

    async def receive_or_make_up() -> Message:
        nonlocal empty
        message = await receive()
        if message["type"] == "http.request":
            empty = empty and not message.get("body")
            if empty and not message.get("more_body", False):
                return {**message, "body": b"{}"}
        return message

    return receive_or_make_up


def _without_body(send: Send) -> Send:
    async def only_headers(message: Any) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return only_headers
