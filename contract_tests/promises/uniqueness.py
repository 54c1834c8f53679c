"""Uniqueness: unique values are not shared by two objects; other values may be."""

from __future__ import annotations

from collections.abc import Iterable

from contract_tests.errors import Unable
from contract_tests.judging.lists import ids, list_of, newest
from contract_tests.judging.probe import Probe
from contract_tests.judging.readings import Heard, overall_reading
from contract_tests.judging.registry import Case, Needs, promise, reading
from openapi.contract import Contract, Operation, Resource
from openapi.wording import quoted

_WRITES = Needs(writes=True)


def _create(resource: Resource) -> Operation | None:
    return next((one for one in resource.operations.values() if one.action == "create"), None)


def _each_unique(contract: Contract) -> Iterable[Case]:
    for resource in contract.resources.values():
        create = _create(resource)
        for name, manner in resource.unique.items():
            sent = resource.input.get("properties", {}).get(name, {"readOnly": True})
            if create is not None and not sent.get("readOnly"):
                yield Case(f"{create.id} {name}", create.id, (create, name, manner))


def _each_free_address(contract: Contract) -> Iterable[Case]:
    for resource in contract.resources.values():
        create = _create(resource)
        if create is not None and "email" in resource.input.get("properties", {}) and "email" not in resource.unique:
            yield Case(create.id, create.id, create)


@reading("duplicate-email", family="state", needs=_WRITES, weight=9)
def whether_customers_may_share_an_address(probe: Probe) -> str:
    """Customers may share an e-mail."""
    create = probe.operation("customers", "create")
    if "email" not in (create.body or {}).get("properties", {}):
        raise Unable("customers have no e-mail")
    body = {**probe.body("customers", optional=False), "email": f"{probe.bodies.text().replace(' ', '.')}@contract-tests.example"}
    heard: list[Heard] = []
    for _ in range(2):
        exchange = probe.call(create, json=body)
        if exchange.status == 201:
            probe.created("customers", body, exchange)
        refused = exchange.status == 400 and "email" in exchange.got.errors
        heard.append(("users" if exchange.status == 201 else "customers-too" if refused else None, exchange))
    first, second = heard
    return overall_reading(probe, "duplicate-email", [second] if first[0] == "users" else [first])


@promise("unique-kept", family="state", inferred="duplicate-email", cases=_each_unique, needs=_WRITES, weight=7)
def what_is_unique_is_not_given_twice(probe: Probe, subject: tuple[Operation, str, str]) -> None:
    """A value that no two objects may share is refused the second time with a 400 that names it, and nothing is stored."""
    create, name, manner = subject
    first = probe.shared(create.resource)
    value = str(first.sent[name])
    forms = [value, value.swapcase()] if manner == "ignore-case" else [value]
    listing = list_of(probe, create.resource)
    before = [] if listing is None else ids(newest(probe, listing)[0])
    for form in forms:
        exchange = probe.call(create, json={**probe.body(create.resource), name: form})
        if probe.expect(exchange, 400, why=f"since the {name} {quoted(value)} is taken", before=(first.exchange,)):
            probe.check(name in exchange.got.errors, exchange, f"errors that name {name}", quoted(dict(exchange.got.errors)))
    if listing is not None:
        rows, page = newest(probe, listing)
        newer = [id for id in ids(rows) if id not in before]
        probe.check(not newer, page, "no object that was not there before", f"the ids {quoted(newer)}")


@promise("unique-only", family="state", inferred="duplicate-email", cases=_each_free_address, needs=_WRITES, weight=5)
def what_is_free_may_be_shared(probe: Probe, create: Operation) -> None:
    """An e-mail that the contract does not call unique may be shared; by customers too, unless the target says otherwise."""
    first = probe.shared(create.resource)
    body = {**probe.body(create.resource), "email": first.sent["email"]}
    exchange = probe.call(create, json=body)
    if "email" in probe.unlike(create.resource):
        probe.expect(exchange, 400, why="since customers may not share an e-mail here", before=(first.exchange,))
    elif probe.expect(exchange, 201, why="since the e-mail need not be unique", before=(first.exchange,)):
        probe.created(create.resource, body, exchange)
