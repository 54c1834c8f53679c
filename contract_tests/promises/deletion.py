"""Deletion: a deleted object is gone and stays gone, and nothing else is deleted."""

from __future__ import annotations

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.lists import actions, ids, list_of, listed, newest, total, with_action
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Needs, promise, reading
from openapi.contract import Operation
from openapi.wording import quoted

_WRITES = Needs(writes=True)


@reading("delete-answer", family="state", needs=_WRITES, weight=8)
def what_a_delete_answers(probe: Probe) -> str:
    """A delete answers 200 with a message."""
    heard: list[Heard] = []
    for delete in with_action(probe.contract, "delete"):
        made = probe.make(delete.resource, optional=False)
        exchange = probe.call(delete, path={"id": made.id})
        envelope = exchange.got.envelope
        message = exchange.status == 200 and envelope.get("success") is True and isinstance(envelope.get("message"), str)
        empty = exchange.status == 204 and not exchange.got.body
        heard.append(("message" if message else "empty" if empty else None, exchange))
    return overall_reading(probe, "delete-answer", heard)


@promise("delete-gone", family="state", documented="Delete Customer", cases=actions("delete"), needs=_WRITES, weight=8)
def what_is_deleted_is_gone(probe: Probe, operation: Operation) -> None:
    """A deleted object cannot be read, changed or deleted again, and stands in no list."""
    collection = operation.resource
    made = probe.make(collection, optional=False)
    listing = list_of(probe, collection)
    before = None if listing is None else total(listed(probe, listing, {"limit": 1} if probe.is_paged(listing) else {}))
    deleted = probe.call(operation, path={"id": made.id})
    probe.require(deleted.status in (200, 204), deleted, "200, since it was there", before=(made.exchange,))
    _absent(probe, collection, made.id, made.exchange, deleted)
    again = probe.call(operation, path={"id": made.id})
    probe.expect(again, 404, why="since it was deleted before", before=(made.exchange, deleted))
    if listing is not None:
        rows, page = newest(probe, listing)
        probe.check(made.id not in ids(rows), page, f"a list without {made.id}", f"the ids {quoted(ids(rows)[-9:])}", before=(made.exchange, deleted))
        fewer = before is not None and total(page) == before - 1
        probe.check(fewer, page, f"one object fewer than {quoted(before)}", quoted(total(page)), before=(made.exchange, deleted))


@promise("delete-change", family="state", documented="Update Customer", cases=actions("delete"), needs=_WRITES, weight=5)
def what_is_deleted_cannot_be_brought_back(probe: Probe, operation: Operation) -> None:
    """A change of a deleted object is a 404, and does not bring it back; search does not find it either."""
    collection = operation.resource
    replace = probe.operation(collection, "replace")
    made = probe.make(collection)
    deleted = probe.call(operation, path={"id": made.id})
    changed = probe.call(replace, path={"id": made.id}, json=probe.body(collection))
    probe.expect(changed, 404, why="since it was deleted", before=(made.exchange, deleted))
    _absent(probe, collection, made.id, made.exchange, deleted, changed)
    listing = list_of(probe, collection)
    search = None if listing is None else next((one for one in listing.parameters if one.search), None)
    if listing is not None and search is not None:
        term = str(made.document.get(search.search[0], ""))
        page = listed(probe, listing, {search.name: term})
        probe.check(made.id not in ids(page.got.rows), page, f"nothing of {made.id}, which was deleted", before=(made.exchange, deleted))


@promise("delete-alone", family="state", documented="Delete Customer", cases=actions("delete"), needs=_WRITES, weight=5)
def a_delete_leaves_other_objects_alone(probe: Probe, operation: Operation) -> None:
    """A delete takes no other object with it; a delete that is refused takes none."""
    collection = operation.resource
    before, made, after = (probe.shared(collection), *(probe.make(collection, optional=False) for _ in range(2)))
    if probe.target.has("read-only") and "read-only" not in operation.roles:
        refused = probe.call(operation, path={"id": made.id}, key="read-only")
        probe.expect(refused, 403, why="since the key may only read")
    deleted = probe.call(operation, path={"id": made.id})
    if deleted.status not in (200, 204):
        raise Unable("what was created could not be deleted")
    for other in (before, after):
        now = probe.call(probe.operation(collection, "read"), path={"id": other.id})
        probe.expect(now, 200, why="since it was not deleted", before=(other.exchange, deleted))


def _absent(probe: Probe, collection: str, id: int, *before: Exchange) -> None:
    read = probe.call(probe.operation(collection, "read"), path={"id": id})
    probe.expect(read, 404, why="since it was deleted", before=before)
