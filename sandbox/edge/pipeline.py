"""What happens to a request whose operation is known: one list of stages, which both paths run.

On the ordinary path each stage before the handler is a middleware in Connexion's stack, and may wait before and after its
work. On the fast path one function for each operation, put together once, does the same work without a wait. The list stands
in `stages.py`; a new stage is put in there, among `handling` where it must hold with `--stack stock` too. A refusal is an
exception, and passes no further stage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openapi.contract import Operation
from sandbox.edge.exchange import Answer, Exchange, Handle


class Stage:
    """One step. What it learns it puts into the exchange; what it refuses it raises."""

    def concerns(self, operation: Operation) -> bool:
        """Whether it does anything to requests of the operation."""
        return True

    def may_wait(self, operation: Operation) -> bool:
        """Whether some request of the operation, though all of it is there, has to wait."""
        return False

    def sometimes_waits(self, operation: Operation) -> bool:
        """Whether a request of the operation has to wait where `has_to_wait` says so."""
        return False

    def has_to_wait(self, exchange: Exchange) -> bool:
        """Told by what is known before anything was done: key, workspace, operation, query."""
        return False

    async def prepare(self, exchange: Exchange, receive: Receive) -> None:
        """What has to be waited for before `run`. The fast path skips it, and has it already."""

    def run(self, exchange: Exchange) -> None:
        """Its work, which never waits."""

    async def finish(self, exchange: Exchange) -> None:
        """What has to be waited for after `run`, also where that refused: a refusal tells what it saw. On the fast path the protocol waits."""


@dataclass(frozen=True)
class Stages:
    """Those that `--stack stock` leaves to Connexion (who may call, is the request sound), and those behind them, which answer."""

    validation: Sequence[Stage]
    handling: Sequence[Stage]

    @property
    def handle(self) -> Handle:
        """What answers an exchange that is validated, on the ordinary path."""
        handling = self.handling

        async def handle(exchange: Exchange) -> Answer:
            for stage in handling:
                if stage.concerns(exchange.called):
                    await _run(stage, exchange, _nothing_more)
            assert exchange.answer is not None
            return exchange.answer

        return handle

    def functions(self, operations: Iterable[Operation]) -> Mapping[str, Callable[[Exchange], Answer]]:
        """For each operation that never waits, by its id: all of its stages in one function."""
        stages = (*self.validation, *self.handling)
        return {
            operation.id: _function([stage.run for stage in stages if stage.concerns(operation)])
            for operation in operations
            if not any(stage.may_wait(operation) or stage.sometimes_waits(operation) for stage in stages)
        }

    def conditional(self, operations: Iterable[Operation]) -> Mapping[str, Callable[[Exchange], Callable[[Exchange], Answer] | None]]:
        """For each that sometimes waits: what gives that function for a request that does not have to."""
        stages = (*self.validation, *self.handling)
        return {
            operation.id: _conditional(
                [stage.has_to_wait for stage in stages if stage.sometimes_waits(operation)],
                _function([stage.run for stage in stages if stage.concerns(operation)]),
            )
            for operation in operations
            if any(stage.sometimes_waits(operation) for stage in stages) and not any(stage.may_wait(operation) for stage in stages)
        }


def _function(steps: Sequence[Callable[[Exchange], None]]) -> Callable[[Exchange], Answer]:
    def answer(exchange: Exchange) -> Answer:
        for step in steps:
            step(exchange)
        assert exchange.answer is not None
        return exchange.answer

    return answer


def _conditional(
    have_to_wait: Sequence[Callable[[Exchange], bool]], function: Callable[[Exchange], Answer]
) -> Callable[[Exchange], Callable[[Exchange], Answer] | None]:
    return lambda exchange: None if any(has_to(exchange) for has_to in have_to_wait) else function


async def _run(stage: Stage, exchange: Exchange, receive: Receive) -> None:
    await stage.prepare(exchange, receive)
    try:
        stage.run(exchange)
    finally:
        await stage.finish(exchange)


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}


class StageMiddleware:
    """A stage in Connexion's stack."""

    def __init__(self, app: ASGIApp, *, stage: Stage) -> None:
        self._app, self._stage = app, stage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = Exchange.of(scope)
            if self._stage.concerns(exchange.called):
                await _run(self._stage, exchange, receive)
        await self._app(scope, receive, send)


class HandlerMiddleware:
    """Calls the handler itself, before Connexion would make it a function of keyword arguments and back."""

    def __init__(self, app: ASGIApp, *, handle: Handle) -> None:
        self._app, self._handle = app, handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = await self._handle(Exchange.of(scope))
        await answer.send(send)
