"""Calls that a sandbox makes, which no sandbox answers: a webhook on an operation that causes deliveries would call itself for ever.

They are known by the name that they give themselves and by their hop header, since whoever passes a call on may change
either. So a chain over several sandboxes ends at the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.edge.exchange import Exchange
from sandbox.errors import Forbidden
from sandbox.events.signing import HOP, USER_AGENT

_HOP = HOP.lower().encode()
_USER_AGENT = re.compile(rb"(?<![A-Za-z0-9._-])%b(?![A-Za-z0-9._-])" % USER_AGENT.encode(), re.IGNORECASE)


def is_delivery(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a sandbox sent these headers (names in lower case), directly or through others."""
    return _HOP in headers or _USER_AGENT.search(headers.get(b"user-agent", b"")) is not None


def refuse_deliveries(exchange: Exchange) -> None:
    """Raises Forbidden for the call of a sandbox, once its operation is known; 401 comes first (decision `status-codes`)."""
    if is_delivery(exchange.headers) and (exchange.actor is not None or not exchange.called.secured):
        raise Forbidden(
            f"This call comes from a sandbox, as its User-Agent or its {HOP} header says, and could call itself for ever; "
            "let webhooks call a receiver of your own"
        )
