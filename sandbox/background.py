"""Background tasks on the event loop: the delivery worker, the schedule, the admin socket and the reloader."""

from __future__ import annotations

from typing import Protocol

from sandbox.control.admin_socket import AdminSocket
from sandbox.control.long_polling import LongPolling
from sandbox.control.schedule import Ticker
from sandbox.events.delivery_worker import DeliveryWorker
from sandbox.runtime import Runtime


class Reloading(Protocol):
    """What watches the contract, where somebody asked for that."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...


class BackgroundTasks:
    """All of it, from the first request to the last."""

    def __init__(
        self,
        delivery_worker: DeliveryWorker,
        runtime: Runtime,
        followers: LongPolling,
        admin_socket: AdminSocket | None,
        reloading: Reloading | None = None,
    ) -> None:
        self._delivery_worker, self._runtime, self._followers = delivery_worker, runtime, followers
        self._ticker, self._admin_socket, self._reloading = Ticker(runtime.tick), admin_socket, reloading

    async def start(self, *, schedule: bool = True) -> None:
        """Begin, on the running loop; without the `schedule` nothing is reset, closed or let go by itself."""
        if self._admin_socket is not None:
            await self._admin_socket.start()
        await self._delivery_worker.start(self._runtime.workspaces.begun())
        if schedule:
            self._ticker.start()
        if self._reloading is not None:
            self._reloading.start()

    async def stop(self) -> None:
        """End, also a world that is being built; a second call does nothing."""
        if self._reloading is not None:
            await self._reloading.stop()
        self._followers.stop()
        self._ticker.stop()
        self._runtime.loaded.worlds.close()
        await self._delivery_worker.stop()
        if self._admin_socket is not None:
            await self._admin_socket.stop()
