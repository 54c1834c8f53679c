"""Runs each request as a unit of work: one transaction and one valid response, or no change at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import Receive

from openapi.contract import Contract, Operation
from sandbox.edge.bounded_cache import BoundedCache
from sandbox.edge.durability import Durability
from sandbox.edge.exchange import Answer, Exchange
from sandbox.edge.pipeline import Stage
from sandbox.edge.responses import is_known, not_modified, presenters
from sandbox.edge.security import Keyring
from sandbox.engine import Engine
from sandbox.state.registry import DEFAULT
from sandbox.state.workspace import Workspace

_THREADS_FOR_SLOW_WORK = 2
_BYTES_OF_PAGES = 8 * 1024 * 1024


class Dispatch(Stage):
    """The last stage: answers requests that are routed, authorized and sound."""

    def __init__(
        self, contract: Contract, engine: Engine, keyring: Keyring, workspace_of: Callable[[str], Workspace], durability: Durability
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._durability = durability
        self._workspace_of = workspace_of
        self._presenters = presenters(contract)
        self._pages: BoundedCache[tuple[object, str, bytes], Answer] = BoundedCache(_BYTES_OF_PAGES)
        """By the state of a table, the operation, and what was asked; so the next write to the table ends them."""
        self._slow = asyncio.Semaphore(_THREADS_FOR_SLOW_WORK)

    def may_wait(self, operation: Operation) -> bool:
        return self._engine.may_be_slow(operation)

    async def prepare(self, exchange: Exchange, receive: Receive) -> None:
        slow = self._engine.slow_work(exchange.called, exchange.body)
        if slow is not None:
            async with self._slow:
                await asyncio.to_thread(slow)
            exchange.now = None
        actor = exchange.actor
        if actor is not None:
            self._keyring.confirm(actor)
        exchange.workspace = self._workspace_of(DEFAULT if actor is None else actor.workspace)

    def run(self, exchange: Exchange) -> None:
        """Raises a Refusal, Misfit, or OSError of the disk, and then nothing was stored."""
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
        with exchange.workspace.transaction(exchange.now, grouped=True) as tx:
            result = self._engine.perform(tx, operation, exchange.params, exchange.body, None if actor is None else actor.role)
            return self._presenters[operation.id].answer(result)


def _unless_known(exchange: Exchange, answer: Answer) -> Answer:
    """304 where the client has this very answer already (decision `caching`)."""
    asked = exchange.header(b"if-none-match") or ""
    tag = next((value for name, value in answer.headers if name == b"etag"), None)
    return not_modified(answer) if tag is not None and is_known(asked, tag) else answer
