"""An object goes, unless another one points at it (decision `delete-referenced`)."""

import pytest

from sandbox.errors import Missing
from tests.engine.world import World, own_contract

POINTING = {"invoices": "createInvoice", "quotes": "createQuote", "tickets": "createTicket"}


def test_these_tests_know_everything_that_points_at_customers() -> None:
    assert {resource.name for resource, _ in own_contract().referrers("customers")} == POINTING.keys()


def test_a_deleted_customer_is_gone(world: World) -> None:
    world.make("createCustomer", email="jane@example.com")
    result = world.do("deleteCustomer", id=1)
    assert (result.data, result.message) == (None, "Object 1 in customers was deleted")
    assert world.ids("listCustomers") == []
    with pytest.raises(Missing):
        world.do("getCustomer", id=1)


def test_deleting_what_is_not_there_says_so(world: World) -> None:
    with pytest.raises(Missing, match="There is no object 1 in customers"):
        world.do("deleteCustomer", id=1)


@pytest.mark.parametrize("collection", sorted(POINTING))
def test_a_customer_with_something_pointing_at_it_stays(world: World, collection: str) -> None:
    world.make("createCustomer")
    world.make(POINTING[collection])
    assert world.refusal("deleteCustomer", id=1) == {"id": f"Id 1 of customers cannot be deleted: one {collection[:-1]} refers to it"}


def test_the_refusal_says_everything_that_points_there(world: World) -> None:
    for _ in range(2):
        world.make("createCustomer")
        world.make("createTicket")
    world.make("createInvoice")
    assert world.refusal("deleteCustomer", id=1)["id"].endswith("one invoice and 2 tickets refer to it")


def test_a_customer_can_be_deleted_when_nothing_points_at_it_any_more(world: World) -> None:
    for _ in range(2):
        world.make("createCustomer")
    world.make("createTicket")
    world.amend("tickets", 1, customer_id=2)
    world.do("deleteCustomer", id=1)
    assert world.ids("listCustomers") == [2]


def test_what_points_at_another_customer_does_not_count(world: World) -> None:
    for _ in range(2):
        world.make("createCustomer")
    world.make("createInvoice", customer_id=2)
    world.do("deleteCustomer", id=1)
    assert world.ids("listCustomers") == [2]
