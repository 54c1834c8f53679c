"""What is pending and under way in one open workspace: an order of it in memory, which follows each commit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.events.delivery_queue import DeliveryQueue, Pending
from sandbox.events.outbox import DELIVERIES, PENDING
from sandbox.events.retry_schedule import believable
from sandbox.state.changes import Changes
from sandbox.state.clock import Clock
from sandbox.state.workspace import Workspace
from sandbox.state.workspace_metadata import METADATA

TRY_AGAIN_AFTER = timedelta(minutes=1)


@dataclass(eq=False)
class WorkspaceDeliveries:
    """The observer of the workspace keeps it; the delivery worker holds only those with something pending."""

    workspace: Workspace
    queue: DeliveryQueue
    under_way: int = 0
    next_begin: float = 0.0
    """By the event loop's time."""
    put_off_until: datetime | None = None
    """By the server's clock, after something failed here that is nobody's answer."""
    missed: int = 0
    seen: int = 0
    """The workspace's time at the last look, which goes back where the server's clock does."""
    waits_for_room: bool = False
    timer: asyncio.Handle | None = field(default=None, repr=False)

    @classmethod
    def of(cls, workspace: Workspace, most_failing: int) -> WorkspaceDeliveries:
        """All that is pending in it now."""
        return cls(workspace, DeliveryQueue(_pending(workspace), most_failing))

    def follow(self, changes: Changes) -> bool:
        """After a commit: whether it wrote a delivery, or moved the clock."""
        tables = changes.tables
        if tables and DELIVERIES not in tables and METADATA not in tables:
            return False
        written = tables.get(DELIVERIES)
        if not changes:
            self.queue.fill(_pending(self.workspace))
        elif written is not None:
            for id, document in written.items():
                if document is not None and document["status"] == PENDING:
                    self.queue.put(id, document["webhook_id"], document["due"])
                else:
                    self.queue.drop(id)
        elif METADATA not in changes.tables:  # where the clock stands
            return False
        return True

    def look_at_the_clock(self) -> None:
        """Where it was put back, nothing may be due later than its schedule allows."""
        self.seen, before = self.workspace.elapsed(), self.seen
        if self.seen < before:
            self.queue.fill(_pending(self.workspace))

    def is_put_off(self, clock: Clock) -> bool:
        """By the server's clock; one that was put back must not make it longer."""
        until = self.put_off_until
        return until is not None and timedelta(0) < until - clock.now() <= TRY_AGAIN_AFTER

    def cancel_timer(self) -> None:
        """Nothing looks by itself any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


def _pending(workspace: Workspace) -> Iterator[Pending]:
    table, now = workspace.table(DELIVERIES), workspace.elapsed()
    for id in table.lookup("status", PENDING):
        document = table.live[id]
        failures = document["failures"]
        yield id, document["webhook_id"], believable(document["due"], failures, now), failures > 0
