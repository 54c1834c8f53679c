"""Work that takes long is done to what was sent before the transaction, for each document in it."""

from pathlib import Path
from typing import Any

import pytest

from openapi.contract import Operation
from tests.engine.spec_edits import Spec, contract_of, own_document, with_replacement_of
from tests.engine.world import BODIES, World

USER = BODIES["createUser"]


def _with_a_batch_of_users(document: Spec) -> Spec:
    """A batch of users beside the one of customers, under `people`."""
    batch: Spec = dict(document["paths"]["/batch/customers"]["post"], operationId="batchCreateUsers")
    body = {
        "type": "object",
        "properties": {
            "note": {"type": "string"},
            "rejected": {"type": "array", "readOnly": True},
            "people": {"type": "array", "items": {"$ref": "#/components/schemas/UserInput"}},
        },
    }
    answer = {"type": "object", "properties": {"success": {}, "data": {"type": "array", "items": {"$ref": "#/components/schemas/User"}}}}
    batch["requestBody"] = {"content": {"application/json": {"schema": body}}}
    batch["responses"] = {"201": {"description": "The users.", "content": {"application/json": {"schema": answer}}}}
    document["paths"]["/batch/users"] = {"x-resource": "users", "post": batch}
    return document


def _prepared(world: World, operation: Operation, body: Any) -> Any:
    work = world.engine.slow_work(operation, body)
    assert work is not None
    work()
    return body


def test_a_password_is_hashed_before_the_transaction(world: World) -> None:
    prepared = _prepared(world, world.contract.operations["createUser"], dict(USER))
    assert "password" not in prepared
    assert prepared["_password"].startswith("$argon2id$")


def test_a_replaced_password_is_hashed_too(tmp_path: Path) -> None:
    world = World(contract_of(with_replacement_of(own_document(), "users", "User"), tmp_path))
    assert "_password" in _prepared(world, world.contract.operations["replaceUser"], dict(USER))


def test_every_password_of_a_batch_is_hashed(tmp_path: Path) -> None:
    world = World(contract_of(_with_a_batch_of_users(own_document()), tmp_path))
    people = [USER | {"email": f"{number}@example.com", "password": f"secret number {number}"} for number in range(2)]
    stored = world.do("batchCreateUsers", {"note": "n", "people": people}).data
    assert len({one["_password"] for one in stored}) == 2
    assert "secret number" not in repr(world.image)


def test_a_batch_that_was_sent_without_its_list_stores_nothing(tmp_path: Path) -> None:
    world = World(contract_of(_with_a_batch_of_users(own_document()), tmp_path))
    assert world.do("batchCreateUsers", {"note": "n"}).data == []
    assert world.workspace.empty


@pytest.mark.parametrize(
    ("operation_id", "body"),
    [
        ("createCustomer", {"account": "a"}),
        ("batchCreateCustomers", {"customers": [{"account": "a"}]}),
        ("listUsers", None),
        ("createUser", {"name": "Ada"}),
    ],
)
def test_what_has_nothing_slow_about_it_needs_no_thread(world: World, operation_id: str, body: Any) -> None:
    assert world.engine.slow_work(world.contract.operations[operation_id], body) is None


def test_what_is_only_written_is_never_stored_even_where_no_rule_took_it(world: World) -> None:
    with world.workspace.transaction() as tx:
        world.engine.create(tx, "users", dict(USER))
    assert USER["password"] not in repr(world.image)
