"""The headers of a delivery, as the Standard Webhooks specification defines them; its own library signs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

USER_AGENT = "Business-Suite-Sandbox"


def headers(event_id: str, moment: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """`moment` is real time, since receivers refuse what is five minutes off; each secret makes a signature."""
    from standardwebhooks import Webhook  # not at the start, which need not wait for it

    moment, text = moment.astimezone(UTC), body.decode()
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, text) for secret in secrets),
    }
