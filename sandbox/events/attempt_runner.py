"""Makes one attempt at a delivery, from the wait for the disk to what follows from the receiver's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sandbox.events.delivery_attempt import Sender, is_success, load, prepare, record
from sandbox.events.webhook_endpoints import give_up
from sandbox.events.workspace_deliveries import WorkspaceDeliveries
from sandbox.state.clock import Clock
from sandbox.state.workspace import Workspace
from sandbox.state.workspaces import Workspaces


class AttemptRunner:
    """`wait_until_durable` returns when all that a workspace committed has reached the disk; `clock` is the server's."""

    def __init__(self, workspaces: Workspaces, sender: Sender, clock: Clock, wait_until_durable: Callable[[Workspace], Awaitable[None]]) -> None:
        self._workspaces, self._sender, self._clock, self._wait_until_durable = workspaces, sender, clock, wait_until_durable
        self._loading, self._is_loaded = asyncio.Lock(), False

    async def run(self, deliveries: WorkspaceDeliveries, delivery: int) -> bool | None:
        """Whether it failed; None where none was made."""
        workspace = deliveries.workspace
        with workspace.hold():
            if not self._is_loaded:
                await self._load()
            if workspace.unsynced:
                await self._wait_until_durable(workspace)
            if not self._workspaces.is_open(workspace):
                return None
            call = prepare(workspace, delivery, self._clock)
            if call is None:
                deliveries.queue.drop(delivery)
                return None
            outcome = await self._sender.post(call.url, call.headers, call.body)
            if self._workspaces.is_open(workspace):
                record(workspace, call, outcome)
                await self._give_up_the_rest(workspace, call.delivery["webhook_id"])
            return not is_success(outcome)

    async def _give_up_the_rest(self, workspace: Workspace, webhook: int) -> None:
        """Of what waits for an endpoint that was disabled by this; others come in between."""
        more = True
        while more and self._workspaces.is_open(workspace):
            with workspace.transaction() as tx:
                more = give_up(tx, webhook)
            if more:
                await asyncio.sleep(0)

    async def _load(self) -> None:
        """With the first attempt, since most servers make none; those that come meanwhile go on in their order."""
        async with self._loading:
            if not self._is_loaded:
                await asyncio.to_thread(load)
                self._is_loaded = True
