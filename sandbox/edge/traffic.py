"""What is under way between clients and one server, and how much of it there may be: connections, bodies, answers that wait to be read."""

from __future__ import annotations

from sandbox.edge.byte_budget import ByteBudget
from sandbox.edge.connection_limits import ConnectionLimits
from sandbox.quotas import LOCAL, Quotas


class Traffic:
    """Counted over all connections; `write_timeout` is in seconds."""

    def __init__(self, quotas: Quotas = LOCAL, trusted_proxies: tuple[str, ...] = ()) -> None:
        self.connections = ConnectionLimits(quotas.max_connections, quotas.max_address_connections, trusted_proxies)
        self.bodies = ByteBudget(
            "Bodies that are being read",
            "send this one again when others are read",
            most=quotas.max_bodies_size,
            of_an_address=quotas.max_address_bodies_size,
            of_a_key=quotas.max_key_bodies_size,
        )
        self.unsent = ByteBudget(
            "Answers that wait to be read",
            "read those first, or close their connections",
            most=quotas.max_unsent_size,
            of_an_address=quotas.max_address_unsent_size,
            of_a_key=quotas.max_key_unsent_size,
        )
        self.write_timeout = max(1, quotas.write_timeout)
