"""Batches: whole or not at all (or item by item, where the target speaks that reading), in the order sent, of 1 to 100 items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import CreatedObject, Probe, same
from contract_tests.judging.readings import overall_reading
from contract_tests.judging.registry import Case, promise, reading
from contract_tests.promises.money import WRITES, refused
from openapi.contract import Contract, Operation
from openapi.wording import quoted

_FAMILY = "batch"


def _batches(contract: Contract) -> list[Operation]:
    return [one for one in contract.operations.values() if one.action == "batch-create" and _field(one) is not None]


def each_batch(contract: Contract) -> Iterable[Case]:
    """A case for each operation that creates many."""
    return (Case(one.id, one.id, one) for one in _batches(contract))


def _field(operation: Operation) -> str | None:
    """The field of the body that holds the items."""
    properties = (operation.body or {}).get("properties", {})
    return next((name for name, part in properties.items() if part.get("type") == "array"), None)


def _items(probe: Probe, operation: Operation, size: int) -> list[dict[str, Any]]:
    """So many good ones, each with its required fields alone."""
    return [probe.body(operation.resource, optional=False) for _ in range(size)]


def _spoilt(probe: Probe, operation: Operation) -> tuple[dict[str, Any], str]:
    """An item without one of its required fields, and that field's name."""
    required = probe.resource(operation.resource).input.get("required", ())
    if not required:
        raise Unable(f"{operation.resource} have no required field to leave out")
    body = probe.body(operation.resource, optional=False)
    return {name: value for name, value in body.items() if name != required[0]}, required[0]


def _send(probe: Probe, operation: Operation, items: list[dict[str, Any]]) -> Exchange:
    """Sends a batch, and keeps in mind whatever it made, also where it should have made nothing."""
    exchange = probe.call(operation, json={str(_field(operation)): items})
    rows = [row for row in exchange.got.rows if isinstance(row, dict)]
    for document in (row.get("data", row) for row in rows):
        if exchange.status < 300 and isinstance(document, dict) and isinstance(document.get("id"), int):
            probe.context.created_objects.append(CreatedObject(operation.resource, document, {}, exchange))
    return exchange


def _stored(probe: Probe, operation: Operation, item: Mapping[str, Any]) -> int:
    """How many objects with the item's first text are found, by search where there is one."""
    resource = probe.resource(operation.resource)
    name = next((one for one in (*resource.search, *item) if isinstance(item.get(one), str)), None)
    if name is None:
        raise Unable(f"nothing tells one of {resource.name} from another")
    listing = probe.operation(resource.name, "list")
    term = next((one.name for one in listing.parameters if name in one.search), None)
    rows = probe.crawl(resource.name, **({term: item[name]} if term else {}))
    return sum(isinstance(row, dict) and row.get(name) == item[name] for row in rows)


def _stores(probe: Probe, operation: Operation, items: list[dict[str, Any]], item: Mapping[str, Any]) -> bool:
    """Whether a batch that was sent stores the item. What an earlier run may have left is no proof: then it is sent once more."""
    found = _stored(probe, operation, item)
    if not found:
        return False
    _send(probe, operation, items)
    return _stored(probe, operation, item) > found


def _documents(probe: Probe, operation: Operation, exchange: Exchange) -> list[Any]:
    """What the answer to a good batch says was made, in either reading of `batch`."""
    rows = exchange.got.rows
    if probe.reading("batch") == "per-item":
        return [row.get("data") if isinstance(row, dict) and row.get("success") is True else None for row in rows]
    return rows


def _made(probe: Probe, operation: Operation, items: list[dict[str, Any]], exchange: Exchange) -> list[CreatedObject]:
    """The objects of a good batch. Notes a fault, and ends the case, where there is not one for each item."""
    documents = _documents(probe, operation, exchange)
    whole = all(isinstance(one, dict) and isinstance(one.get("id"), int) for one in documents)
    made = [CreatedObject(operation.resource, one, item, exchange) for one, item in zip(documents, items, strict=False)] if whole else []
    good = exchange.status in ((200, 201) if probe.reading("batch") == "per-item" else (201,))
    expected = f"201, with one object for each of the {len(items)} items in data"
    probe.require(good and len(made) == len(documents) == len(items), exchange, expected, f"{exchange.status}, with {len(documents)} in data")
    return made


@reading("batch", family=_FAMILY, needs=WRITES, weight=8)
def what_becomes_of_a_batch_with_a_bad_item(probe: Probe) -> str:
    """A batch with one bad item is refused as a whole."""
    heard = []
    for operation in _batches(probe.contract):
        exchange = _send(probe, operation, [*_items(probe, operation, 1), _spoilt(probe, operation)[0]])
        heard.append((_reading_of(exchange), exchange))
    return overall_reading(probe, "batch", heard)


def _reading_of(exchange: Exchange) -> str | None:
    """Of a batch whose second item is bad."""
    if exchange.status == 400:
        return "atomic"
    rows = [row.get("success") if isinstance(row, dict) else None for row in exchange.got.rows]
    return "per-item" if exchange.status in (200, 201) and rows == [True, False] else None


@promise("batch-is-atomic", family=_FAMILY, inferred="batch", cases=each_batch, needs=WRITES, weight=6)
def a_batch_is_stored_whole_or_not_at_all(probe: Probe, operation: Operation) -> None:
    """Of a batch with bad items none is stored, the good ones neither; where items are taken one by one, exactly the good ones are."""
    spoilt, _ = _spoilt(probe, operation)
    items = [*_items(probe, operation, 1), spoilt, *_items(probe, operation, 1)]
    exchange = _send(probe, operation, items)
    by_item = probe.reading("batch") == "per-item"
    for item in (items[0], items[2]):
        stored = _stores(probe, operation, items, item)
        expected = "the good items are stored" if by_item else "nothing of the batch is stored, since one item is bad"
        probe.check(stored is by_item, exchange, expected, f"{quoted(item)} {'is' if stored else 'is not'} found afterwards")


@promise("batch-names-every-bad-item", family=_FAMILY, documented="Error Responses", cases=each_batch, needs=WRITES, weight=6)
def every_bad_item_is_named(probe: Probe, operation: Operation) -> None:
    """A refused batch names every bad item and its field, and no good one."""
    (first, name), (last, _) = _spoilt(probe, operation), _spoilt(probe, operation)
    exchange = _send(probe, operation, [first, *_items(probe, operation, 1), last])
    if probe.reading("batch") == "per-item":
        rows = [row if isinstance(row, dict) else {} for row in exchange.got.rows]
        good = [row.get("success") for row in rows] == [False, True, False]
        probe.require(good, exchange, "an entry for each item, in order, of which the first and the last have success false")
        for row in (rows[0], rows[2]):
            probe.check(name in (row.get("errors") or {}), exchange, f"errors with {name} for each bad item", quoted(row))
        return
    field = str(_field(operation))
    refused(probe, exchange, *(probe.place(field, place, name) for place in (0, 2)), why="the first and the last item lack it")
    blamed = [key for key in exchange.got.errors if key.startswith(probe.place(field, 1))]
    probe.check(not blamed, exchange, "no entry for the second item, which is good", f"{', '.join(blamed)}")


@promise("batch-keeps-the-order", family=_FAMILY, inferred="batch", cases=each_batch, needs=WRITES, weight=6)
def a_good_batch_is_stored_in_the_order_sent(probe: Probe, operation: Operation) -> None:
    """A good batch is a 201 with every item as it was sent, in the order sent, and each can be read afterwards."""
    items = sorted(_items(probe, operation, 3), key=repr, reverse=True)
    items[0] = {**probe.body(operation.resource), **items[0]}
    exchange = _send(probe, operation, items)
    made = _made(probe, operation, items, exchange)
    ids = [one.id for one in made]
    probe.check(len(set(ids)) == len(ids), exchange, "an identifier of its own for each item", quoted(ids))
    hidden = {name for name, part in probe.resource(operation.resource).input.get("properties", {}).items() if part.get("writeOnly")}
    for place, one in enumerate(made):
        found = probe.found(operation.resource, one.id)
        probe.check(found is not None, exchange, f"object {one.id} can be read afterwards", "it is not there")
        for seen in (one.document if len(one.document) > 1 else {}, found or {}):
            for name, value in ((name, value) for name, value in one.sent.items() if name not in hidden):
                sent = f"{name} {quoted(value)} on item {place}, as it was sent"
                probe.check(not seen or same(seen.get(name), value), exchange, sent, f"{name} {quoted(seen.get(name))}")


@promise("batch-size", family=_FAMILY, inferred="batch", cases=each_batch, needs=WRITES, weight=4)
def a_batch_has_its_bounds(probe: Probe, operation: Operation) -> None:
    """A batch of no item or of more than 100 is refused with a 400 and nothing of it stored; of 1 and of 100 it is taken."""
    field = str(_field(operation))
    schema = (operation.body or {})["properties"][field]
    fewest, most = schema.get("minItems", 0), schema.get("maxItems")
    for size in [fewest - 1] * (fewest > 0) + [most + 1] * (most is not None):
        items = _items(probe, operation, size)
        exchange = _send(probe, operation, items)
        refused(probe, exchange, field, why=f"a batch may not have {size} items")
        if items:
            probe.check(
                not _stores(probe, operation, items, items[0]),
                exchange,
                "nothing of a refused batch is stored",
                f"{quoted(items[0])} is found afterwards",
            )
    for size in dict.fromkeys(one for one in (fewest, most) if one):
        items = _items(probe, operation, size)
        _made(probe, operation, items, _send(probe, operation, items))
