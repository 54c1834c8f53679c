"""The outermost layer: everything that applies to every response.

It knows the key, opens its workspace, counts the request, finds the operation, and adds the rate headers; it also answers whatever nothing
behind it has answered. It stands outside Connexion, whose own errors could not carry the headers otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.contract import KeyPlaces
from sandbox.edge.access_log import AccessLog
from sandbox.edge.cors import cors_headers, is_preflight, preflight_answer
from sandbox.edge.delivery_loops import refuse_deliveries
from sandbox.edge.durability import Durability
from sandbox.edge.exception_handlers import answer_to
from sandbox.edge.exchange import Answer, Exchange, Header
from sandbox.edge.fast_path import WholeRequest
from sandbox.edge.header_block import HeaderBlock, LocalAccess
from sandbox.edge.http1_encoder import Http1Encoder
from sandbox.edge.key_confirmation import WhileValid
from sandbox.edge.local_access import LocalAccessPolicy, refusal_of
from sandbox.edge.rate_limit import RateLimiter, rate_headers
from sandbox.edge.request_limits import BodyLimits, head_refusal, refuse_by_headers, refuse_by_length
from sandbox.edge.routing import Router
from sandbox.edge.security import Keyring, authenticate, let_anyone_in
from sandbox.edge.traffic import Traffic
from sandbox.errors import Missing, Refusal
from sandbox.state.clock import Clock
from sandbox.state.registry import DEFAULT
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces


class Gateway:
    """ASGI middleware around the API: that is the ordinary path. `respond` is the fast one, by the functions of the operations.

    `conditional` gives those of operations that sometimes wait.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        functions: Mapping[str, Callable[[Exchange], Answer]],
        conditional: Mapping[str, Callable[[Exchange], Callable[[Exchange], Answer] | None]],
        router: Router,
        keyring: Keyring,
        key_places: KeyPlaces,
        local_access: LocalAccessPolicy | None,
        limiter: RateLimiter,
        clock: Clock,
        workspaces: Workspaces,
        durability: Durability,
        next_reset: Callable[[], bytes],
        log: AccessLog,
        limits: BodyLimits,
        traffic: Traffic,
    ) -> None:
        self._app, self._functions, self._conditional = app, functions, conditional
        self._router, self._limiter = router, limiter
        self._keyring, self._key_places = keyring, key_places
        self._local_access = local_access
        """None on a server without test keys: all its keys are secret, and operations without security are open to everybody."""
        self._clock, self._workspaces, self._next_reset = clock, workspaces, next_reset
        self._log, self._limits, self._unsent = log, limits, traffic.unsent
        self._http1 = Http1Encoder()
        self.durability = durability

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange.begin(scope)
        malformed = head_refusal(exchange)
        exchange.actor = authenticate(exchange, self._keyring, self._key_places)
        withdrawn = self._local_access.withdraw_test_key(exchange) if self._local_access is not None else None
        if malformed is None and is_preflight(exchange):
            answer = self._preflight(exchange, withdrawn)
            exchange.status = answer.status
            await answer.send(send)
            self._log.write(exchange)
            return
        damage = await self._open(exchange)
        refusal = self._count(exchange)
        out = _Outgoing(send, exchange, self._next_reset_of(exchange))
        try:
            if malformed is not None:
                raise malformed
            self._admit(exchange, damage or refusal)
            exchange.operation, exchange.path_params = self._router.match(exchange.method, exchange.path)
            if withdrawn is not None and exchange.operation.secured:
                raise refusal_of(withdrawn)
            refuse_deliveries(exchange)
            if not exchange.operation.secured:
                await self._open_to_all(exchange)
            inner = {**scope, "method": "GET"} if exchange.method == "HEAD" else scope
            await self._while_valid(exchange, self._app(inner, receive, out))
        except ClientDisconnect:
            pass
        except Exception as problem:
            if not exchange.status:
                await answer_to(problem).send(out)
            else:
                raise
        finally:
            exchange.end()
            self._log.write(exchange)

    def respond(self, request: WholeRequest, block: HeaderBlock) -> Exchange | None:
        """The exchange with its answer; None where something may have to be waited for, and then nothing has happened yet.

        Where the workspace's commits are `unsynced` afterwards, nobody may see the answer before they are written.
        """
        exchange = Exchange(request.method, request.path, request.query, block, request.body)
        exchange.actor = authenticate(exchange, self._keyring, self._key_places)
        if exchange.actor is None:
            return None
        if exchange.actor.test and self._local_access is not None and not self._local_access.access_of(block).is_granted:
            return None
        exchange.workspace = self._workspaces.opened(exchange.actor.workspace)
        if exchange.workspace is None:
            return None
        try:
            exchange.operation, exchange.path_params = self._router.match(request.method, request.path)
        except Refusal:
            return None
        function = self._functions.get(exchange.operation.id)
        if function is None and (choose := self._conditional.get(exchange.operation.id)) is not None:
            function = choose(exchange)
        if function is None:
            return None
        refusal = self._count(exchange)
        try:
            self._admit(exchange, refusal)
            exchange.answer = function(exchange)
        except Exception as problem:
            exchange.answer = answer_to(problem)
        return exchange

    def response(self, exchange: Exchange, server_headers: list[Header], failure: OSError | None = None) -> bytes:
        """What `respond` answered, as it leaves; with a `failure` of the disk, that."""
        answer = exchange.answer if failure is None else answer_to(failure)
        assert answer is not None
        assert exchange.window is not None
        exchange.status = answer.status
        self._log.write(exchange)
        return self._http1.response(answer, exchange.window, self._next_reset_of(exchange), server_headers)

    def _preflight(self, exchange: Exchange, withdrawn: LocalAccess | None) -> Answer:
        """The request that follows may have a key of the page's own, unless the URL shows a test key already."""
        if withdrawn is not None and exchange.is_foreign_page and exchange.block.bearer is None:
            return answer_to(refusal_of(withdrawn))
        return preflight_answer(exchange, self._next_reset())

    async def _open_to_all(self, exchange: Exchange) -> None:
        """For an operation without security. On a server with test keys, it is open to this machine, and to keys that are secret."""
        if self._local_access is not None and (exchange.actor is None or exchange.actor.test):
            self._local_access.refuse_without_a_secret(exchange, "The API")
        if exchange.actor is None:
            let_anyone_in(exchange)
            exchange.workspace = self._workspaces.opened(DEFAULT) or await open_workspace(self._workspaces, DEFAULT)

    async def _open(self, exchange: Exchange) -> Exception | None:
        """Finds the workspace of the key. Gives the damage that keeps it shut."""
        actor = exchange.actor
        if actor is None:
            return None
        damage: Exception | None = None
        try:
            exchange.workspace = self._workspaces.opened(actor.workspace) or await open_workspace(self._workspaces, actor.workspace)
        except Missing:  # it was deleted while it was being opened, and the key with it
            exchange.actor = None
            return None
        except Exception as problem:
            damage = problem
        if self._keyring.by_digest(actor.digest) is None:  # any more
            exchange.actor = exchange.workspace = damage = None
        return damage

    def _while_valid(self, exchange: Exchange, work: Awaitable[None]) -> Awaitable[None]:
        """The work; what was done while the key was valid is acknowledged, and what is being sent is sent to its end."""
        actor = exchange.actor
        if actor is None:
            return work

        def confirm() -> None:
            changed = exchange.answer is not None and exchange.called.method != "GET"
            if not changed and not exchange.status:
                self._keyring.confirm(actor)

        return WhileValid(work, confirm)

    def _count(self, exchange: Exchange) -> Exception | None:
        """With a valid key every request counts for the key, otherwise for the address (decision `rate-anonymous`)."""
        workspace, now = exchange.workspace, self._clock.now()
        if workspace is None:
            address = (exchange.scope.get("client") or ("unknown",))[0]
            exchange.window, refusal = self._limiter.take_for_address(address, now)
        else:
            offset = workspace.clock.offset
            try:
                exchange.now = now + offset
            except OverflowError:
                exchange.now = None  # the workspace's clock stands at the calendar's end
            exchange.window, refusal = self._limiter.take_for_key(workspace.name, exchange.actor.digest, now, offset, workspace.metadata.limit)
        return refusal

    def _admit(self, exchange: Exchange, refusal: Exception | None) -> None:
        """The refusals that come before the path is looked at, in the order of decision `status-codes`."""
        refuse_by_headers(exchange)
        refuse_by_length(exchange, self._limits)
        if refusal is not None:
            raise refusal
        if self._unsent.used:
            self._unsent.refuse(*exchange.counted_for, 1)

    def _next_reset_of(self, exchange: Exchange) -> bytes:
        return self._next_reset() if exchange.workspace is None else exchange.workspace.next_reset_header


async def open_workspace(workspaces: Workspaces, name: str) -> Workspace:
    """Opens one in a thread, since that may take a while. Raises what `Workspaces.get` raises."""
    # Shielded, since a client that leaves must not end the wait of the others.
    workspace = await asyncio.shield(asyncio.wrap_future(workspaces.begin_opening(name)))
    workspaces.make_room()
    return workspace


class _Outgoing:
    """The `send` of one exchange: adds the rate headers and the next reset, and takes the body from the answer to a HEAD."""

    def __init__(self, send: Send, exchange: Exchange, next_reset: bytes) -> None:
        self._send, self._exchange, self._next_reset = send, exchange, next_reset

    async def __call__(self, message: Message) -> None:
        exchange = self._exchange
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
            assert exchange.window is not None
            message["headers"] = [
                *message["headers"],
                *rate_headers(exchange.window),
                *(((b"sandbox-next-reset", self._next_reset),) if self._next_reset else ()),
                *cors_headers(exchange),
            ]
        elif exchange.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)
