"""A webhook as something that is called: its secrets, and what becomes of its deliveries when it is disabled or goes.

What is kept of that stands in private fields of the webhook's document, which no answer shows: `_secret`; for a day after
a rotation `_old_secret` and `_old_until` (in `elapsed` microseconds); `_disabled` with `at` and `reason`; `_role` of the
key that registered it, which says what it may be told.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.errors import Invalid
from sandbox.events.outbox import DELIVERIES, DISABLED, PENDING, WEBHOOKS, finished, pending_to
from sandbox.state.documents import Document
from sandbox.state.transaction import Transaction

_BOTH_SIGN_FOR = timedelta(hours=24) // timedelta(microseconds=1)
BY_HAND = "It was disabled by hand"
AT_A_TIME = 100
"""So many deliveries are given up in one transaction, each of which may hold twenty answers of a receiver."""
GONE = "The webhook is not there any more"


def secrets_of(webhook: Document, elapsed: int) -> list[str]:
    """What signs a call at that moment, the newest first; nothing under a contract whose webhooks have no secret."""
    secrets = [webhook["_secret"]] if "_secret" in webhook else []
    if old_signs(webhook, elapsed):
        secrets.append(webhook["_old_secret"])
    return secrets


def old_signs(webhook: Document, elapsed: int) -> bool:
    """Whether the secret before the last rotation signs as well; one in a snapshot may be of a count of time that a reset began anew."""
    left: int = webhook.get("_old_until", 0) - elapsed
    return 0 < left <= _BOTH_SIGN_FOR


def disable(tx: Transaction, webhook: Document, reason: str) -> Document:
    """Call it no more: what is pending is given up, and can be delivered again once it is enabled. A second call changes nothing.

    Where much is pending, `give_up` is to be called until nothing is, as after `delete`.
    """
    if "_disabled" in webhook:
        return webhook
    disabled = _changed(tx, webhook, _disabled={"at": tx.timestamp, "reason": reason})
    give_up(tx, webhook["id"])
    return disabled


def enable(tx: Transaction, webhook: Document) -> Document:
    """Call it again from the next event on. A second call changes nothing."""
    if "_disabled" not in webhook:
        return webhook
    return _changed(tx, {name: value for name, value in webhook.items() if name != "_disabled"})


def rotate(tx: Transaction, webhook: Document, secret: str) -> Document:
    """The new secret signs, and for 24 hours of the workspace's time the old one too, so that a receiver can change over."""
    return _changed(tx, webhook, _secret=secret, _old_secret=webhook["_secret"], _old_until=tx.elapsed + _BOTH_SIGN_FOR)


def delete(tx: Transaction, webhook: Document) -> None:
    """For good; what was delivered to it stays in the log."""
    tx.remove(WEBHOOKS, webhook["id"])
    give_up(tx, webhook["id"])


def give_up(tx: Transaction, webhook_id: int) -> bool:
    """Some of what is pending to a webhook that is disabled or gone, and whether there is more."""
    webhook = tx.get(WEBHOOKS, webhook_id)
    if webhook is not None and "_disabled" not in webhook:
        return False
    reason = GONE if webhook is None else webhook["_disabled"]["reason"]
    pending = pending_to(tx, webhook_id)
    for delivery in tx.several(DELIVERIES, pending[:AT_A_TIME]):
        tx.replace(DELIVERIES, finished(delivery, DISABLED, reason))
    return len(pending) > AT_A_TIME


def redeliver(tx: Transaction, delivery: Document) -> Document:
    """Due once more, now, under the same event id, with the whole schedule of retries ahead. Invalid where nobody can be called."""
    webhook = tx.get(WEBHOOKS, delivery["webhook_id"])
    if webhook is None or webhook.get("url") != delivery["url"]:
        raise Invalid({}, f"Webhook {delivery['webhook_id']}, to which this was delivered, is no longer there; register it anew")
    if "_disabled" in webhook:
        raise Invalid({}, f"Webhook {webhook['id']} is disabled; enable it first")
    rest = {name: value for name, value in delivery.items() if name != "reason"}
    return tx.replace(DELIVERIES, rest | {"status": PENDING, "waiting": webhook["id"], "due": tx.elapsed, "failures": 0})


def _changed(tx: Transaction, webhook: Document, **fields: Any) -> Document:
    return tx.replace(WEBHOOKS, {**webhook, **fields, "updated_at": tx.timestamp})
