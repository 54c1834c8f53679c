"""Causes an event by the business: performs the operation that emits it, with values made as those of a seeded world are.

So its data are a stored object that can be looked at, and whatever an event brings about follows as in earnest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from openapi.contract import Contract, Emission, Operation
from sandbox.control import events
from sandbox.control.context import Call, Handler, Services
from sandbox.edge.responses import Presenter
from sandbox.engine import Engine, Result
from sandbox.engine.request_bodies import list_field
from sandbox.errors import Forbidden, Invalid, Misfit, Missing, StartError
from sandbox.events.outbox import EVENTS
from sandbox.seeding.body_factory import BodyFactory
from sandbox.seeding.fixture_files import recipes
from sandbox.seeding.recipes import Recipes
from sandbox.seeding.schema_values import NOTHING, GenerationContext, fitting_value
from sandbox.state.documents import Document
from sandbox.state.transaction import Transaction

_ATTEMPTS = 20  # at values that break no rule, such as an address that nobody else has
_BYTES_OF_CHANCE = 16


class _NotCausedError(Exception):
    """The operation was performed, and did not emit the event: its transaction is to leave no trace."""


class TriggerEvent:
    """The one operation, of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bodies = BodyFactory(services.contract, Recipes(recipes))
        self._presenters: dict[str, Presenter] = {}
        self._warm: set[str] = set()
        self._alone = asyncio.Lock()  # what takes turns in the recipes may not do so in two threads
        self.operations: dict[str, Handler] = {"triggerEvent": self.trigger}

    async def trigger(self, call: Call) -> Result:
        """The event. Raises Invalid for a type that nothing emits, Forbidden where the key may not do what emits it, nor see it."""
        type, contract, permissions, role = call.body["type"], self._services.contract, call.permissions, call.key.role
        events.refuse_unknown(type, contract)
        causes = [(one, emission) for one in contract.operations.values() for emission in one.emits if emission.event == type]
        if not causes:
            raise Invalid({"type": f"Type {type} is one that webhooks can ask for, but no operation of the contract emits it"})
        callable_causes = [(operation, emission) for operation, emission in causes if permissions.may_call(role, operation)]
        if not callable_causes:
            raise Forbidden(f"{causes[0][0].id}, which emits {type}, may not be called by a key with the role {role}")
        allowed = [(operation, emission) for operation, emission in callable_causes if permissions.may_read(role, operation.resource)]
        if not allowed:
            raise events.hidden_type(call, type)
        async with self._alone:
            await asyncio.to_thread(self._warm_up, [operation for operation, _ in allowed], call.workspace.clock.now())
            return Result(await self._cause(call, type, allowed))

    async def _cause(self, call: Call, type: str, causes: Iterable[tuple[Operation, Emission]]) -> dict[str, Any]:
        """The event, by the first operation that can."""
        why = ""
        for operation, emission in causes:
            for _ in range(_ATTEMPTS):
                self._services.keyring.confirm(call.key)  # it may be gone by now, and the workspace with it
                try:
                    with call.workspace.transaction() as tx:
                        return events.shown(tx, self._perform(tx, operation, emission, call.key.role), call)
                except (Invalid, Missing) as refusal:
                    why = f"{operation.id} was refused: {'; '.join(refusal.errors.values()) or refusal.message}"
                except _NotCausedError:
                    why = f"{operation.id} was performed, and did not emit it"
                except (StartError, Misfit) as problem:
                    why = str(problem)
                    break
                await asyncio.sleep(0)  # others come in between
        raise Invalid({"type": f"Type {type} could not be triggered: {why}"})

    def _perform(self, tx: Transaction, operation: Operation, emission: Emission, role: str) -> Document:
        """The event that it emitted. Raises _NotCausedError, and what the engine and the making of values raise."""
        performance = _Performance(tx, self._services.engine, self._bodies, self._context(tx), role)
        result = performance.perform(operation, emission)
        self._presenters[operation.id].answer(result)  # as in earnest: what cannot be shown is not stored
        written = tx.changes.tables.get(EVENTS, {}).values()
        caused = [one for one in written if one is not None and one["type"] == emission.event]
        if not caused:
            raise _NotCausedError
        return caused[-1]

    def _context(self, tx: Transaction) -> GenerationContext:
        return GenerationContext(self._chance(), tx.now, tx.select)

    def _chance(self) -> Random:
        return Random(self._services.engine.entropy(_BYTES_OF_CHANCE))  # noqa: S311  # made-up values, no secret

    def _warm_up(self, operations: Sequence[Operation], now: datetime) -> None:
        """In a thread: loads what makes values, and prepares it for these operations, which takes long the first time."""
        contract = self._services.contract
        for operation in operations:
            if operation.id not in self._presenters:
                self._presenters[operation.id] = Presenter(contract, operation)
        for name in _all_needed(contract, [operation.resource for operation in operations]):
            if name not in self._warm:
                with suppress(StartError):  # which is told where it is made in earnest
                    self._bodies.make(name, {}, GenerationContext(self._chance(), now, lambda collection: (1,)))
                self._warm.add(name)


@dataclass(frozen=True)
class _Performance:
    """One operation performed in a transaction for a key of a role, and before it what it needs."""

    tx: Transaction
    engine: Engine
    bodies: BodyFactory
    context: GenerationContext
    role: str

    def perform(self, operation: Operation, emission: Emission) -> Result:
        """Raises what the engine raises; StartError where no value fits, Forbidden where the role may not make what it needs."""
        return self.engine.perform(self.tx, operation, self._params(operation, emission), self._body(operation, emission), self.role)

    def _params(self, operation: Operation, emission: Emission) -> dict[str, Any]:
        """An object of its own for the id in the path, so that nobody's is changed or deleted."""
        params: dict[str, Any] = {}
        for one in operation.parameters:
            if one.place == "path" and one.name == "id":
                params["id"] = self._object(operation.resource, _given(emission), frozenset())
            elif "default" in one.schema:
                params[one.name] = one.schema["default"]
            elif one.required:
                params[one.name] = fitting_value(one.schema, one.name, self.context)
        return params

    def _body(self, operation: Operation, emission: Emission) -> Any:
        if operation.body is None:
            return None
        collection, given = operation.resource, _given(emission)
        if operation.action in ("create", "replace"):
            return self._made(collection, given, frozenset())
        if operation.action == "batch-create":
            return {list_field(operation.body): [self._made(collection, given, frozenset())]}
        made = fitting_value(operation.body, operation.id, self.context)
        return {} if made is NOTHING else made

    def _made(self, collection: str, given: Mapping[str, Any], for_whom: frozenset[str]) -> Document:
        """A body, after one object in each collection that it can point into and that is empty."""
        for reference in self.engine.contract.resources[collection].references:
            if not self.tx.select(reference.collection) and reference.collection not in {*for_whom, collection}:
                self._object(reference.collection, {}, for_whom | {collection})
        return self.bodies.make(collection, given, self.context)

    def _object(self, collection: str, given: Mapping[str, Any], for_whom: frozenset[str]) -> int:
        """The id of a new object. StartError where the contract has no way to make one."""
        resource = self.engine.contract.resources.get(collection)
        if resource is None or not resource.input:
            raise StartError(f"there is no object in {collection}, and the contract has no operation that makes one")
        if not self.engine.permissions.may_create(self.role, collection):
            raise Forbidden(f"An object in {collection} is needed first, which a key with the role {self.role} may not create")
        id: int = self.engine.create(self.tx, collection, self._made(collection, given, for_whom))["id"]
        return id


def _given(emission: Emission) -> dict[str, Any]:
    """What is not left to chance: the condition, and a description that fits it."""
    return {"description": emission.event.replace(".", " ").replace("_", " ").capitalize(), **emission.when}


def _all_needed(contract: Contract, collections: Iterable[str]) -> Iterator[str]:
    """The collections that can be made, with those into which they point, directly or by others."""
    ahead, seen = list(collections), set[str]()
    while ahead:
        name = ahead.pop()
        resource = contract.resources.get(name)
        if name in seen or resource is None or not resource.input:
            continue
        seen.add(name)
        ahead += (reference.collection for reference in resource.references)
        yield name
