"""Writes the events of a successful operation (`x-emits`), in its transaction."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from openapi.contract import Contract, Operation
from sandbox.engine.permissions import Permissions
from sandbox.engine.projection import projected
from sandbox.engine.rule_binding import NOTHING, Binding
from sandbox.events.outbox import Outbox
from sandbox.state.transaction import Transaction


class EventEmitter:
    """Without an outbox, as where a world is seeded, nothing is an event."""

    def __init__(self, contract: Contract, binding: Binding, permissions: Permissions, outbox: Outbox | None) -> None:
        self._contract, self._binding, self._permissions, self._outbox = contract, binding, permissions, outbox

    def emit(self, tx: Transaction, operation: Operation, documents: Iterable[Any]) -> None:
        """An event for each document, whose data are the document as answers show it, without what is shown once."""
        if self._outbox is None or not operation.emits:
            return
        resource = self._contract.resources.get(operation.resource)
        may_be_told = partial(self._permissions.may_be_told, collection=operation.resource)
        shown_once = {rule.target for rule in self._binding.rules.get(operation.resource, NOTHING).shown_once}
        for document in filter(lambda one: isinstance(one, dict), documents):
            shown = document if resource is None else projected(resource, document)
            data = {name: value for name, value in shown.items() if name not in shown_once}
            for emission in operation.emits:
                if emission.holds(document):
                    self._outbox.record(tx, emission.event, data, operation.resource, may_be_told)
