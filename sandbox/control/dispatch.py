"""Runs the operations of the control plane in the key's workspace, and waits for the disk before a change is acknowledged or shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from openapi.contract import Contract, Operation
from sandbox.control import (
    clock,
    deliveries,
    documents,
    events,
    keys,
    payments,
    rate_limits,
    reset_operations,
    server_info,
    snapshots,
    usage,
    webhooks,
    workspaces,
)
from sandbox.control.context import RECEIVE, Call, Handler, Services
from sandbox.control.snapshot_transfer import Transfers
from sandbox.control.trigger_event import TriggerEvent
from sandbox.edge.exchange import Answer, Exchange
from sandbox.edge.gateway import open_workspace
from sandbox.edge.key_confirmation import WhileValid
from sandbox.edge.page_size import fitting, too_large
from sandbox.edge.responses import Presenter, is_known, not_modified, presenters
from sandbox.edge.routing import PLACEHOLDER
from sandbox.engine import Result
from sandbox.errors import Invalid, Missing, PageTooLarge, Unauthenticated
from sandbox.state.api_keys import Key
from sandbox.state.workspace import Workspace

OPERATION_MODULES = (
    clock,
    deliveries,
    documents,
    events,
    keys,
    rate_limits,
    payments,
    reset_operations,
    server_info,
    snapshots,
    usage,
    webhooks,
    workspaces,
)


class ControlDispatch:
    """The last of Connexion's stages. Each operation of `contract`, the control plane's, has a handler by its id."""

    def __init__(self, contract: Contract, services: Services) -> None:
        self._contract, self._services = contract, services
        self._handlers: Mapping[str, Handler] = {
            **{name: handler for noun in OPERATION_MODULES for name, handler in noun.OPERATIONS.items()},
            **Transfers(services).operations,
            **TriggerEvent(services).operations,
        }
        self._presenters: Mapping[str, Presenter] = presenters(contract)

    async def __call__(self, exchange: Exchange) -> Answer:
        """The operation's answer. Raises a Refusal, or OSError of the disk, and then nothing was stored."""
        operation = exchange.called
        if operation.secured:
            self._services.keyring.confirm(exchange.actor)  # the body was waited for
        if exchange.faults:
            raise Invalid(exchange.faults)
        if not operation.secured:
            return self._presenters[operation.id].answer(server_info.health(self._services.workspaces))
        confirm = partial(self._services.keyring.confirm, exchange.actor)
        workspace = await WhileValid(self._workspace(exchange.actor), confirm)
        with workspace.hold():
            workspace.commits.write()  # of others, in this turn of the loop: where that fails, nothing was commanded yet
            call = Call(exchange, workspace, self._services, exchange.scope[RECEIVE])
            changed = False
            try:
                answer = await WhileValid(self._answered(operation, call), confirm)
                changed = operation.method != "GET"
            finally:
                if workspace.unsynced:  # also for a GET, or a refusal, which would tell what the disk may yet take back
                    await self._services.durability.wait_until_durable(workspace)
                if not changed:  # what was done while the key was valid is acknowledged
                    confirm()
        return _unless_known(exchange, answer)

    async def _answered(self, operation: Operation, call: Call) -> Answer:
        handler, exchange = self._handlers[operation.id], call.exchange
        try:
            return self._presented(operation, await handler(call))
        except PageTooLarge as problem:
            limit, fit = exchange.params["limit"], problem.fit
        objects: Any = None
        while objects is None or fit < len(objects):  # with a smaller limit the same page holds other objects
            exchange.params = {**exchange.params, "limit": fit, **({"wait": 0} if "wait" in exchange.params else {})}
            result = await handler(call)
            assert isinstance(result, Result)
            objects = result.data
            fit = fitting(objects) if fitting(objects) < len(objects) else fit
        raise too_large(limit, fit)

    async def _workspace(self, key: Key) -> Workspace:
        """Raises Unauthenticated where it was deleted while the request was being read."""
        all_of_them = self._services.workspaces
        try:
            return all_of_them.opened(key.workspace) or await open_workspace(all_of_them, key.workspace)
        except Missing:
            raise Unauthenticated from None

    def _presented(self, operation: Operation, result: Result | Answer) -> Answer:
        if isinstance(result, Answer):
            return result
        answer = self._presenters[operation.id].answer(result)
        item_path = self._contract.resources[operation.resource].item_path if "Location" in operation.success.headers else None
        if item_path is None:
            return answer
        address = self._contract.base_path + PLACEHOLDER.sub(lambda found: str(result.data[found[1]]), item_path)
        return Answer(answer.status, answer.body, (*answer.headers, (b"location", address.encode())))


def _unless_known(exchange: Exchange, answer: Answer) -> Answer:
    """304 where the client has this very answer already (decision `caching`)."""
    asked = exchange.header(b"if-none-match")
    tag = next((value for name, value in answer.headers if name == b"etag"), None)
    return not_modified(answer) if asked is not None and tag is not None and is_known(asked, tag) else answer
