"""Reads a list: its rows and ids, the total number, and the end at which new objects appear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import CreatedObject, Probe, same
from contract_tests.judging.registry import Case
from openapi.contract import Contract, Operation
from openapi.schemas import Schema
from openapi.wording import quoted

LARGEST = 100
"""The most rows of a page."""


def lists(where: Callable[[Operation], bool] = lambda operation: True) -> Callable[[Contract], Iterable[Case]]:
    """A case for each list of the contract that fulfils a condition."""
    return lambda contract: (Case(one.id, one.id, one) for one in contract.operations.values() if one.action == "list" and where(one))


def creations(where: Callable[[Operation], bool] = lambda operation: True, *, beside: str = "create") -> Callable[[Contract], Iterable[Case]]:
    """A case for each operation that creates one object, where its collection has another operation that does `beside`."""

    def cases(contract: Contract) -> Iterable[Case]:
        for one in contract.operations.values():
            beside_it = {other.action for other in contract.resources[one.resource].operations.values()} if one.action == "create" else ()
            if beside in beside_it and where(one):
                yield Case(one.id, one.id, one)

    return cases


def actions(action: str) -> Callable[[Contract], Iterable[Case]]:
    """A case for each operation that does it."""
    return lambda contract: (Case(one.id, one.id, one) for one in with_action(contract, action))


def with_action(contract: Contract, action: str) -> list[Operation]:
    """The operations that do it."""
    return [one for one in contract.operations.values() if one.action == action]


def total(exchange: Exchange) -> int:
    """How many objects the whole list has, as it says itself; where it does not, its rows are the whole list."""
    meta = exchange.got.envelope.get("meta")
    records = meta.get("total_records") if isinstance(meta, dict) else None
    return records if isinstance(records, int) else len(exchange.got.rows)


def ids(rows: Iterable[Any]) -> list[Any]:
    """The ids of rows, in their order; of what is no id its text."""
    found = [row.get("id") for row in rows if isinstance(row, dict)]
    return [id if isinstance(id, int | str) else repr(id) for id in found]


def listed(probe: Probe, operation: Operation, query: Mapping[str, Any], *, why: str = "") -> Exchange:
    """A list, which must be one; pages are as large as they may be unless the query says otherwise."""
    asked = {**({"limit": LARGEST} if probe.is_paged(operation) else {}), **query}
    exchange = probe.call(operation, query=asked)
    good = exchange.status == 200 and isinstance(exchange.got.data, list)
    probe.require(good, exchange, f"200 with a list{f', {why}' if why else ''}")
    return exchange


def newest(probe: Probe, operation: Operation, query: Mapping[str, Any] | None = None, *, why: str = "") -> tuple[list[Any], Exchange]:
    """The rows at the end of a list where new objects are added, at least the last 100 of a long one, and the page that shows it."""
    first = listed(probe, operation, query or {}, why=why)
    if not probe.is_paged(operation) or probe.reading("order") == "newest" or total(first) <= LARGEST:
        return first.got.rows, first
    last = -(-total(first) // LARGEST)
    rows, page = ([], first) if last > 2 else (list(first.got.rows), first)
    for number in range(max(2, last - 1), last + 1):
        page = listed(probe, operation, {**(query or {}), "page": number}, why=why)
        rows += page.got.rows
    return rows, page


def remember_unchanged(probe: Probe, made: CreatedObject) -> CreatedObject:
    """Remembers an object that no check will change, for those who look at what is stored later."""
    probe.context.unchanged.setdefault(made.collection, []).append(made)
    return made


def unchanged_objects(probe: Probe, collection: str) -> list[CreatedObject]:
    """The objects of a collection that no check has changed."""
    shared = probe.context.shared.get(collection)
    return [*([shared] if shared else ()), *probe.context.unchanged.get(collection, ())]


def list_of(probe: Probe, collection: str) -> Operation | None:
    """The list of a collection, None where the contract has none."""
    try:
        return probe.operation(collection, "list")
    except Unable:
        return None


def lost(sent: Mapping[str, Any], stored: Any, schema: Schema) -> dict[str, Any]:
    """What was sent and is not there unchanged; what only the server sets and what is never shown is not looked for."""
    properties = schema.get("properties", {})
    visible = {name: value for name, value in sent.items() if not any(properties.get(name, {}).get(word) for word in ("readOnly", "writeOnly"))}
    there = stored if isinstance(stored, dict) else {}
    return {name: value for name, value in visible.items() if name not in there or not same(value, there[name])}


def only_an_id(document: Mapping[str, Any]) -> bool:
    """Whether an answer tells no more of an object than its id (the reading `create-answer: id`), and no list shows it."""
    return set(document) <= {"id", "secret"}


def as_sent(probe: Probe, operation: Operation, made: CreatedObject) -> None:
    """Looks whether an object has every field that was sent. Unable where the target tells no more of it than its id."""
    if only_an_id(made.document):
        raise Unable("the target tells no more of it than its id")
    gone = lost(made.sent, made.document, probe.resource(operation.resource).input)
    there = {name: made.document.get(name) for name in gone}
    probe.check(not gone, made.exchange, f"what was sent: {quoted(gone)}", quoted(there))
