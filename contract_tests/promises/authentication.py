"""Authentication: every operation requires a valid key, and does nothing without one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe, same
from contract_tests.judging.readings import overall_reading
from contract_tests.judging.registry import Case, Needs, each_operation, promise, reading
from contract_tests.judging.requests import STRANGER, body_for, no_op_call, path_values
from openapi.contract import Contract, Operation

_FAMILY = "authentication"
_ERROR = "Error Responses: Authentication Error"
_GOOD = "a good key"
_MALFORMED = ("Basic Y29udHJhY3Q6dGVzdHM=", "Bearer", f"Token {_GOOD}", _GOOD, f"Bearer {STRANGER}, Bearer {STRANGER}")


def secured(operation: Operation) -> bool:
    return operation.secured


@promise("key-is-required", family=_FAMILY, documented=_ERROR, cases=each_operation(secured), weight=9)
def no_key_is_refused(probe: Probe, operation: Operation) -> None:
    """Every operation answers 401 with the error envelope to a request without a key, and shows no data."""
    _refused(probe, probe.call(operation, key=None, **no_op_call(operation)), "since the request has no key")


@promise("unknown-key-is-refused", family=_FAMILY, documented=_ERROR, cases=each_operation(secured), weight=8)
def an_unknown_key_is_refused(probe: Probe, operation: Operation) -> None:
    """Every operation answers 401 with the error envelope to a key that nobody was given."""
    _refused(probe, probe.call(operation, key=STRANGER, **no_op_call(operation)), "since nobody was given this key")


def _malformed(contract: Contract) -> Iterable[Case]:
    """Each malformed header on another operation."""
    operations = [one for one in contract.operations.values() if one.secured]
    for number, header in enumerate(_MALFORMED if operations else ()):
        operation = operations[number * 4 % len(operations)]
        yield Case(f"{operation.id} with {header!r}", operation.id, (operation, header))


@promise("malformed-key-is-refused", family=_FAMILY, inferred="auth-place", cases=_malformed, weight=5)
def a_malformed_header_is_refused(probe: Probe, subject: tuple[Operation, str]) -> None:
    """An `Authorization` header of another scheme, or without a key, is answered 401, even where a good key stands in it."""
    operation, header = subject
    header = header.replace(_GOOD, probe.target.keys["administrator"])
    exchange = probe.call(operation, key=None, headers=[("authorization", header)], **no_op_call(operation))
    _refused(probe, exchange, "since the header names no key")


@promise("altered-key-is-refused", family=_FAMILY, documented=_ERROR, weight=5)
def an_altered_key_is_refused(probe: Probe) -> None:
    """A key that is empty, or that goes on where a good one ends, is answered 401."""
    operation = next((one for one in probe.contract.operations.values() if one.secured), None)
    if operation is None:
        raise Unable("no operation asks for a key")
    keys = probe.target.keys
    keys[_ALTERED] = f"{keys['administrator']}x"  # so that no evidence holds it
    try:
        _refused(probe, probe.call(operation, key=_ALTERED, **no_op_call(operation)), "since the key goes on where a good one ends")
    finally:
        del keys[_ALTERED]
    if "api_key" in probe.contract.key_places.query:
        call = no_op_call(operation)
        path = operation.path.format(**call.pop("path"))
        exchange = probe.send(operation.method, path, key="", key_in_query=True, operation=operation, **call)
        _refused(probe, exchange, "since the key is empty")


_ALTERED = "altered"


def _first_of_each_method(contract: Contract) -> Iterable[Case]:
    methods = {one.method: one for one in reversed(list(contract.operations.values())) if one.secured}
    return (Case(one.id, one.id, one) for one in methods.values())


@promise("two-keys-are-refused", family=_FAMILY, inferred="auth-place", cases=_first_of_each_method, weight=5)
def two_different_keys_are_refused(probe: Probe, operation: Operation) -> None:
    """A request with one key in its header and another in its query is answered 401, even where one of them is good."""
    if probe.reading("auth-place") != "both" or not probe.contract.key_places.query:
        raise Unable("the key stands in the header only")
    name = min(probe.contract.key_places.query)
    _refused(probe, probe.call(operation, query={name: STRANGER}, **no_op_call(operation)), "since the query has another key than the header")
    if name == "api_key":
        call = no_op_call(operation)
        path = operation.path.format(**call.pop("path"))
        other = [("authorization", f"Bearer {STRANGER}")]
        exchange = probe.send(operation.method, path, headers=other, key_in_query=True, operation=operation, **call)
        _refused(probe, exchange, "since the header has another key than the query")


@reading("auth-place", family=_FAMILY)
def where_the_key_may_stand(probe: Probe) -> str:
    """The key may stand in the header or in the query, on every operation alike."""
    if "api_key" not in probe.contract.key_places.query:
        return "header"
    votes = []
    for operation in probe.contract.operations.values():
        if operation.secured and not (probe.target.safe and operation.method != "GET"):
            call = no_op_call(operation)
            path = operation.path.format(**call.pop("path"))
            exchange = not_throttled(probe.send(operation.method, path, key_in_query=True, operation=operation, **call))
            votes.append(("header" if exchange.status == 401 else "both", exchange))
    return overall_reading(probe, "auth-place", votes)


def _written(contract: Contract) -> Iterable[Case]:
    """The collections that can be written to and looked at."""
    for place, (name, resource) in enumerate(contract.resources.items()):
        actions = {one.action: one for one in resource.operations.values()}
        if "list" in actions and "create" in actions:
            yield Case(name, actions["create"].id, (name, place))


@promise("refused-callers-change-nothing", family=_FAMILY, documented=_ERROR, cases=_written, needs=Needs(writes=True), weight=5)
def a_refused_caller_changes_nothing(probe: Probe, subject: tuple[str, int]) -> None:
    """A write that is answered 401, or 403 for the role of its key, stores nothing, changes nothing and deletes nothing."""
    collection, place = subject
    listing = probe.operation(collection, "list")
    creates = [one for one in probe.resource(collection).operations.values() if one.method == "POST" and one.body is not None]
    bodies = [(one, body_for(probe, one)) for one in creates]
    before = _count(probe, listing)
    refused = [probe.call(one, key=_refusable(probe, one, place + number), json=body) for number, (one, body) in enumerate(bodies)]
    after = _count(probe, listing)
    sent = ", ".join(f"{one.request.method} {one.request.target} {one.status}" for one in refused)
    probe.check(after[0] == before[0], after[1], f"{before[0]} objects, as before {sent}", f"{after[0]} objects", before=(before[1], *refused))
    _objects_stay(probe, collection)


def _objects_stay(probe: Probe, collection: str) -> None:
    """The same for the operations on one object, on one of our own."""
    operations = [one for one in probe.resource(collection).operations.values() if one.action in ("replace", "delete")]
    reads = next((one for one in probe.resource(collection).operations.values() if one.action == "read"), None)
    if not operations or reads is None:
        return
    made = probe.make(collection)
    for place, operation in enumerate(operations):
        call: dict[str, Any] = {"path": path_values(operation, made.id)}
        if operation.body is not None:
            call["json"] = probe.body(collection)
        refused = probe.call(operation, key=_refusable(probe, operation, place), **call)
        seen = probe.call(reads, path=path_values(reads, made.id))
        kept = seen.status == 200 and same(seen.got.data, made.document)
        why = f"the object as it was, since the {operation.method} before was answered {refused.status}"
        probe.require(kept, seen, why, before=(made.exchange, refused))
    if delete := next((one for one in operations if one.action == "delete"), None):
        probe.call(delete, path=path_values(delete, made.id))


def _refusable(probe: Probe, operation: Operation, turn: int) -> str | None:
    """No key, or that of a role which the operation must refuse, in turn."""
    roles = [role for role in ("read-only", "staff") if role not in operation.roles and probe.target.has(role)]
    return [None, *roles[:1]][turn % (1 + bool(roles))]


def _count(probe: Probe, listing: Operation) -> tuple[int, Exchange]:
    """How many objects a list says that it has. Raises Unable where it does not tell."""
    exchange = probe.call(listing)
    meta = exchange.got.envelope.get("meta")
    total = meta.get("total_records") if isinstance(meta, dict) else len(exchange.got.rows)
    if exchange.status != 200 or not isinstance(total, int):
        raise Unable(f"{listing.id} does not tell how many objects there are")
    return total, exchange


def not_throttled(exchange: Exchange) -> Exchange:
    """The exchange itself. Raises Unable where the limit of this address, which has no key to lift it by, is used up."""
    if exchange.status == 429:
        raise Unable("the rate limit of this address is used up")
    return exchange


def _refused(probe: Probe, exchange: Exchange, why: str) -> None:
    if not probe.expect(not_throttled(exchange), 401, why=why):
        return
    envelope = exchange.got.envelope
    told = envelope.get("success") is False and isinstance(envelope.get("message"), str) and bool(envelope["message"])
    probe.check(told, exchange, 'the envelope {"success": false, "message": "…"}')
    probe.check(envelope.get("data") is None, exchange, "no data for a caller without a key")
