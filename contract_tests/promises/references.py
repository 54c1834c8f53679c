"""References: a field that refers to another object refers to an existing one."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import ids, list_of, newest, with_action
from contract_tests.judging.probe import CreatedObject, Probe, same
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Case, Needs, promise, reading
from openapi.contract import Contract, Operation, Reference
from openapi.wording import quoted

_WRITES = Needs(writes=True)
_NOBODY = 9_007_199_254_740_991
"""The greatest id of the contract, which nobody has."""
Pointing = tuple[Operation, Reference]


def _pointing(contract: Contract) -> Iterable[Pointing]:
    """Every way to send a reference: a field, and an operation that takes it."""
    for operation in contract.operations.values():
        if operation.action in ("create", "replace"):
            yield from ((operation, one) for one in contract.resources[operation.resource].references)


def _each_pointing(contract: Contract) -> Iterable[Case]:
    return (Case(f"{operation.id} {'.'.join(one.path)}", operation.id, (operation, one)) for operation, one in _pointing(contract))


def _held(contract: Contract) -> Iterable[tuple[Operation, str, Reference]]:
    """Each delete, with the collections and fields that may point to what it deletes, and can be created."""
    for delete in with_action(contract, "delete"):
        for resource, reference in contract.referrers(delete.resource):
            if any(one.action == "create" for one in resource.operations.values()):
                yield delete, resource.name, reference


def _each_held(contract: Contract) -> Iterable[Case]:
    return (Case(f"{delete.id} {name} {'.'.join(one.path)}", delete.id, (delete, name, one)) for delete, name, one in _held(contract))


@reading("unknown-reference", family="references", needs=_WRITES, weight=8)
def what_a_reference_to_nothing_gets(probe: Probe) -> str:
    """A reference to nothing is a 400 that names the field."""
    heard: list[Heard] = []
    for operation, reference in _pointing(probe.contract):
        exchange = _sent(probe, operation, reference, _NOBODY)
        named = exchange.status == 400 and bool(_keys(reference) & exchange.got.errors.keys())
        heard.append(("400" if named else "404" if exchange.status == 404 else None, exchange))
    return overall_reading(probe, "unknown-reference", heard)


@promise("reference-deleted", family="references", inferred="unknown-reference", cases=_each_pointing, needs=_WRITES, weight=7)
def a_reference_to_what_was_deleted_is_refused(probe: Probe, subject: Pointing) -> None:
    """A reference to a deleted object is refused like one to nothing, and what held it is not stored."""
    operation, reference = subject
    gone = _deleted(probe, reference.collection)
    exchange = _sent(probe, operation, reference, gone.id)
    wanted = int(probe.reading("unknown-reference"))
    probe.expect(exchange, wanted, why=f"since {gone.id} was deleted from {reference.collection}", before=(gone.exchange,))
    listing = list_of(probe, operation.resource)
    if listing is not None and len(reference.path) == 1:
        rows, page = newest(probe, listing)
        orphans = [row.get("id") for row in rows if isinstance(row, dict) and row.get(reference.path[0]) == gone.id]
        probe.check(
            not orphans, page, f"no object that points to {gone.id}", f"those with the ids {quoted(orphans)}", before=(gone.exchange, exchange)
        )


@promise("reference-form", family="references", documented="Core Resources: create", cases=_each_pointing, needs=_WRITES, weight=5)
def a_reference_is_an_identifier(probe: Probe, subject: Pointing) -> None:
    """A reference that is no identifier is a 400 that names the field."""
    operation, reference = subject
    for value in ("abc", 0):
        exchange = _sent(probe, operation, reference, value)
        if probe.expect(exchange, 400, why=f"since {quoted(value)} is no identifier"):
            named = bool(_keys(reference) & exchange.got.errors.keys())
            probe.check(named, exchange, f"errors that name {'.'.join(reference.path)}", quoted(dict(exchange.got.errors)))


@reading("delete-referenced", family="references", needs=_WRITES, weight=8)
def what_deleting_a_referenced_object_does(probe: Probe) -> str:
    """What others point to is not deleted."""
    heard: list[Heard] = []
    for delete, pointing, reference in _held(probe.contract):
        held, holder = _holding(probe, delete, pointing, reference)
        exchange = probe.call(delete, path={"id": held.id})
        refused = exchange.status == 400 and "id" in exchange.got.errors
        taken = exchange.status in (200, 204) and not _listed(probe, holder)
        heard.append(("refuse" if refused else "cascade" if taken else None, exchange))
    return overall_reading(probe, "delete-referenced", heard)


@promise("no-orphans", family="references", inferred="delete-referenced", cases=_each_held, needs=_WRITES, weight=7)
def nothing_points_to_what_is_not_there(probe: Probe, subject: tuple[Operation, str, Reference]) -> None:
    """When a delete is tried, either both the object and what points to it are there afterwards, unchanged, or neither is."""
    delete, pointing, reference = subject
    held, holder = _holding(probe, delete, pointing, reference)
    exchange = probe.call(delete, path={"id": held.id})
    now = probe.call(probe.operation(delete.resource, "read"), path={"id": held.id})
    before = (held.exchange, holder.exchange, exchange)
    if probe.reading("delete-referenced") == "cascade":
        probe.expect(now, 404, why="since it was deleted with what pointed to it", before=before)
        probe.check(not _listed(probe, holder), exchange, f"no {pointing} {holder.id} any more", before=before)
        return
    there = now.status == 200 and same(now.got.data, dict(held.document))
    probe.check(there, now, f"{dict(held.document)}, since its delete is refused"[:400], before=before)
    probe.check(_listed(probe, holder), exchange, f"the object {holder.id} of {pointing} in its list", before=before)


def _deleted(probe: Probe, collection: str) -> CreatedObject:
    """An object that was there and is deleted, the same for all checks."""
    occasion = f"deleted from {collection}"
    if occasion not in probe.context.unchanged:
        gone = probe.make(collection, optional=False)
        deleted = probe.call(probe.operation(collection, "delete"), path={"id": gone.id})
        if deleted.status not in (200, 204):
            raise Unable("what was created could not be deleted")
        probe.context.unchanged[occasion] = [gone]
    return probe.context.unchanged[occasion][0]


def _holding(probe: Probe, delete: Operation, pointing: str, reference: Reference) -> tuple[CreatedObject, CreatedObject]:
    """An object to delete, and one that points to it; where the delete is refused they stay for ever, so they are made once."""
    occasion = f"{delete.id} held by {pointing} {'.'.join(reference.path)}"
    if occasion not in probe.context.unchanged:
        held = probe.make(delete.resource, optional=False)
        body = _pointed(probe.body(pointing, optional=len(reference.path) > 1), reference, held.id)
        exchange = probe.call(probe.operation(pointing, "create"), json=body)
        probe.context.unchanged[occasion] = [held, probe.created(pointing, body, exchange)]
    held, holder = probe.context.unchanged[occasion]
    return held, holder


def _listed(probe: Probe, made: CreatedObject) -> bool:
    """Whether an object stands in its list; Unable where it has none."""
    return made.id in ids(newest(probe, probe.operation(made.collection, "list"))[0])


def _sent(probe: Probe, operation: Operation, reference: Reference, value: Any) -> Exchange:
    """A body that is good but for its reference."""
    whole = len(reference.path) > 1 or reference.path[0] not in probe.resource(operation.resource).input.get("required", ())
    body = _pointed(probe.body(operation.resource, optional=whole), reference, value)
    path = {"id": probe.shared(operation.resource).id} if operation.action == "replace" else None
    exchange = probe.call(operation, path=path, json=body)
    if operation.action == "create" and exchange.status == 201 and isinstance(exchange.got.data, dict) and "id" in exchange.got.data:
        probe.created(operation.resource, body, exchange)
    return exchange


def _pointed(body: Mapping[str, Any], reference: Reference, value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = copy.deepcopy(dict(body))
    _point(changed, reference.path, value)
    return changed


def _point(node: Any, path: tuple[str, ...], value: Any) -> None:
    first, *rest = path
    if first == "*":
        if rest:
            for item in node:
                _point(item, tuple(rest), value)
        else:
            node[:] = [value]
    elif rest:
        _point(node[first], tuple(rest), value)
    else:
        node[first] = value


def _keys(reference: Reference) -> set[str]:
    """How errors may name the first place of the field, by either reading of `nested-errors`."""
    names = ["0" if part == "*" else part for part in reference.path]
    return {".".join(names), names[0] + "".join(f"[{name}]" for name in names[1:])}
