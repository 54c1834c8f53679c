"""References name something, unique values are not shared, and all that is wrong is said at once."""

import pytest

from openapi.contract import Reference, Resource
from sandbox.errors import Invalid
from tests.engine.world import BODIES, LINE, World, own_contract

CREATIONS = {one.resource: one.id for one in own_contract().operations.values() if one.action == "create"}
REFERENCES = [
    pytest.param(resource, reference, id=f"{resource.name}.{'.'.join(reference.path)}")
    for resource in own_contract().resources.values()
    for reference in resource.references
]


def test_the_contract_has_references_to_try() -> None:
    assert len(REFERENCES) == 3


@pytest.mark.parametrize(("resource", "reference"), REFERENCES)
def test_a_reference_to_nothing_is_refused(world: World, resource: Resource, reference: Reference) -> None:
    (field,) = reference.path
    body = BODIES[CREATIONS[resource.name]] | {field: 99}
    assert world.refusal(CREATIONS[resource.name], body) == {field: f"{field.capitalize()} is 99, which names nothing in {reference.collection}"}


@pytest.mark.parametrize(("resource", "reference"), REFERENCES)
def test_a_reference_to_what_was_deleted_is_refused(world: World, resource: Resource, reference: Reference) -> None:
    world.make(CREATIONS[reference.collection])
    world.do("deleteCustomer", id=1)
    assert world.refusal(CREATIONS[resource.name], BODIES[CREATIONS[resource.name]]).keys() == {*reference.path}


@pytest.mark.parametrize(("resource", "reference"), REFERENCES)
def test_a_reference_to_something_is_kept(world: World, resource: Resource, reference: Reference) -> None:
    world.make(CREATIONS[reference.collection])
    assert world.make(CREATIONS[resource.name])[reference.path[0]] == 1


def test_ids_of_accounts_categories_and_departments_are_free(world: World) -> None:
    world.make("createCustomer")
    assert world.make("recordTransaction", account_id=2**53 - 1, category_id=7)["category_id"] == 7
    assert world.make("createTicket", department_id=12345)["department_id"] == 12345


def test_every_broken_rule_is_named_at_once(world: World) -> None:
    body = {"customer_id": 5, "date": "2024-02-01", "due_date": "2024-01-31", "items": [LINE | {"amount": 999_999_999.99, "qty": 2}]}
    refusal = world.refusal("createInvoice", body)
    assert refusal.keys() == {"customer_id", "due_date", "items"}
    assert refusal["due_date"] == "Due_date 2024-01-31 is before date 2024-02-01; it must be that day or later"


def test_two_users_may_not_share_an_address_whatever_its_case(world: World) -> None:
    world.make("createUser", email="Ada@Example.com")
    refusal = world.refusal("createUser", BODIES["createUser"] | {"email": "aDA@example.COM"})
    assert refusal == {"email": "Email is already that of another object in users"}


def test_the_address_of_a_user_stays_as_it_was_written(world: World) -> None:
    assert world.make("createUser", email="Ada@Example.com")["email"] == "Ada@Example.com"


def test_two_users_of_one_transaction_may_not_share_an_address(world: World) -> None:
    def both() -> None:
        with world.workspace.transaction() as tx:
            for email in ("ada@example.com", "ADA@example.com"):
                world.engine.create(tx, "users", BODIES["createUser"] | {"email": email})

    with pytest.raises(Invalid) as refused:
        both()
    assert refused.value.errors.keys() == {"email"}
    assert world.workspace.empty


@pytest.mark.parametrize("operation_id", ["createCustomer", "createLead"])
def test_customers_and_leads_may_share_an_address(world: World, operation_id: str) -> None:
    first, second = (world.make(operation_id, email="same@example.com") for _ in range(2))
    assert first["email"] == second["email"]
    assert first["id"] != second["id"]
