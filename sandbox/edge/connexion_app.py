"""The contract on Connexion: its routing, its security and its validation, with our parts in the places it offers.

Connexion's own validators report one fault and stop; ours stand in `validator_map`, gather all faults of parameters
and body in the exchange, and leave the refusal to the stage behind them.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from connexion import AsyncApp, context
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.main import API
from connexion.middleware.routing import RoutingMiddleware
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from connexion.uri_parsing import AbstractURIParser
from connexion.validators import AbstractRequestBodyValidator
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from openapi.contract import Contract, Operation
from sandbox.edge.connexion_spec import ConnexionSpec, argument_of, connexion_spec_of
from sandbox.edge.exception_handlers import answer_to
from sandbox.edge.exchange import JSON, Exchange, Handle
from sandbox.edge.pipeline import HandlerMiddleware, StageMiddleware
from sandbox.edge.request_limits import read_body, refuse_by_kind
from sandbox.edge.routing import PLACEHOLDER, placeholder_paths
from sandbox.edge.security import SECURITY_MAP
from sandbox.edge.stages import Validation
from sandbox.errors import SandboxError

_CLIENT_LEFT = 499


def connexion_app(contract: Contract, validation: Validation, handle: Handle, *, stock: bool = False) -> ASGIApp:
    """An application that answers the contract's operations with `handle`, one exchange at a time.

    Its stack of middleware is ours, with less work, or with `stock` Connexion's own. That both answer alike is what the tests prove.
    """
    app = AsyncApp(
        __name__,
        middlewares=None if stock else _middlewares(validation, handle),
        resolver=Resolver(_handlers(contract, handle).__getitem__),
        security_map=SECURITY_MAP,
        validator_map=_validator_map(validation),
        uri_parser_class=_UntouchedURI,
        swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui=False),
    )
    if stock:
        app.add_api(connexion_spec_of(contract), base_path=contract.base_path)
    else:
        outline = ConnexionSpec(connexion_spec_of(contract))
        app.middleware.apis.append(API(outline, base_path=contract.base_path, **vars(app.middleware.options)))
    for kind in (SandboxError, ProblemException, HTTPException, Exception):
        app.add_error_handler(kind, _problem)
    return _Routed(app, placeholder_paths(contract)) if stock else app


def _middlewares(validation: Validation, handle: Handle) -> list[Any]:
    """Outermost first. Exceptions pass through all of it: the gateway, outside, turns them into answers.

    Stock Connexion routes a second time, builds validators for each request and wraps the handler anew for each.
    """
    stages = [partial(StageMiddleware, stage=stage) for stage in validation.stages]
    return [_Routing, *stages, partial(HandlerMiddleware, handle=handle), LifespanMiddleware, ContextMiddleware]


class _Routed:
    """Tells stock Connexion a path that means the operation which the gateway has found. It would route on the decoded path, where `%2F` parts."""

    def __init__(self, app: ASGIApp, paths: Mapping[str, str]) -> None:
        self._app, self._paths = app, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = self._paths[Exchange.of(scope).called.id]
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await self._app(scope, receive, send)


class _Routing(RoutingMiddleware):
    """The gateway has found the operation already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {"operation_id": Exchange.of(scope).called.id}
        await self.app(scope, receive, send)


def _handlers(contract: Contract, handle: Handle) -> Mapping[str, Callable[..., Awaitable[Response]]]:
    async def handler() -> Response:
        answer = await handle(Exchange.of(context.scope))
        response = Response(answer.body, answer.status)
        response.raw_headers = answer.raw_headers()
        return response

    return {name: _with_path_parameters(handler, operation) for name, operation in contract.operations.items()}


def _with_path_parameters(handler: Callable[[], Awaitable[Response]], operation: Operation) -> Callable[..., Awaitable[Response]]:
    """The handler under a signature that names the path's parameters, which Connexion passes whether wanted or not.

    Were it to say `**path`, Connexion would also read the body, which was read already.
    """

    async def named(**path: Any) -> Response:
        return await handler()

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(argument_of(place), keyword) for place in range(len(PLACEHOLDER.findall(operation.path)))]
    named.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return named


async def _problem(request: ConnexionRequest, problem: Exception) -> ConnexionResponse:
    if isinstance(problem, ClientDisconnect):
        return ConnexionResponse(_CLIENT_LEFT, mimetype=JSON.decode(), body=b"")  # to nobody, and so no fault of ours
    answer = answer_to(problem)
    headers = {name.decode(): value.decode() for name, value in answer.headers if name != b"content-type"}
    return ConnexionResponse(answer.status, mimetype=JSON.decode(), body=answer.body, headers=headers)


def _validator_map(validation: Validation) -> dict[str, Any]:
    known, limits = validation.known, validation.limits

    class ParameterValidator:
        """Reads the parameters, and sees to it that Connexion takes the body for what it is."""

        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def validate(self, scope: Scope) -> None:
            exchange = Exchange.of(scope)
            validator = known[exchange.called.id]
            headers = [header for header in scope["headers"] if header[0] != b"content-type"]
            if validator.takes_a_body:
                refuse_by_kind(exchange)
                headers.append((b"content-type", JSON))
            scope["headers"] = headers
            validator.read_parameters(exchange)

    class BodyValidator(AbstractRequestBodyValidator):
        """Reads and checks the body; nobody after it needs the stream."""

        async def wrap_receive(self, receive: Receive, *, scope: Scope) -> tuple[Receive, Scope]:
            exchange = Exchange.of(scope)
            raw = await read_body(exchange, receive, limits)
            exchange.now = None
            known[exchange.called.id].read_body(exchange, raw)
            return receive, scope

    return {"parameter": ParameterValidator, "body": {JSON.decode(): BodyValidator}}


class _UntouchedURI(AbstractURIParser):
    """Connexion's view of the parameters, which nobody reads: ours are in the exchange."""

    param_defns: Mapping[str, Any] = {}
    param_schemas: Mapping[str, Any] = {}

    def resolve_form(self, form_data: Any) -> Any:
        return form_data

    def resolve_query(self, query_data: Any) -> Any:
        return query_data

    def resolve_path(self, path: Any) -> Any:
        return path

    def _resolve_param_duplicates(self, values: Any, param_defn: Any, _in: str) -> Any:
        return values

    def _split(self, value: Any, param_defn: Any, _in: str) -> Any:
        return value
