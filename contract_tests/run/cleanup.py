"""Cleans up after a run: every object that it created is deleted or reported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from contract_tests.errors import Unable
from contract_tests.http.control_plane import Control
from contract_tests.http.exchange import Exchange
from contract_tests.http.target import RESERVE, Target
from contract_tests.judging.subscriptions import registers
from openapi.contract import Operation

LEAST = 60
ALTOGETHER = 2_450
"""Where no limit is in the way, deleting ends when the run has sent so many requests, but for the LEAST that it may always have."""


@dataclass
class Leftovers:
    """Ids by collection: what was deleted again, and what stays."""

    deleted: dict[str, list[int]] = field(default_factory=dict)
    left: dict[str, list[int]] = field(default_factory=dict)


def clean_up(target: Target, ceiling: int | None) -> Leftovers:
    """Deletes what can be, the youngest first, as far as the ceiling of all requests and the key's window reach."""
    created, gone = made_in(target.exchanges)
    leftovers = Leftovers()
    target.promise, target.housekeeping = None, True
    try:
        for collection, ids in created.items():
            delete = _deletion(target, collection)
            pointed = _pointed_to(target, collection)
            rest = [id for id in reversed(ids) if id not in gone.get(collection, set())]
            most = _most(target, ceiling)
            for id in rest:
                deleted = delete is not None and id not in pointed and most > 0 and _delete(target, delete, id)
                most -= deleted
                (leftovers.deleted if deleted else leftovers.left).setdefault(collection, []).append(id)
    finally:
        target.housekeeping = False
    for ids in (*leftovers.deleted.values(), *leftovers.left.values()):
        ids.sort()
    return leftovers


def delete_webhooks(leftovers: Leftovers, target: Target, control: Control) -> None:
    """Deletes those that are left, which the API cannot: a target would go on calling addresses where nobody is."""
    for collection in sorted({one.resource for one in target.contract.operations.values() if registers(one)} & leftovers.left.keys()):
        left = leftovers.left.pop(collection)
        gone = [id for id in left if control.delete_webhook(id)]
        for ids, own in ((leftovers.deleted, gone), (leftovers.left, [id for id in left if id not in gone])):
            if own:
                ids[collection] = sorted({*ids.get(collection, ()), *own})


def made_in(exchanges: list[Exchange]) -> tuple[dict[str, list[int]], dict[str, set[int]]]:
    """The ids that exchanges created and deleted, by collection."""
    created: dict[str, list[int]] = {}
    gone: dict[str, set[int]] = {}
    for one in exchanges:
        operation = one.operation
        if operation is None or not 200 <= one.status < 300 or one.request.method == "HEAD":
            continue
        if operation.action == "delete":
            last = one.request.path.rsplit("/", 1)[-1]
            if last.isdigit():
                gone.setdefault(operation.resource, set()).add(int(last))
        elif operation.method == "POST":
            ids = created.setdefault(operation.resource, [])
            ids += [id for id in _ids(one.got.data) if id not in ids]
    return {name: ids for name, ids in created.items() if ids}, gone


def _ids(data: object) -> Iterator[int]:
    for one in data if isinstance(data, list) else [data]:
        document = one.get("data", one) if isinstance(one, dict) and isinstance(one.get("data"), dict) else one
        if isinstance(document, dict) and type(document.get("id")) is int:
            yield document["id"]


def _pointed_to(target: Target, collection: str) -> set[int]:
    """What the run's own objects, which stay, point to: deleting that is refused, or would take them along."""
    names = {(resource.name, reference.path[-1]) for resource, reference in target.contract.referrers(collection) if len(reference.path) == 1}
    found: set[int] = set()
    for one in target.exchanges:
        data = one.got.data
        if one.operation is None or one.operation.method != "POST" or not isinstance(data, dict):
            continue
        ids = [data.get(name) for resource, name in names if resource == one.operation.resource]
        sent = one.got.status < 300 and one.request.body is not None
        found |= {id for id in ids if sent and type(id) is int}
    return found


def _deletion(target: Target, collection: str) -> Operation | None:
    resource = target.contract.resources.get(collection)
    operations = resource.operations.values() if resource is not None else ()
    return next((one for one in operations if one.action == "delete"), None)


def _most(target: Target, ceiling: int | None) -> int:
    most = max(LEAST, ALTOGETHER - target.sent) if ceiling is None else ceiling - target.sent
    left = None if target.limit_lifted else target.remaining()
    return max(0, most if left is None else min(most, left - RESERVE))


def _delete(target: Target, delete: Operation, id: int) -> bool:
    try:
        exchange = target.call(delete, path={"id": id})
    except Unable:
        return False
    return 200 <= exchange.status < 300 or exchange.status == 404
