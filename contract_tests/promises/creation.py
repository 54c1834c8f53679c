"""State: what is created is stored as sent, returned, readable and listed; ids increase."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise
from typing import Any

from contract_tests.errors import Unable
from contract_tests.judging.lists import as_sent, creations, ids, lists, newest, only_an_id, remember_unchanged, unchanged_objects, with_action
from contract_tests.judging.probe import Probe, same
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Needs, promise, reading
from openapi.contract import Operation
from openapi.wording import quoted

_WRITES = Needs(writes=True)
_OWN = {"integer": 9_007_199_254_740_001, "number": 123_456.78}
"""What a client might send for a field that it does not set; for a text `mine`."""


@reading("create-answer", family="state", needs=_WRITES, weight=9)
def what_a_create_answers(probe: Probe) -> str:
    """A create answers with the object as it is stored."""
    heard: list[Heard] = []
    for operation in with_action(probe.contract, "create"):
        try:
            exchange = probe.shared(operation.resource).exchange
        except Unable:
            continue  # that it cannot be created breaks another promise
        fields = exchange.got.data.keys()
        visible = [name for name in _required(probe, operation) if name != "secret"]
        heard.append(("id" if fields <= {"id", "secret"} else "object" if fields & set(visible) != {"id"} else None, exchange))
    return overall_reading(probe, "create-answer", heard)


@promise("create-stores", family="state", documented="Core Resources: create", cases=creations(), needs=_WRITES, weight=9)
def a_create_stores_what_was_sent(probe: Probe, operation: Operation) -> None:
    """A create answers 201; the object has every field that was sent, unchanged, and what the server adds."""
    collection = operation.resource
    if collection in probe.context.shared:
        made = probe.context.shared[collection]
        probe.expect(made.exchange, 201, why="for what was created")
    else:
        body = probe.body(collection)
        exchange = probe.call(operation, json=body)
        probe.require(exchange.status == 201, exchange, "201, since the body is a good one")
        made = remember_unchanged(probe, probe.created(collection, body, exchange))
    as_sent(probe, operation, made)
    if not only_an_id(made.document):
        missing = [name for name in _required(probe, operation) if name not in made.document and name != "secret"]
        probe.check(not missing, made.exchange, f"an object with {', '.join(_required(probe, operation))}", f"one without {', '.join(missing)}")


@promise("create-location", family="state", inferred="create-answer", cases=creations(lambda one: "Location" in one.success.headers), needs=_WRITES)
def a_create_tells_the_new_address(probe: Probe, operation: Operation) -> None:
    """The answer to a create says in Location where the new object is, where it has an address."""
    made = probe.shared(operation.resource)
    path = probe.resource(operation.resource).item_path or operation.path
    address = made.exchange.got.header("location") or ""
    wanted = re.sub(r"\{[^{}]+\}", str(made.id), path)
    good = address.partition("?")[0].endswith(wanted)
    probe.check(good, made.exchange, f"a Location that ends with {wanted}", f"Location: {address}" if address else "no Location")


@promise("create-listed", family="state", documented="Core Resources: list", cases=lists(), needs=_WRITES, weight=6)
def what_was_created_is_listed_once(probe: Probe, operation: Operation) -> None:
    """What was created stands in its list exactly once, in its place, as it was stored."""
    probe.shared(operation.resource)
    mine = unchanged_objects(probe, operation.resource)[-60:]
    rows, page = newest(probe, operation)
    seen = ids(rows)
    order = [id for id in seen if isinstance(id, int)]
    sorted_too = order == sorted(order, reverse=probe.reading("order") == "newest")
    probe.check(sorted_too, page, "objects in the order of their ids", quoted(order[-9:]))
    for made in mine:
        if not probe.check(seen.count(made.id) == 1, page, f"the object {made.id} once", f"{seen.count(made.id)} times", before=(made.exchange,)):
            continue
        row = rows[seen.index(made.id)]
        probe.check(same(row, dict(made.document)), page, quoted(dict(made.document)), quoted(row), before=(made.exchange,))


@promise("create-readable", family="state", documented="Get Customer", cases=creations(beside="read"), needs=_WRITES, weight=8)
def what_was_created_can_be_read(probe: Probe, operation: Operation) -> None:
    """What was created can be read at its address, as it was stored."""
    read = probe.operation(operation.resource, "read")
    made = probe.shared(operation.resource)
    exchange = probe.call(read, path={"id": made.id})
    probe.require(exchange.status == 200, exchange, f"200, since {made.id} was created", before=(made.exchange,))
    probe.check(same(exchange.got.data, dict(made.document)), exchange, quoted(dict(made.document)), before=(made.exchange,))


@promise("create-sparse", family="state", documented="Core Resources: optional fields", cases=creations(), needs=_WRITES, weight=7)
def what_was_never_sent_is_absent(probe: Probe, operation: Operation) -> None:
    """An optional field that was not sent is absent, or has the default of the contract."""
    body = probe.body(operation.resource, optional=False)
    exchange = probe.call(operation, json=body)
    probe.require(exchange.status == 201, exchange, "201, since all that is required was sent")
    made = remember_unchanged(probe, probe.created(operation.resource, body, exchange))
    as_sent(probe, operation, made)
    properties = probe.resource(operation.resource).schema.get("properties", {})
    for name, schema in properties.items():
        if name in body or only_an_id(made.document):
            continue
        there = made.document.get(name)
        if "default" in schema:
            probe.check(same(there, schema["default"]), exchange, f"{name} with its default {quoted(schema['default'])}", quoted(there))
        elif name not in _required(probe, operation):
            probe.check(name not in made.document, exchange, f"no {name}, since none was sent", f"{name}: {quoted(there)}")


def _with_series(operation: Operation) -> bool:
    return bool(_series(operation))


def _series(operation: Operation) -> list[str]:
    """The fields of a body that are lists, and may hold more than one thing."""
    properties = (operation.body or {}).get("properties", {})
    return [name for name, part in properties.items() if part.get("type") == "array" and not part.get("readOnly") and part.get("maxItems", 2) > 1]


@promise("create-series", family="state", documented="Core Resources: create", cases=creations(_with_series), needs=_WRITES, weight=7)
def a_list_in_an_object_keeps_its_order(probe: Probe, operation: Operation) -> None:
    """A field that is a list comes back with all that was sent in it, equal ones too, in the order sent."""
    body = probe.body(operation.resource, optional=False)
    other = probe.body(operation.resource, optional=False)
    for name in _series(operation):
        schema = (operation.body or {})["properties"][name]
        options = schema.get("items", {}).get("enum")
        longer = list(options) if options else [*body[name], *([] if schema.get("uniqueItems") else body[name]), *other[name]]
        body[name] = longer[: schema.get("maxItems", len(longer))]
    exchange = probe.call(operation, json=body)
    probe.require(exchange.status == 201, exchange, "201, since the body is a good one")
    as_sent(probe, operation, remember_unchanged(probe, probe.created(operation.resource, body, exchange)))


@promise("create-own-fields", family="state", inferred="read-only-sent", cases=creations(), needs=_WRITES, weight=4)
def what_the_server_sets_a_client_does_not(probe: Probe, operation: Operation) -> None:
    """A field that only the server sets is not taken from a client who sends it."""
    properties = probe.resource(operation.resource).input.get("properties", {})
    own = {name: _OWN.get(part.get("type"), "mine") for name, part in properties.items() if part.get("readOnly")}
    body = probe.body(operation.resource, optional=False)
    exchange = probe.call(operation, json={**body, **own})
    if probe.reading("read-only-sent") == "refuse":
        probe.expect(exchange, 400, why=f"since only the server sets {', '.join(own)}")
        return
    probe.require(exchange.status == 201, exchange, f"201, since {', '.join(own)} are ignored")
    made = remember_unchanged(probe, probe.created(operation.resource, body, exchange))
    taken = [name for name, value in own.items() if same(made.document.get(name), value)]
    probe.check(not taken, exchange, f"{', '.join(own)} as the server sets them", f"{', '.join(taken)} as it was sent")


@promise("ids-rise", family="state", inferred="ids", cases=creations(), needs=_WRITES, weight=3)
def identifiers_rise(probe: Probe, operation: Operation) -> None:
    """Identifiers are whole numbers from 1, each greater than those given before in its collection."""
    while len(mine := [one for one in probe.context.created_objects if one.collection == operation.resource]) < 2:
        remember_unchanged(probe, probe.make(operation.resource, optional=False))
    for earlier, later in pairwise(mine):
        risen = type(later.id) is int and 1 <= earlier.id < later.id
        probe.check(risen, later.exchange, f"an id above {earlier.id}", f"{later.id}", before=(earlier.exchange,))


@promise("ids-unused", family="state", inferred="ids", cases=creations(beside="delete"), needs=_WRITES, weight=6)
def an_identifier_is_never_used_again(probe: Probe, operation: Operation) -> None:
    """The identifier of a deleted object is never given again."""
    delete = probe.operation(operation.resource, "delete")
    gone = probe.make(operation.resource, optional=False)
    deleted = probe.call(delete, path={"id": gone.id})
    if deleted.status not in (200, 204):
        raise Unable("what was created could not be deleted")
    made = remember_unchanged(probe, probe.make(operation.resource, optional=False))
    probe.check(made.id > gone.id, made.exchange, f"an id above {gone.id}", f"{made.id}", before=(gone.exchange, deleted))


@promise("timestamps-first", family="state", inferred="timestamps", cases=creations(), needs=_WRITES, weight=5)
def a_new_object_was_changed_when_it_was_created(probe: Probe, operation: Operation) -> None:
    """created_at and updated_at stand on every new object, in UTC with whole seconds, and are the same."""
    for made in unchanged_objects(probe, operation.resource) or [probe.shared(operation.resource)]:
        if only_an_id(made.document):
            continue
        created, updated = made.document.get("created_at"), made.document.get("updated_at")
        probe.check(_is_moment(created), made.exchange, "a created_at such as 2024-01-15T10:00:00Z", quoted(created))
        probe.check(created == updated, made.exchange, f"the updated_at {quoted(created)}", quoted(updated))


def _required(probe: Probe, operation: Operation) -> list[str]:
    return list(probe.resource(operation.resource).schema.get("required", ()))


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))  # noqa: DTZ007  # its form is looked at
    except ValueError:
        return False
