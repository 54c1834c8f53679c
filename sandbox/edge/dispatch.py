"""Owns the unit of work: one request, one transaction, one answer that fits the contract or leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from openapi.contract import Contract
from sandbox.edge.durability import Durability
from sandbox.edge.exchange import Answer, Exchange
from sandbox.edge.presentation import is_known, not_modified, presenters
from sandbox.edge.security import Keyring
from sandbox.engine import Engine
from sandbox.errors import Invalid
from sandbox.state.workspace import Workspace

_THREADS_FOR_SLOW_WORK = 2


class Dispatch:
    """Answers requests that are routed, authorized and read."""

    def __init__(
        self, contract: Contract, engine: Engine, keyring: Keyring, workspace_of: Callable[[str], Workspace], durability: Durability
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._durability = durability
        self._workspace_of = workspace_of
        self._presenters = presenters(contract)
        self._slow = asyncio.Semaphore(_THREADS_FOR_SLOW_WORK)

    async def __call__(self, exchange: Exchange) -> Answer:
        """The operation's answer. Raises a Refusal, Misfit, or OSError of the disk, and then nothing was stored."""
        operation = exchange.called
        if exchange.faults:
            raise Invalid(exchange.faults)
        slow = self._engine.slow_work(operation, exchange.body)
        if slow is not None:
            async with self._slow:
                await asyncio.to_thread(slow)
        self._keyring.confirm(exchange.actor)
        workspace = self._workspace_of(exchange.actor.workspace)
        with workspace.transaction() as tx:
            result = self._engine.perform(tx, operation, exchange.params, exchange.body)
            answer = self._presenters[operation.id].answer(result)
        if workspace.unsettled:
            await self._durability.settled(workspace)
        return _unless_known(exchange, answer)


def _unless_known(exchange: Exchange, answer: Answer) -> Answer:
    """304 where the client has this very answer already (decision `caching`)."""
    asked = exchange.header(b"if-none-match")
    if asked is None:
        return answer
    tag = next((value for name, value in answer.headers if name == b"etag"), None)
    return not_modified(answer) if tag is not None and is_known(asked, tag) else answer
