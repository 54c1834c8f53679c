"""Creating stores what was sent, the defaults and what the server adds; reading gives it back."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.errors import Missing
from sandbox.state.documents import Document
from tests.engine.world import BODIES, World, own_contract

ODD_VALUES: tuple[Any, ...] = (None, 7, -1.5, "text", True, [], [1], {}, {"a": 1})
CREATIONS = sorted(BODIES)


def _read_only(operation_id: str) -> list[str]:
    schema = own_contract().operations[operation_id].body or {}
    return [name for name, part in schema["properties"].items() if part.get("readOnly")]


def test_the_bodies_of_these_tests_cover_every_creation() -> None:
    assert {one.id for one in own_contract().operations.values() if one.action == "create"} == BODIES.keys()


def test_a_new_customer_has_what_was_sent_an_id_and_its_times(world: World) -> None:
    sent = {"account": "Jane Smith", "email": "jane@example.com", "phone": "1", "address": "a", "city": "b", "state": "c", "zip": "d", "country": "e"}
    result = world.do("createCustomer", sent)
    times = dict.fromkeys(("created_at", "updated_at"), "2024-01-15T10:00:00Z")
    assert result.data == {"id": 1, **sent, **times}
    assert result.created == 1


def test_an_optional_field_that_was_not_sent_is_absent(world: World) -> None:
    assert world.make("createCustomer").keys() == {"id", "account", "created_at", "updated_at"}


def test_what_was_created_can_be_read(world: World) -> None:
    created = world.make("createCustomer", email="jane@example.com")
    assert world.do("getCustomer", id=created["id"]).data == created


def test_reading_what_is_not_there_says_so(world: World) -> None:
    with pytest.raises(Missing, match="There is no object 7 in customers"):
        world.do("getCustomer", id=7)


def test_a_product_is_an_untaxed_service_unless_it_says_otherwise(world: World) -> None:
    plain = world.make("createProduct")
    told = world.make("createProduct", type="product", tax_rate=10)
    assert (plain["type"], plain["tax_rate"]) == ("service", 0)
    assert (told["type"], told["tax_rate"]) == ("product", 10)


def test_a_ticket_is_open_and_has_a_department_and_a_priority_by_default(world: World) -> None:
    world.make("createCustomer")
    plain = world.make("createTicket")
    told = world.make("createTicket", department_id=4, priority="High")
    assert (plain["status"], plain["department_id"], plain["priority"]) == ("Open", 1, "Medium")
    assert (told["status"], told["department_id"], told["priority"]) == ("Open", 4, "High")


@pytest.mark.parametrize("operation_id", CREATIONS)
def test_a_field_that_only_the_server_sets_is_ignored_whatever_its_type(operation_id: str) -> None:
    def made(**fields: Any) -> Document:
        world = World()
        world.make("createCustomer")
        return world.make(operation_id, **fields)

    plain = made()
    for odd in ODD_VALUES:
        assert made(**dict.fromkeys(_read_only(operation_id), odd)) == plain


def test_every_creation_has_a_field_that_only_the_server_sets() -> None:
    assert all({"id", "created_at", "updated_at"} <= set(_read_only(one)) for one in CREATIONS)


def test_ids_are_counted_for_each_collection_by_itself(world: World) -> None:
    assert [world.make("createCustomer")["id"], world.make("createCustomer")["id"], world.make("createLead")["id"]] == [1, 2, 1]


def test_an_id_is_never_given_again(world: World) -> None:
    world.make("createCustomer")
    last = world.make("createCustomer")["id"]
    world.do("deleteCustomer", id=last)
    assert world.make("createCustomer")["id"] == last + 1


def test_a_refused_creation_uses_up_no_id(world: World) -> None:
    world.make("createCustomer")
    world.refusal("createTicket", BODIES["createTicket"] | {"customer_id": 99})
    assert world.make("createTicket")["id"] == 1


def test_all_of_a_transaction_happens_at_one_moment(world: World) -> None:
    batch = world.do("batchCreateCustomers", {"customers": [{"account": "a"}, {"account": "b"}]}).data
    world.clock.advance(timedelta(days=1))
    later = world.make("createCustomer")
    assert [one["created_at"] for one in batch] == ["2024-01-15T10:00:00Z"] * 2
    assert later["created_at"] == "2024-01-16T10:00:00Z"
