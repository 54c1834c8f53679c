"""One line for each request; what a terminal would obey is escaped.

A key that stood in the query stands in no log: the query is not written at all.
"""

from __future__ import annotations

from time import perf_counter

from sandbox import log
from sandbox.edge.exchange import Exchange


class AccessLog:
    """Writes a line for each request, or nothing where it is switched off."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled

    def write(self, exchange: Exchange) -> None:
        """Called when it is over; its `status` is 0 where the client left before an answer was there."""
        if self._enabled:
            actor = exchange.actor
            log.info(
                f"{exchange.method} {exchange.path[:200].encode('unicode_escape').decode()}",
                status=exchange.status,
                ms=round(1000 * (perf_counter() - exchange.started), 1),
                key=actor.label if actor else None,
                operation=exchange.operation.id if exchange.operation else None,
            )
