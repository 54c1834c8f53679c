"""The headers of a delivery, as the Standard Webhooks specification defines them; its own library signs.

Two more tell a sandbox that is called by one, which refuses it: else a webhook could call what causes its next delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import floor

USER_AGENT = "Business-Suite-Sandbox"
HOP = "Sandbox-Delivery-Hop"
"""Which call by a sandbox this is, in a chain of them. The first is refused by the next sandbox, so that no chain has a second."""
_FIRST = "1"


def headers(event_id: str, moment: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """`moment` is real time, since receivers refuse what is five minutes off; each secret makes a signature."""
    from standardwebhooks import Webhook  # not at the start, which need not wait for it

    moment, text = moment.astimezone(UTC), body.decode()
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        HOP.lower(): _FIRST,
        "webhook-id": event_id,
        "webhook-timestamp": str(floor(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, text) for secret in secrets),
    }
