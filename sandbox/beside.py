"""What runs on the event loop beside the application: the courier, the schedule, the socket for commands, the watch on the contract."""

from __future__ import annotations

from typing import Protocol

from sandbox.control.admin_socket import AdminSocket
from sandbox.control.followers import Followers
from sandbox.control.schedule import Ticker
from sandbox.estate import Estate
from sandbox.events.courier import Courier


class Reloading(Protocol):
    """What watches the contract, where somebody asked for that."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...


class Beside:
    """All of it, from the first request to the last."""

    def __init__(
        self, courier: Courier, estate: Estate, followers: Followers, admin_socket: AdminSocket | None, reloading: Reloading | None = None
    ) -> None:
        self._courier, self._estate, self._followers = courier, estate, followers
        self._ticker, self._admin_socket, self._reloading = Ticker(estate.tick), admin_socket, reloading

    async def start(self, *, schedule: bool = True) -> None:
        """Begin, on the running loop; without the `schedule` nothing is reset, closed or let go by itself."""
        if self._admin_socket is not None:
            await self._admin_socket.start()
        await self._courier.start(self._estate.workspaces.begun())
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
        self._estate.edition.worlds.close()
        await self._courier.stop()
        if self._admin_socket is not None:
            await self._admin_socket.stop()
