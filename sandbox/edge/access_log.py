"""One line for each request, of the API and of the control plane; what a terminal would obey is escaped.

A key that stood in the query stands in no log: the query is not written at all. A key is named by its label, which whoever
made it chose, and an address may be what a proxy said.
"""

from __future__ import annotations

import re
from time import perf_counter

from openapi.wording import printable
from sandbox import log
from sandbox.edge.exchange import Exchange

_KEY = re.compile(r"sbx_[A-Za-z0-9_-]+")
"""Of ours, which somebody put into a path by mistake."""
_LONGEST_METHOD, _LONGEST_ADDRESS = 20, 60


class AccessLog:
    """Writes a line for each request, or nothing where it is switched off."""

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled

    def write(self, exchange: Exchange) -> None:
        """Called when it is over; its `status` is 0 where the client left before an answer was there."""
        if self._enabled:
            actor = exchange.actor
            client = exchange.scope.get("client") or exchange.client
            log.info(
                f"{printable(exchange.method, _LONGEST_METHOD)} {_KEY.sub('sbx_…', exchange.path)[:200].encode('unicode_escape').decode()}",
                status=exchange.status,
                ms=round(1000 * (perf_counter() - exchange.started), 1),
                address=printable(client[0], _LONGEST_ADDRESS) if client else None,
                key=printable(actor.label) if actor else None,
                operation=exchange.operation.id if exchange.operation else None,
            )
