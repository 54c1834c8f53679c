"""Runs each request as a unit of work: one transaction and one valid response, or no change at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from starlette.types import Receive

from openapi.contract import Contract, Operation
from sandbox.edge.bounded_cache import BoundedCache
from sandbox.edge.durability import Durability
from sandbox.edge.exchange import Answer, Exchange
from sandbox.edge.page_size import fitting_limit, least_limit, too_large
from sandbox.edge.pipeline import Stage
from sandbox.edge.responses import is_known, not_modified, presenters
from sandbox.edge.security import Keyring
from sandbox.engine import Engine, Result
from sandbox.errors import PageTooLarge
from sandbox.fair_scheduler import FairScheduler, Pause
from sandbox.state.registry import DEFAULT
from sandbox.state.workspace import Workspace

_THREADS_FOR_SLOW_WORK = 2
_BYTES_OF_PAGES = 8 * 1024 * 1024
_MANY = 5_000
"""More documents than that are not gone through in one turn of the event loop."""


class Dispatch(Stage):
    """The last stage: answers requests that are routed, authorized and sound."""

    def __init__(
        self,
        contract: Contract,
        engine: Engine,
        keyring: Keyring,
        workspace_of: Callable[[str], Workspace],
        durability: Durability,
        scheduler: FairScheduler,
    ) -> None:
        self._engine = engine
        self._scheduler = scheduler
        self._reports = frozenset(name for name, one in contract.operations.items() if engine.is_report(one))
        self._unpaged = frozenset(name for name, one in contract.operations.items() if engine.is_list(one) and least_limit(one) == inf)
        parameters = {name: engine.search_parameter(one) for name, one in contract.operations.items()}
        self._searching = {name: f"{one}=".encode() for name, one in parameters.items() if one}
        self._keyring = keyring
        self._durability = durability
        self._workspace_of = workspace_of
        self._presenters = presenters(contract)
        self._pages: BoundedCache[tuple[object, str, bytes], Answer] = BoundedCache(_BYTES_OF_PAGES)
        """By the state of a table, the operation, and what was asked; so the next write to the table ends them."""
        self._slow = asyncio.Semaphore(_THREADS_FOR_SLOW_WORK)

    def may_wait(self, operation: Operation) -> bool:
        return self._engine.may_be_slow(operation)

    def sometimes_waits(self, operation: Operation) -> bool:
        return operation.id in self._reports or operation.id in self._unpaged or operation.id in self._searching

    def has_to_wait(self, exchange: Exchange) -> bool:
        workspace, operation = exchange.workspace, exchange.called
        assert workspace is not None
        if operation.id in self._reports:
            return workspace.documents > _MANY
        table = workspace.table(operation.resource)
        if len(table.live) <= _MANY or self._pages.get((table.state, operation.id, exchange.query_string)) is not None:
            return False
        query = exchange.query_string
        return operation.id in self._unpaged or self._searching[operation.id] in query or b"%" in query  # which may spell the parameter too

    async def prepare(self, exchange: Exchange, receive: Receive) -> None:
        slow, actor = self._engine.slow_work(exchange.called, exchange.body), exchange.actor
        if slow is not None:
            async with self._scheduler.line("" if actor is None else actor.workspace, "slow work"), self._slow:
                await asyncio.to_thread(slow)
            exchange.now = None
        self._settle_whose(exchange)
        if self.sometimes_waits(exchange.called) and self.has_to_wait(exchange):
            exchange.now = None
            await self._prepare_much(exchange)
            self._settle_whose(exchange)

    def _settle_whose(self, exchange: Exchange) -> None:
        """Raises Unauthenticated where the key was revoked while something was waited for."""
        actor = exchange.actor
        if actor is not None:
            self._keyring.confirm(actor)
        exchange.workspace = self._workspace_of(DEFAULT if actor is None else actor.workspace)

    async def _prepare_much(self, exchange: Exchange) -> None:
        """What would take long in the transaction: it is done on what there is at one moment of the wait, or so that little is left to do."""
        workspace, operation = exchange.workspace, exchange.called
        assert workspace is not None
        if operation.id in self._reports:
            exchange.answer = await self._beside(exchange, self._report_of(exchange, workspace))
        elif operation.id in self._unpaged:
            with workspace.transaction() as tx:
                listed = self._engine.perform(tx, operation, exchange.params, None)
            exchange.answer = await self._beside(exchange, lambda pause: listed)
        elif (term := self._engine.search_term(operation, exchange.params)) is not None:
            await self._scheduler.on_the_loop(workspace.name, workspace.table(operation.resource).seeking(term))

    def _report_of(self, exchange: Exchange, workspace: Workspace) -> Callable[[Pause], Result]:
        world, now, actor = workspace.world(), workspace.clock.now(), exchange.actor
        role = None if actor is None else actor.role
        return lambda pause: self._engine.report(world, now, exchange.called, exchange.params, role, pause)

    async def _beside(self, exchange: Exchange, work: Callable[[Pause], Result]) -> Answer:
        workspace, presenter = exchange.workspace, self._presenters[exchange.called.id]
        assert workspace is not None
        with workspace.hold():
            return await self._scheduler.run(workspace.name, lambda pause: presenter.answer(work(pause), pause), "requests")

    def run(self, exchange: Exchange) -> None:
        """Raises a Refusal, Misfit, or OSError of the disk, and then nothing was stored."""
        answer = exchange.answer
        if answer is None:
            answer = self._page(exchange) if self._engine.is_list(exchange.called) and exchange.keyless_query else self._answer(exchange)
        exchange.answer = answer if b"if-none-match" not in exchange.headers else _unless_known(exchange, answer)

    async def finish(self, exchange: Exchange) -> None:
        assert exchange.workspace is not None
        if exchange.workspace.unsynced:
            await self._durability.wait_until_durable(exchange.workspace)

    def _page(self, exchange: Exchange) -> Answer:
        """A page of a list is the same until its table is written."""
        assert exchange.workspace is not None
        operation = exchange.called
        question = (exchange.workspace.table(operation.resource).state, operation.id, exchange.query_string)
        answer = self._pages.get(question)
        if answer is None:
            answer = self._answer(exchange)
            self._pages.keep(question, answer, answer.size + len(exchange.query_string))
        return answer

    def _answer(self, exchange: Exchange) -> Answer:
        operation, actor = exchange.called, exchange.actor
        assert exchange.workspace is not None
        try:
            with exchange.workspace.transaction(exchange.now, grouped=True) as tx:
                result = self._engine.perform(tx, operation, exchange.params, exchange.body, None if actor is None else actor.role)
                return self._presenters[operation.id].answer(result)
        except PageTooLarge as problem:
            raise too_large(exchange.params["limit"], fitting_limit(problem.fit, partial(self._objects, exchange))) from None

    def _objects(self, exchange: Exchange, limit: int) -> list[Any]:
        """Those of the same page with another limit."""
        assert exchange.workspace is not None
        with exchange.workspace.transaction(exchange.now) as tx:
            objects: list[Any] = self._engine.perform(tx, exchange.called, {**exchange.params, "limit": limit}, None).data
        return objects


def _unless_known(exchange: Exchange, answer: Answer) -> Answer:
    """304 where the client has this very answer already (decision `caching`)."""
    asked = exchange.header(b"if-none-match") or ""
    tag = next((value for name, value in answer.headers if name == b"etag"), None)
    return not_modified(answer) if tag is not None and is_known(asked, tag) else answer
