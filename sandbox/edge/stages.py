"""The stages before `dispatch.py`: authorization, reading parameters and body, and the verdict of validation."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Receive

from openapi.contract import Contract, Operation
from sandbox.edge.dispatch import Dispatch
from sandbox.edge.exchange import Exchange
from sandbox.edge.pipeline import Stage, Stages
from sandbox.edge.request_limits import LARGE_BODY, BodyLimits, read_body, refuse_by_kind
from sandbox.edge.security import authorize
from sandbox.edge.validation import RequestValidator, validators
from sandbox.errors import Invalid
from sandbox.fair_scheduler import FairScheduler


class Validation:
    """Of one contract: what `--stack stock` leaves to Connexion."""

    def __init__(self, contract: Contract, limits: BodyLimits, scheduler: FairScheduler) -> None:
        self.known, self.limits = validators(contract), limits
        self.body = Body(self.known, limits, scheduler)
        self.stages: tuple[Stage, ...] = (Authorization(), Parameters(self.known), self.body)


def stages_of(validation: Validation, dispatch: Dispatch) -> Stages:
    """All stages of the API, in their order. A new one belongs here."""
    return Stages(validation=validation.stages, handling=(Verdict(), dispatch))


class Authorization(Stage):
    """401 and 403. The gateway has found the holder of the key."""

    def concerns(self, operation: Operation) -> bool:
        return operation.secured

    def run(self, exchange: Exchange) -> None:
        authorize(exchange)


class Parameters(Stage):
    """Reads the parameters and gathers their faults; 415 for a body that is no JSON, before anything of it is read."""

    def __init__(self, known: Mapping[str, RequestValidator]) -> None:
        self._known = known

    def run(self, exchange: Exchange) -> None:
        validator = self._known[exchange.called.id]
        if validator.takes_a_body:
            refuse_by_kind(exchange)
        validator.read_parameters(exchange)


class Body(Stage):
    """Reads the body and gathers its faults; 408 and 413 while it is coming."""

    def __init__(self, known: Mapping[str, RequestValidator], limits: BodyLimits, scheduler: FairScheduler) -> None:
        self._known, self._limits, self._scheduler = known, limits, scheduler

    def concerns(self, operation: Operation) -> bool:
        return self._known[operation.id].takes_a_body

    async def prepare(self, exchange: Exchange, receive: Receive) -> None:
        with self._limits.budget.hold(*exchange.counted_for) as hold:
            raw = exchange.raw_body = await read_body(exchange, receive, self._limits, hold)
            exchange.now = None
            if len(raw) > LARGE_BODY:
                validator, whose = self._known[exchange.called.id], "" if exchange.actor is None else exchange.actor.workspace
                await self._scheduler.run(whose, lambda pause: validator.read_body(exchange, raw), kind="bodies")
                exchange.body_is_read = True

    def run(self, exchange: Exchange) -> None:
        if not exchange.body_is_read:
            self._known[exchange.called.id].read_body(exchange, exchange.raw_body)


class Verdict(Stage):
    """400 with all faults at once."""

    def run(self, exchange: Exchange) -> None:
        if exchange.faults:
            raise Invalid(exchange.faults)
