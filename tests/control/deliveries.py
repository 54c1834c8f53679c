"""Delivers what a server in process has pending, to receivers that answer as a test says."""

from __future__ import annotations

from datetime import timedelta

from sandbox.edge.durability import Durability
from sandbox.events.delivery_worker import DeliveryWorker, Pace
from sandbox.state.clock import SystemClock
from tests.control.plane import Plane
from tests.events.deliveries import Posted, Receiver


def delivered(plane: Plane, receiver: Receiver | None = None, workspace: str = "default", **later: float) -> list[Posted]:
    """What is called when everything that is due is delivered, the server's clock advanced by `later` first.

    Signed by real time, as receivers ask for it, wherever the clock of the test stands.
    """
    receiver = receiver or Receiver()
    plane.clock.advance(timedelta(**later))
    workspaces = plane.server.workspaces
    delivery_worker = DeliveryWorker(workspaces, receiver, SystemClock(), Durability().wait_until_durable, Pace(a_second=1e6))
    opened = workspaces.get(workspace)
    before = list(opened.observers)

    async def work() -> None:
        await delivery_worker.start()
        await delivery_worker.idle()
        await delivery_worker.stop()

    delivery_worker.on_open(opened)
    try:
        plane.run(work())
    finally:
        opened.observers[:] = before
    return receiver.calls
