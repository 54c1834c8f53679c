"""A plain resource comes into being by an edit of the document alone, and works in full."""

from pathlib import Path

import pytest

from openapi.contract import Contract
from sandbox.errors import Missing
from tests.engine.spec_edits import add_suppliers, contract_of, own_document
from tests.engine.world import World


@pytest.fixture
def world(with_suppliers: Contract) -> World:
    world = World(with_suppliers)
    world.make("createCustomer")
    for _ in range(2):
        world.make("createProduct")
    return world


def test_it_is_created_with_its_defaults_and_can_be_read(world: World) -> None:
    created = world.make("createSupplier", name="Acme", customer_id=1)
    assert (created["id"], created["rating"], created["rank"]) == (1, 3, "new")
    assert world.do("readSupplier", id=1).data == created


def test_defaults_and_read_only_fields_count_at_every_depth(world: World) -> None:
    parts = [{"product_id": 1, "checked": "yes", "pin": "1234"}, {"product_id": 2, "unit": "metre"}]
    created = world.make("createSupplier", name="Acme", parts=parts, terms={})
    assert created["parts"] == [{"product_id": 1, "unit": "piece"}, {"product_id": 2, "unit": "metre"}]
    assert created["terms"] == {"days": 30}
    assert "1234" not in repr(world.image)


def test_what_is_only_written_is_not_stored_at_any_depth(world: World) -> None:
    created = world.make("createSupplier", name="Acme", login={"name": "acme", "phrase": "open sesame"}, parts=[{}])
    assert created["login"] == {"name": "acme"}
    assert "pin" not in created["parts"][0]


def test_what_only_the_answer_names_or_marks_is_the_server_s_own(world: World) -> None:
    created = world.make("createSupplier", name="Acme", grade="mine")
    assert "grade" not in created
    world.amend("suppliers", 1, grade="A", score=5)
    replaced = world.do("replaceSupplier", {"name": "Acme", "grade": "mine"}, id=1).data
    assert (replaced["grade"], replaced["score"]) == ("A", 5)


def test_null_is_kept_where_it_may_stand(world: World) -> None:
    first, second = (world.make("createSupplier", name="Acme", parts=None, code=None, customer_id=None, terms=None) for _ in range(2))
    assert first["parts"] is first["terms"] is first["code"] is first["customer_id"] is second["code"] is None


def test_the_store_gives_the_id_even_where_the_document_forgot_to_say_so(world: World) -> None:
    created = world.make("createSupplier", name="Acme", id=44, created_at="never")
    assert (created["id"], created["created_at"]) == (1, "2024-01-15T10:00:00Z")


def test_it_is_replaced(world: World) -> None:
    world.make("createSupplier", name="Acme", email="a@x", rating=5)
    world.amend("suppliers", 1, rank="old")
    replaced = world.do("replaceSupplier", {"name": "Other", "rank": "mine"}, id=1).data
    assert (replaced["name"], replaced["rating"], replaced["rank"]) == ("Other", 3, "old")
    assert "email" not in replaced


def test_it_is_deleted(world: World) -> None:
    world.make("createSupplier", name="Acme")
    world.do("deleteSupplier", id=1)
    with pytest.raises(Missing):
        world.do("readSupplier", id=1)


def test_nested_references_must_name_something(world: World) -> None:
    body = {"name": "Acme", "product_ids": [1, 7], "parts": [{"product_id": 1}, {}, {"product_id": 8}], "customer_id": 9}
    assert world.refusal("createSupplier", body) == {
        "product_ids.1": "Item 1 is 7, which names nothing in products",
        "parts.2.product_id": "Product_id is 8, which names nothing in products",
        "customer_id": "Customer_id is 9, which names nothing in customers",
    }


def test_what_a_nested_reference_points_at_cannot_be_deleted(tmp_path: Path) -> None:
    document = add_suppliers(own_document())
    paths = document["paths"]
    paths["/products/{id}"] = {
        **paths["/suppliers/{id}"],
        "x-resource": "products",
        "delete": {**paths["/suppliers/{id}"]["delete"], "operationId": "deleteProduct"},
    }
    for method in ("get", "put"):
        del paths["/products/{id}"][method]
    world = World(contract_of(document, tmp_path))
    for _ in range(3):
        world.make("createProduct")
    world.make("createSupplier", name="Acme", parts=[{"product_id": 2}], product_ids=[2])
    world.make("createSupplier", name="Other", parts=[{"product_id": 1}, {"product_id": 2}])
    assert world.refusal("deleteProduct", id=2) == {"id": "Id 2 of products cannot be deleted: 2 suppliers refer to it"}
    world.do("deleteProduct", id=3)
    assert world.ids("listProducts") == [1, 2]


def test_what_points_twice_counts_once(world: World) -> None:
    world.make("createSupplier", name="Acme", customer_id=1, payer_id=1)
    assert world.refusal("deleteCustomer", id=1)["id"].endswith("one supplier refers to it")


def test_what_points_at_itself_alone_can_be_deleted(world: World) -> None:
    world.make("createSupplier", name="Acme")
    world.do("replaceSupplier", {"name": "Acme", "parent_id": 1}, id=1)
    world.make("createSupplier", name="Child", parent_id=1)
    assert world.refusal("deleteSupplier", id=1)["id"].endswith("one supplier refers to it")
    world.do("deleteSupplier", id=2)
    world.do("deleteSupplier", id=1)
    assert world.ids("listSuppliers") == []


def test_unique_values_are_not_shared(world: World) -> None:
    world.make("createSupplier", name="Acme", email="A@x", code="x1")
    assert world.refusal("createSupplier", {"name": "Other", "email": "a@X", "code": "x1"}).keys() == {"email", "code"}
    assert world.make("createSupplier", name="Other", email="b@x", code="X1")["code"] == "X1"


def test_replacing_an_object_does_not_clash_with_itself(world: World) -> None:
    world.make("createSupplier", name="Acme", email="a@x")
    world.make("createSupplier", name="Other", email="b@x")
    assert world.do("replaceSupplier", {"name": "New", "email": "A@x"}, id=1).data["email"] == "A@x"
    assert world.refusal("replaceSupplier", {"name": "New", "email": "B@x"}, id=1).keys() == {"email"}


def test_it_is_listed_filtered_and_searched_without_pages(world: World) -> None:
    for number in range(1, 6):
        world.make("createSupplier", name=f"Supplier {number}", rating=number, since=f"2024-01-0{number}")
    assert world.do("listSuppliers").meta == {"current_page": 1, "total_pages": 1, "total_records": 5}
    assert world.ids("listSuppliers", rating=2) == [2]
    assert world.ids("listSuppliers", above=2, below=5) == [3, 4]
    assert world.ids("listSuppliers", first="2024-01-02", last="2024-01-03", above=2) == [3]
    assert world.ids("listSuppliers", q="IER 4") == [4]
    assert (world.do("listSuppliers", q="nothing").meta or {})["total_pages"] == 0


def test_all_crossed_ranges_are_named_at_once(world: World) -> None:
    refusal = world.refusal("listSuppliers", above=5, below=2, first="2024-02-01", last="2024-01-01")
    assert refusal.keys() == {"above", "first"}
