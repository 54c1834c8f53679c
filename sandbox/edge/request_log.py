"""One line for each request. A key that stood in the query stands in no log: the query is not written at all."""

from __future__ import annotations

import structlog

from sandbox.edge.exchange import Exchange


class RequestLog:
    """Writes through structlog, or nothing where it is switched off."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._log = structlog.get_logger("sandbox.request")

    def write(self, exchange: Exchange, seconds: float) -> None:
        """`status` is 0 where the client left before an answer was there."""
        if self._enabled:
            actor = exchange.actor
            self._log.info(
                f"{exchange.method} {exchange.path[:200]}",
                status=exchange.status,
                ms=round(seconds * 1000, 1),
                key=actor.label if actor else None,
                operation=exchange.operation.id if exchange.operation else None,
            )
