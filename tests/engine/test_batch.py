"""A batch is all or nothing (decision `batch`)."""

from openapi.contract import Contract
from tests.engine.world import World


def test_a_batch_is_stored_in_the_order_sent(world: World) -> None:
    accounts = ["c", "a", "b"]
    result = world.do("batchCreateCustomers", {"customers": [{"account": one} for one in accounts]})
    assert [(one["id"], one["account"]) for one in result.data] == [(1, "c"), (2, "a"), (3, "b")]
    assert world.do("listCustomers").data == result.data


def test_a_batch_takes_a_hundred(world: World) -> None:
    result = world.do("batchCreateCustomers", {"customers": [{"account": f"Customer {number}"} for number in range(100)]})
    assert [one["id"] for one in result.data] == list(range(1, 101))


def test_read_only_fields_of_items_are_ignored(world: World) -> None:
    (stored,) = world.do("batchCreateCustomers", {"customers": [{"account": "a", "id": "x", "created_at": None}]}).data
    assert (stored["id"], stored["created_at"]) == (1, "2024-01-15T10:00:00Z")


def test_every_faulty_item_is_named_and_nothing_is_stored(with_suppliers: Contract) -> None:
    world = World(with_suppliers)
    items = [
        {"name": "a", "email": "one@x"},
        {"name": "b", "email": "ONE@x"},
        {"name": "c"},
        {"name": "d", "parts": [{"product_id": 8}], "parent_id": 9},
    ]
    assert world.refusal("batchCreateSuppliers", {"suppliers": items}) == {
        "suppliers.1.email": "Email is already that of another object in suppliers",
        "suppliers.3.parts.0.product_id": "Product_id is 8, which names nothing in products",
        "suppliers.3.parent_id": "Parent_id is 9, which names nothing in suppliers",
    }


def test_an_item_may_point_at_one_before_it(with_suppliers: Contract) -> None:
    world = World(with_suppliers)
    stored = world.do("batchCreateSuppliers", {"suppliers": [{"name": "a"}, {"name": "b", "parent_id": 1}]}).data
    assert stored[1]["parent_id"] == 1


def test_after_a_refused_batch_ids_go_on_as_if_it_had_not_been(with_suppliers: Contract) -> None:
    world = World(with_suppliers)
    world.refusal("batchCreateSuppliers", {"suppliers": [{"name": "a"}, {"name": "b", "parent_id": 7}]})
    assert world.make("createSupplier", name="c")["id"] == 1
