"""The control plane as an ASGI application: authentication and routing. `dispatch` runs the operations."""

from __future__ import annotations

import asyncio
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
from sandbox.control.roles import hosted
from sandbox.edge.access_log import AccessLog
from sandbox.edge.connexion_app import connexion_app
from sandbox.edge.delivery_loops import refuse_deliveries
from sandbox.edge.exception_handlers import answer_to
from sandbox.edge.exchange import Answer, Exchange, Handle
from sandbox.edge.host_check import refuse_foreign_hosts
from sandbox.edge.local_access import explained_refusal_of
from sandbox.edge.request_limits import BodyLimits, head_refusal, refuse_by_headers, refuse_by_length
from sandbox.edge.routing import Router
from sandbox.edge.security import authenticate
from sandbox.edge.stages import Validation
from sandbox.edge.web_pages import is_same_origin
from sandbox.errors import Forbidden

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

    def __init__(self, limits: BodyLimits, *, services: Services, log: AccessLog) -> None:
        self._limits, self._services, self._log = limits, services, log
        self._built: _Built | None = None
        self._building: asyncio.Task[tuple[_Built, Services, Handle]] | None = None
        self._dispatch: Handle | None = None

    def prepare(self, services: Services) -> Callable[[], None]:
        """In any thread: what commanding an API of another contract needs. What is returned begins to, on the event loop."""
        dispatch = _dispatch(self._built.contract, services) if self._built else None

        def take_over() -> None:
            self._services, self._dispatch = services, dispatch

        return take_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        built = self._built or await self._build_once()
        exchange = Exchange.begin(scope)
        head = exchange.method == "HEAD"
        out = _noting_the_status(_without_body(send) if head else send, exchange)
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
        finally:
            self._log.write(exchange)

    def _admit(self, exchange: Exchange, router: Router) -> None:
        """Which operation, by which key; and the refusals that come before, in the order of decision `status-codes`."""
        refusal = head_refusal(exchange)
        if refusal is not None:
            raise refusal
        self._refuse_foreigners(exchange)
        refuse_by_headers(exchange)
        operation, exchange.path_params = router.match(exchange.method, exchange.path)
        exchange.operation = operation
        refuse_by_length(exchange, self._services.upload_limits if operation.id == UPLOAD else self._limits)
        exchange.actor = authenticate(exchange, self._services.keyring, _key_places(self._services))
        policy = self._services.local_access
        withdrawn = None if policy is None else policy.withdraw_test_key(exchange)
        if withdrawn is not None and operation.secured:
            raise explained_refusal_of(withdrawn)
        self._refuse_too_much(exchange)
        refuse_deliveries(exchange)

    def _refuse_too_much(self, exchange: Exchange) -> None:
        """Raises LimitExceeded for a key that asks too often, and for a client that has too much of what it asked for still unread."""
        if exchange.actor is not None:
            self._services.control_rate.take(exchange.actor.digest)
        if self._services.traffic.unsent.used:
            self._services.traffic.unsent.refuse(*exchange.counted_for, 1)

    def _refuse_foreigners(self, exchange: Exchange) -> None:
        """Raises Forbidden for a foreign host name or a web page of another origin, whatever the key."""
        if b"host" not in exchange.headers:
            raise Forbidden("The control plane needs one Host header, and this request has none")
        refuse_foreign_hosts(exchange, self._services.allowed_hosts, "The control plane")
        if not is_same_origin(exchange.headers):
            raise Forbidden("The control plane answers no page of another origin")

    async def _build_once(self) -> _Built:
        """In a thread, since it takes a while, for all that ask meanwhile."""
        if self._building is None:
            self._building = asyncio.create_task(asyncio.to_thread(self._build, self._services))
        # Shielded, since a client that leaves must not end the wait of the others.
        built, services, dispatch = await asyncio.shield(self._building)
        if self._built is None:
            self._built = built
            self._dispatch = dispatch if services is self._services else None
        return self._built

    def _build(self, services: Services) -> tuple[_Built, Services, Handle]:
        contract = replace(load_contract(FILE), key_places=_key_places(services))
        if services.is_hosted:
            contract = hosted(contract)
        read = _unread(contract, UPLOAD)
        app = connexion_app(read, Validation(read, self._limits, services.scheduler), self._answer)
        optional = frozenset(name for name, operation in contract.operations.items() if _is_optional(contract, operation))
        return _Built(contract, Router(contract), app, optional), services, _dispatch(contract, services)

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


def _noting_the_status(send: Send, exchange: Exchange) -> Send:
    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        await send(message)

    return note


def _without_body(send: Send) -> Send:
    async def only_headers(message: Any) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return only_headers
