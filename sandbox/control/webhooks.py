"""The operations on registered webhooks, none of which the public API has: reading, disabling, deleting and rotating secrets.

A read-only key sees the webhooks that staff may read, without the parts of their URLs that may be secret.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.paging import page_of
from sandbox.engine import Result
from sandbox.engine.constraints import pointing_at, said_of
from sandbox.engine.permissions import READ_ONLY, STAFF
from sandbox.errors import Forbidden, Invalid, Missing
from sandbox.events import webhook_endpoints
from sandbox.events.outbox import WEBHOOKS, wanted_by
from sandbox.state.clock import timestamp
from sandbox.state.documents import Document
from sandbox.state.transaction import Transaction


async def list_all(call: Call) -> Result:
    """A page, by ascending id. Raises Forbidden where the contract keeps webhooks from the key's role, as all that follow do."""
    refuse_hidden(call)
    with call.workspace.transaction() as tx:
        ids, meta = page_of(tx.select(WEBHOOKS), call.params)
        return Result([_shown(tx, one, call) for one in tx.several(WEBHOOKS, ids)], meta)


async def read(call: Call) -> Result:
    """One by its id. Raises Missing, as all that follow do."""
    refuse_hidden(call)
    with call.workspace.transaction() as tx:
        return Result(_shown(tx, _existing(tx, call), call))


async def delete(call: Call) -> Result:
    """For good. Raises Invalid where another object refers to it (decision `delete-referenced`)."""
    _refuse_change(call)
    with call.workspace.transaction() as tx:
        webhook = _existing(tx, call)
        if pointing := pointing_at(tx, call.services.contract, WEBHOOKS, webhook["id"]):
            visible = all(call.permissions.may_read(call.key.role, one) for one in pointing)
            raise Invalid({"id": f"Webhook {webhook['id']} cannot be deleted: {said_of(pointing) if visible else 'other objects refer to it'}"})
        webhook_endpoints.delete(tx, webhook)
    await _give_up_the_rest(call)
    return Result(message=f"Webhook {webhook['id']} was deleted")


async def disable(call: Call) -> Result:
    """Called no more; a second time changes nothing."""
    _refuse_change(call)
    with call.workspace.transaction() as tx:
        shown = _shown(tx, webhook_endpoints.disable(tx, _existing(tx, call), webhook_endpoints.BY_HAND), call)
    await _give_up_the_rest(call)
    return Result(shown)


async def enable(call: Call) -> Result:
    """Called again; a second time changes nothing."""
    _refuse_change(call)
    with call.workspace.transaction() as tx:
        return Result(_shown(tx, webhook_endpoints.enable(tx, _existing(tx, call)), call))


async def rotate(call: Call) -> Result:
    """The new secret, this once. Raises Invalid under a contract whose webhooks have none."""
    _refuse_change(call)
    with call.workspace.transaction() as tx:
        webhook = _existing(tx, call)
        new_secret = call.services.binding.secrets.get(WEBHOOKS, {}).get("_secret")
        if new_secret is None or "_secret" not in webhook:
            raise Invalid({}, f"Webhook {webhook['id']} has no secret to rotate: the contract that is served knows none")
        secret = new_secret(webhook, call.services.engine.entropy)
        return Result({**_shown(tx, webhook_endpoints.rotate(tx, webhook, secret), call), "secret": secret})


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


def are_shown(call: Call) -> bool:
    """Whether the key may see webhooks and their deliveries."""
    return call.permissions.may_read(STAFF if call.key.role == READ_ONLY else call.key.role, WEBHOOKS)


def refuse_hidden(call: Call) -> None:
    """Raises Forbidden where it may not."""
    if not are_shown(call):
        raise Forbidden(f"A key with the role {call.key.role} may not see webhooks and their deliveries under the contract that is served")


def _refuse_change(call: Call) -> None:
    """Raises Forbidden where the key may not change webhooks."""
    if not call.permissions.may_write(call.key.role, WEBHOOKS):
        raise Forbidden(f"A key with the role {call.key.role} may not change webhooks under the contract that is served")


def _shown(tx: Transaction, webhook: Document, call: Call) -> dict[str, Any]:
    disabled = webhook.get("_disabled", {})
    return {
        **{name: webhook[name] for name in ("id", "created_at", "updated_at")},
        "url": call.permissions.address(call.key.role, str(webhook.get("url", ""))),
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
