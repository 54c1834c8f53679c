"""Changes: an update is stored and changes only what it may; a rejected request changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import actions, creations, ids, list_of, lost, newest, with_action
from contract_tests.judging.probe import CreatedObject, Probe, same
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Needs, promise, reading
from openapi.contract import Operation
from openapi.wording import quoted

_WRITES = Needs(writes=True)


@reading("put", family="state", needs=_WRITES, weight=8)
def what_becomes_of_fields_not_sent(probe: Probe) -> str:
    """A PUT replaces the object: what is optional and not sent is cleared."""
    heard: list[Heard] = []
    for replace in with_action(probe.contract, "replace"):
        made = probe.make(replace.resource)
        sparse = probe.body(replace.resource, optional=False)
        optional = [name for name in made.sent if name not in sparse and name in made.document]
        changed = probe.call(replace, path={"id": made.id}, json=sparse)
        if changed.status != 200 or not optional:
            continue  # that it cannot be changed breaks another promise
        now = probe.found(replace.resource, made.id) or {}
        kept = [name for name in optional if same(now.get(name), made.document[name])]
        code = "merge" if kept == optional else "replace" if not any(name in now for name in optional) else None
        heard.append((code, changed))
    return overall_reading(probe, "put", heard)


@promise("update-sticks", family="state", documented="Update Customer", cases=actions("replace"), needs=_WRITES, weight=8)
def an_update_sticks(probe: Probe, operation: Operation) -> None:
    """An update answers with the object as it is then; it reads and lists the same afterwards, and its id and created_at stay."""
    collection = operation.resource
    made = probe.make(collection)
    body = probe.body(collection)
    _unmoved(probe, made, made.exchange)
    changed = probe.call(operation, path={"id": made.id}, json=body)
    probe.require(changed.status == 200, changed, "200, since the body is a good one", before=(made.exchange,))
    now = probe.call(probe.operation(collection, "read"), path={"id": made.id})
    answers = [now] if probe.reading("create-answer") == "id" else [changed, now]
    for exchange in answers:
        data = exchange.got.data if isinstance(exchange.got.data, dict) else {}
        gone = lost(body, data, probe.resource(collection).input)
        seen = {name: data.get(name) for name in gone}
        probe.check(not gone, exchange, f"what was sent: {quoted(gone)}"[:300], quoted(seen), before=(made.exchange, changed))
        stays = {name: made.document.get(name) for name in ("id", "created_at")}
        seen = {name: data.get(name) for name in stays}
        probe.check(seen == stays, exchange, f"{quoted(stays)} as before", quoted(seen), before=(made.exchange, changed))
    if (listing := list_of(probe, collection)) is not None:
        rows, page = newest(probe, listing)
        mine = [row for row in rows if isinstance(row, dict) and row.get("id") == made.id]
        good = len(mine) == 1 and same(mine[0], now.got.data)
        probe.check(good, page, f"the object {made.id} once, as it reads", quoted(mine), before=(changed, now))


@promise("update-alone", family="state", documented="Update Customer", cases=actions("replace"), needs=_WRITES, weight=7)
def an_update_leaves_other_objects_alone(probe: Probe, operation: Operation) -> None:
    """An update moves no other object."""
    collection = operation.resource
    shared, made, latest = probe.shared(collection), probe.make(collection), probe.make(collection)
    probe.call(operation, path={"id": made.id}, json=probe.body(collection))
    for other in (shared, latest):
        _unmoved(probe, other, made.exchange)


@promise("update-required", family="state", inferred="put", cases=actions("replace"), needs=_WRITES, weight=5)
def an_update_needs_what_is_required(probe: Probe, operation: Operation) -> None:
    """A PUT that replaces must send what is required; one that merges need not."""
    made = probe.make(operation.resource)
    required = list((operation.body or {}).get("required", ()))
    body = {name: value for name, value in probe.body(operation.resource).items() if name not in required}
    if not required or not body:
        raise Unable("all its fields are optional, or all are required")
    exchange = probe.call(operation, path={"id": made.id}, json=body)
    if probe.reading("put") == "merge":
        probe.expect(exchange, 200, why="since a PUT merges here", before=(made.exchange,))
        return
    probe.expect(exchange, 400, why=f"since {', '.join(required)} must be sent", before=(made.exchange,))
    _unmoved(probe, made, exchange)


@promise("update-time", family="state", inferred="timestamps", cases=actions("replace"), needs=_WRITES, weight=6)
def an_update_moves_its_time(probe: Probe, operation: Operation) -> None:
    """updated_at is the time of the change, and created_at stays."""
    made = probe.make(operation.resource)
    created = made.document.get("created_at")
    if probe.control is not None:
        probe.control.advance("PT90S")
    changed = probe.call(operation, path={"id": made.id}, json=probe.body(operation.resource))
    now = probe.found(operation.resource, made.id) or {}
    updated = now.get("updated_at")
    probe.check(
        now.get("created_at") == created, changed, f"the created_at {quoted(created)}", quoted(now.get("created_at")), before=(made.exchange,)
    )
    moved = isinstance(updated, str) and isinstance(created, str) and (updated >= created if probe.control is None else updated > created)
    expected = f"an updated_at {'not before' if probe.control is None else 'after'} {quoted(created)}"
    probe.check(moved, changed, expected, quoted(updated), before=(made.exchange,))


@promise("update-refused", family="state", documented="Response Codes: 400, 403, 404", cases=actions("replace"), needs=_WRITES, weight=6)
def a_refused_update_changes_nothing(probe: Probe, operation: Operation) -> None:
    """An update that is refused, for its body or for the key's role, leaves the object as it was."""
    made = probe.make(operation.resource)
    good = probe.body(operation.resource)
    wrong = _spoilt(good)
    refused = probe.call(operation, path={"id": made.id}, json=wrong)
    probe.expect(refused, 400, why="since the body is a bad one", before=(made.exchange,))
    _unmoved(probe, made, refused)
    if probe.target.has("read-only") and "read-only" not in operation.roles:
        refused = probe.call(operation, path={"id": made.id}, json=good, key="read-only")
        probe.expect(refused, 403, why="since the key may only read", before=(made.exchange,))
        _unmoved(probe, made, refused)


@promise("create-refused", family="state", documented="Response Codes: 400", cases=creations(beside="list"), needs=_WRITES, weight=6)
def a_refused_create_stores_nothing(probe: Probe, operation: Operation) -> None:
    """A create that is refused leaves nothing in the list."""
    listing = probe.operation(operation.resource, "list")
    before, _ = newest(probe, listing)
    refused = probe.call(operation, json=_spoilt(probe.body(operation.resource)))
    probe.require(refused.status == 400, refused, "400, since the body is a bad one")
    rows, page = newest(probe, listing)
    newer = [id for id in ids(rows) if id not in ids(before)]
    probe.check(not newer, page, "no object that was not there before", f"the ids {quoted(newer)}", before=(refused,))


def _spoilt(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its last field of a type that it cannot have, so that a server could store what stands before it."""
    if not body:
        raise Unable("it takes no fields")
    return {**body, list(body)[-1]: {"none": True}}


def _unmoved(probe: Probe, made: CreatedObject, after: Exchange) -> None:
    now = probe.call(probe.operation(made.collection, "read"), path={"id": made.id})
    unmoved = now.status == 200 and same(now.got.data, dict(made.document))
    probe.check(unmoved, now, f"{quoted(dict(made.document))}, as it was before"[:400], before=(made.exchange, after))
