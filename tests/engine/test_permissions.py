"""Who may read and change a collection follows from the roles of the contract's operations, whatever the collection is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openapi.reader import load_contract
from openapi.vocabulary import ROLES
from sandbox.engine import Permissions, projected
from tests.engine.spec_edits import add_suppliers, contract_of, own_document

ALL, STAFF_TOO, ALONE = set(ROLES), {"administrator", "staff"}, {"administrator"}
LIST, CREATE, READ, REPLACE, DELETE, BATCH = (
    ("/suppliers", "get"), ("/suppliers", "post"), ("/suppliers/{id}", "get"), ("/suppliers/{id}", "put"), ("/suppliers/{id}", "delete"),
    ("/batch/suppliers", "post"),
)  # fmt: skip
Place = tuple[str, str]


def permissions(tmp_path: Path, roles: dict[Place, list[str]], without: tuple[Place, ...] = (), **words: Any) -> Permissions:
    """Of the project's contract with suppliers, whose operations have these roles."""
    document = add_suppliers(own_document())
    for (path, method), own in roles.items():
        document["paths"][path][method]["x-role"] = own
    for path, method in without:
        del document["paths"][path][method]
    document["paths"]["/suppliers"]["post"] |= words
    return Permissions(contract_of(document, tmp_path))


def who(may: Any, collection: str = "suppliers") -> set[str]:
    return {role for role in ROLES if may(role, collection)}


def test_of_the_project_s_own_contract_as_its_roles_promise() -> None:
    contract = load_contract()
    own = Permissions(contract)
    readers = {name: who(own.may_read, name) for name in contract.resources}
    assert readers == {**dict.fromkeys(contract.resources, ALL), "users": ALONE, "leads": STAFF_TOO, "webhooks": STAFF_TOO}
    assert {name: who(own.may_write, name) for name in contract.resources} == {**dict.fromkeys(contract.resources, STAFF_TOO), "users": ALONE}
    assert all(who(own.may_read_whole, name) == readers[name] for name in contract.resources)
    assert who(own.may_read, "reports") == ALONE


@pytest.mark.parametrize(
    ("roles", "without", "readers"),
    [
        ({}, (), ALL),
        ({LIST: ["administrator"], READ: ["administrator"]}, (), ALONE),
        ({LIST: ["administrator"], READ: ["administrator", "staff"]}, (), STAFF_TOO),  # ids are counted, so each can be asked for
        ({LIST: ["administrator"]}, (READ,), ALONE),
        ({READ: ["administrator"]}, (LIST,), ALONE),
        ({LIST: ["staff"], READ: ["staff"]}, (), STAFF_TOO),  # an administrator makes himself a key of any role
        ({}, (LIST, READ), STAFF_TOO),
        ({CREATE: ["administrator"]}, (LIST, READ), ALONE),
        ({DELETE: ["administrator"]}, (LIST, READ), ALONE),
        ({CREATE: list(ROLES), DELETE: list(ROLES), REPLACE: list(ROLES), BATCH: list(ROLES)}, (LIST, READ), ALL),
    ],
)
def test_readers_are_those_of_the_reading_operations_or_of_the_narrowest(
    tmp_path: Path, roles: dict[Place, list[str]], without: tuple[Place, ...], readers: set[str]
) -> None:
    assert who(permissions(tmp_path, roles, without).may_read) == readers


@pytest.mark.parametrize(
    ("roles", "without", "writers", "creators"),
    [
        ({}, (), STAFF_TOO, STAFF_TOO),
        ({DELETE: ["administrator"]}, (), ALONE, STAFF_TOO),
        ({CREATE: ["administrator"]}, (), ALONE, STAFF_TOO),  # by the batch
        ({CREATE: ["administrator"], BATCH: ["administrator"]}, (), ALONE, ALONE),
        ({}, (CREATE, REPLACE, DELETE, BATCH), ALONE, ALONE),
    ],
)
def test_writers_may_do_all_that_changes_it(
    tmp_path: Path, roles: dict[Place, list[str]], without: tuple[Place, ...], writers: set[str], creators: set[str]
) -> None:
    own = permissions(tmp_path, roles, without) if CREATE not in without else _read_alone(tmp_path)
    assert (who(own.may_write), who(own.may_create)) == (writers, creators)


def _read_alone(tmp_path: Path) -> Permissions:
    document = add_suppliers(own_document())
    document["paths"] = {path: item for path, item in document["paths"].items() if path != "/batch/suppliers"}
    for path, methods in (("/suppliers", ("post",)), ("/suppliers/{id}", ("put", "delete"))):
        for method in methods:
            del document["paths"][path][method]
    return Permissions(contract_of(document, tmp_path))


def test_of_an_operation_that_asks_for_no_key_no_role_is_looked_at(tmp_path: Path) -> None:
    document = add_suppliers(own_document())
    document["paths"]["/suppliers"]["get"] |= {"security": [], "x-role": ["administrator"]}
    document["paths"]["/suppliers/{id}"]["get"] |= {"x-role": ["administrator"]}
    assert who(Permissions(contract_of(document, tmp_path)).may_read) == ALL


def test_a_field_that_a_role_is_shown_by_no_operation_is_hidden_from_it(tmp_path: Path) -> None:
    document = add_suppliers(own_document())
    answer = document["paths"]["/suppliers"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer["properties"]["data"] = {
        "type": "array",
        "items": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
    }
    document["paths"]["/suppliers/{id}"]["get"]["x-role"] = ["administrator", "staff"]
    contract = contract_of(document, tmp_path)
    own, supplier = Permissions(contract), {"id": 1, "name": "Ours", "email": "a@example.com", "_private": 1}
    shown = {role: own.shown(role, "suppliers", projected(contract.resources["suppliers"], supplier)) for role in ROLES}
    whole = {"id": 1, "name": "Ours", "email": "a@example.com"}
    assert shown == {"administrator": whole, "staff": whole, "read-only": {"id": 1, "name": "Ours"}}
    assert who(own.may_read_whole) == STAFF_TOO
    assert who(own.may_read) == ALL


def test_what_the_contract_does_not_know_is_the_administrators() -> None:
    own = Permissions(load_contract())
    assert who(own.may_read, "gone") == who(own.may_write, "gone") == who(own.may_create, "gone") == ALONE


def test_an_exchange_is_shown_to_whom_the_collection_is() -> None:
    """A request log asks this of each of its entries."""
    contract = load_contract()
    own = Permissions(contract)
    for id, readers in {"createUser": ALONE, "listUsers": ALONE, "getFinancialReport": ALONE, "createLead": STAFF_TOO, "createCustomer": ALL}.items():
        assert {role for role in ROLES if own.may_see_exchange(role, contract.operations[id])} == readers, id


def test_an_event_of_before_belongs_to_all_that_emit_such_a_one(tmp_path: Path) -> None:
    """It was written without its collection, so whoever sees it must be allowed to see each that it can come from."""
    emits = [{"event": "payment.received"}]
    own = permissions(tmp_path, {LIST: ["administrator"], READ: ["administrator"]}, **{"x-emits": emits})
    for collection, seen in ((None, ALONE), ("suppliers", ALONE), ("transactions", ALL), ("gone", ALONE)):
        event = {"type": "payment.received", "data": {"id": 1}, **({} if collection is None else {"collection": collection})}
        assert {role for role in ROLES if own.may_see_event(role, event)} == seen, collection
    assert {role for role in ROLES if own.may_see_event(role, {"type": "invoice.created", "data": {}})} == ALL
    assert {role for role in ROLES if own.may_see_event(role, {"type": "nobody.emits", "data": {}})} == ALONE
