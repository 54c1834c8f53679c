"""How many connections there may be: of one address, and in all."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address, ip_network

from openapi.wording import counted
from sandbox.edge.client_address import counted_as
from sandbox.quotas import UNLIMITED


class ConnectionLimits:
    """Of one server. The address of a trusted proxy stands for many clients, and is not counted by itself."""

    def __init__(self, most: int = UNLIMITED, of_an_address: int = UNLIMITED, trusted_proxies: tuple[str, ...] = ()) -> None:
        self._most, self._of_an_address = most, of_an_address
        self._proxies = [ip_network(one) for one in trusted_proxies]
        self.open = 0
        self._by_address: Counter[str] = Counter()

    def client(self, address: str) -> str | None:
        """By what a peer is counted; None for one that forwards the requests of others."""
        if self._proxies:
            try:
                peer = ip_address(address)
            except ValueError:
                return counted_as(address)
            mapped = getattr(peer, "ipv4_mapped", None) or peer
            if any(mapped in network for network in self._proxies):
                return None
        return counted_as(address)

    def enter(self, client: str | None) -> str | None:
        """One more is open: None, or why it is one too many. Each that entered leaves."""
        self.open += 1
        if client is not None:
            self._by_address[client] += 1
        if self.open > self._most:
            return f"There are {counted(self._most, 'connection')} already, the most that this server has at a time; try again in a moment"
        if client is not None and self._by_address[client] > self._of_an_address:
            return f"There are {counted(self._of_an_address, 'connection')} from {client} already, the most that an address may have; close one first"
        return None

    def leave(self, client: str | None) -> None:
        """It is closed."""
        self.open -= 1
        if client is not None:
            self._by_address[client] -= 1
            if not self._by_address[client]:
                del self._by_address[client]

    def surplus(self, client: str | None) -> int:
        """How many there are beyond what may be, over all or of a client."""
        return max(self.open - self._most, self.of(client) - self._of_an_address)

    def of(self, client: str | None) -> int:
        """How many a client has."""
        return self._by_address.get(client or "", 0)
