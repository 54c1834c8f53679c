"""The operations on registered webhooks, none of which the public API has: reading, disabling, deleting and rotating secrets."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.engine import Result
from sandbox.engine.constraints import pointing_at, said_of
from sandbox.errors import Invalid, Missing
from sandbox.events import webhook_endpoints
from sandbox.events.outbox import WEBHOOKS, wanted_by
from sandbox.state.clock import timestamp
from sandbox.state.documents import Document
from sandbox.state.transaction import Transaction


async def list_all(call: Call) -> Result:
    """A page, by ascending id."""
    with call.workspace.transaction() as tx:
        ids, meta = page_of(tx.select(WEBHOOKS), call.params)
        return Result([_shown(tx, one) for one in tx.several(WEBHOOKS, ids)], meta)


async def read(call: Call) -> Result:
    """One by its id. Raises Missing, as all that follow do."""
    with call.workspace.transaction() as tx:
        return Result(_shown(tx, _existing(tx, call)))


async def delete(call: Call) -> Result:
    """For good. Raises Invalid where another object refers to it (decision `delete-referenced`)."""
    with call.workspace.transaction() as tx:
        webhook = _existing(tx, call)
        if pointing := pointing_at(tx, call.services.contract, WEBHOOKS, webhook["id"]):
            raise Invalid({"id": f"Webhook {webhook['id']} cannot be deleted: {said_of(pointing)}"})
        webhook_endpoints.delete(tx, webhook)
    await _give_up_the_rest(call)
    return Result(message=f"Webhook {webhook['id']} was deleted")


async def disable(call: Call) -> Result:
    """Called no more; a second time changes nothing."""
    with call.workspace.transaction() as tx:
        shown = _shown(tx, webhook_endpoints.disable(tx, _existing(tx, call), webhook_endpoints.BY_HAND))
    await _give_up_the_rest(call)
    return Result(shown)


async def enable(call: Call) -> Result:
    """Called again; a second time changes nothing."""
    with call.workspace.transaction() as tx:
        return Result(_shown(tx, webhook_endpoints.enable(tx, _existing(tx, call))))


async def rotate(call: Call) -> Result:
    """The new secret, this once. Raises Invalid under a contract whose webhooks have none."""
    with call.workspace.transaction() as tx:
        webhook = _existing(tx, call)
        new_secret = call.services.binding.secrets.get(WEBHOOKS, {}).get("_secret")
        if new_secret is None or "_secret" not in webhook:
            raise Invalid({}, f"Webhook {webhook['id']} has no secret to rotate: the contract that is served knows none")
        secret = new_secret(webhook, call.services.engine.entropy)
        return Result({**_shown(tx, webhook_endpoints.rotate(tx, webhook, secret)), "secret": secret})


async def _give_up_the_rest(call: Call) -> None:
    """Of the pending deliveries, some at a time, since there may be thousands; others come in between."""
    while True:
        with call.workspace.transaction() as tx:
            if not webhook_endpoints.give_up(tx, call.params["id"]):
                return
        await asyncio.sleep(0)
        call.services.keyring.confirm(call.key)  # it may be gone by now, and the workspace with it


def _existing(tx: Transaction, call: Call) -> Document:
    id = call.params["id"]
    webhook = tx.get(WEBHOOKS, id)
    if webhook is None:
        raise Missing(f"There is no webhook {id}")
    return webhook


def _shown(tx: Transaction, webhook: Document) -> dict[str, Any]:
    disabled = webhook.get("_disabled", {})
    return {
        **{name: webhook[name] for name in ("id", "created_at", "updated_at")},
        "url": str(webhook.get("url", "")),
        "events": wanted_by(webhook),
        "disabled_at": disabled.get("at"),
        "disabled_because": disabled.get("reason"),
        "old_secret_until": moment(tx, webhook["_old_until"]) if webhook_endpoints.old_signs(webhook, tx.elapsed) else None,
    }


def moment(tx: Transaction, elapsed: int) -> str:
    """When the workspace's clock shows it, as it stands, that so many microseconds have passed; now, for what is overdue.

    It may be overdue by thousands of years, where the clock was ahead so far meanwhile.
    """
    return timestamp(tx.now + timedelta(microseconds=max(0, elapsed - tx.elapsed)))


OPERATIONS: dict[str, Handler] = {
    "listWebhooks": list_all,
    "getWebhook": read,
    "deleteWebhook": delete,
    "disableWebhook": disable,
    "enableWebhook": enable,
    "rotateWebhookSecret": rotate,
}
