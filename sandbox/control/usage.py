"""How much of each quota is used, as far as it concerns the workspace of the key; what all use together is for administrators of this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sandbox.control.context import Call, Handler
from sandbox.control.snapshots import in_a_thread
from sandbox.engine import Result
from sandbox.events.outbox import DELIVERIES, EVENTS, PENDING, WEBHOOKS
from sandbox.fair_scheduler import Pause
from sandbox.quotas import UNLIMITED, Quota, quotas
from sandbox.state.image import Image
from sandbox.state.usage import Usage

_ADMINISTRATOR = "administrator"
Used = Mapping[str, Callable[[], int]]


async def read(call: Call) -> Result:
    """Every quota with its limit, and what is used of it where that is to be seen."""
    counted = call.workspace.usage
    if counted is None:
        counted = await in_a_thread(call, partial(_count, call.workspace.image()))
    used = {**_of_the_workspace(call, counted), **_of_the_client(call)}
    if not call.services.is_hosted and call.key.role == _ADMINISTRATOR:
        used |= _of_the_server(call)
    shown = [_shown(call, name, quota, used) for name, _, quota in quotas()]
    return Result({"workspace": call.workspace.name, "quotas": shown})


def _shown(call: Call, name: str, quota: Quota, used: Used) -> dict[str, Any]:
    limit: int = getattr(call.services.quotas, name)
    return {
        "name": name,
        "scope": quota.scope,
        "unit": quota.unit or "count",
        "used": used[name]() if name in used else None,
        "limit": None if limit >= UNLIMITED else limit,
    }


def _count(image: Image, pause: Pause) -> Usage:
    image.count(pause)
    usage = Usage(lambda name: image.tables.get(name, {}))
    usage.count_anew(image.tables, image.amounts)
    return usage


def _of_the_workspace(call: Call, counted: Usage) -> Used:
    workspace, services = call.workspace, call.services
    valid, revoked = services.registry.valid_keys(workspace.name), services.registry.revoked_keys(workspace.name)
    return {
        "max_keys": lambda: valid,
        "max_revoked_keys": lambda: revoked,
        "max_documents": lambda: counted.public.documents,
        "max_documents_size": lambda: counted.public.size,
        "max_snapshots_size": lambda: workspace.snapshots.size,
        "max_workspace_uploads": partial(services.uploads.under_way_of, workspace.name),
        "max_webhooks": lambda: counted.of_table(WEBHOOKS).documents,
        "max_pending_deliveries": lambda: len(workspace.table(DELIVERIES).lookup("status", PENDING)),
        "max_events": lambda: counted.of_table(EVENTS).documents,
        "max_event_log_size": lambda: counted.of_table(EVENTS).size + counted.of_table(DELIVERIES).size,
        "large_reset_interval": partial(services.resets.seconds_to_large_reset, workspace),
    }


def _of_the_client(call: Call) -> Used:
    services, traffic = call.services, call.services.traffic
    address, key = call.exchange.counted_for
    return {
        "max_key_long_polls": partial(services.followers.waiting_of, call.key.digest),
        "max_control_rate": partial(services.control_rate.used_by, call.key.digest),
        "max_address_connections": partial(traffic.connections.of, address),
        "max_address_bodies_size": lambda: traffic.bodies.used_by(address, key)[0],
        "max_key_bodies_size": lambda: traffic.bodies.used_by(address, key)[1],
        "max_address_unsent_size": lambda: traffic.unsent.used_by(address, key)[0],
        "max_key_unsent_size": lambda: traffic.unsent.used_by(address, key)[1],
    }


def _of_the_server(call: Call) -> Used:
    services, traffic = call.services, call.services.traffic
    return {
        "max_workspaces": lambda: len(services.registry.workspaces()),
        **({} if services.workspaces.quota is None else {"max_data_size": lambda: services.workspaces.data_size}),
        "max_uploads": lambda: services.uploads.under_way,
        "max_long_polls": lambda: services.followers.waiting,
        "max_connections": lambda: traffic.connections.open,
        "max_addresses": lambda: services.limiter.addresses,
        "max_bodies_size": lambda: traffic.bodies.used,
        "max_unsent_size": lambda: traffic.unsent.used,
    }


OPERATIONS: dict[str, Handler] = {"getUsage": read}
