"""The typed view of the contract: what its words say is there in full, and nobody can change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from openapi.contract import Contract, Emission, Filter, Reference

Load = Callable[[Any], Contract]


def test_operations_stand_by_id_and_by_path_and_method(contract: Contract) -> None:
    one = contract.operations["updateCustomer"]
    assert (one.method, one.path, one.resource, one.action) == ("PUT", "/customers/{id}", "customers", "replace")
    assert contract.paths["/customers/{id}"]["PUT"] is one
    assert set(contract.paths["/customers/{id}"]) == {"GET", "PUT", "DELETE"}
    assert contract.base_path == "/api/v2"


def test_parameters_of_the_path_and_of_the_operation_stand_together(contract: Contract) -> None:
    (id,) = contract.operations["getCustomer"].parameters
    assert (id.name, id.place, id.required, id.schema["maximum"]) == ("id", "path", True, 2**53 - 1)


def test_a_parameter_of_the_operation_replaces_the_one_of_the_path(document: dict[str, Any], load: Load) -> None:
    own = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    document["paths"]["/customers/{id}"]["get"]["parameters"] = [own]
    operations = load(document).operations
    assert [one.schema for one in operations["getCustomer"].parameters] == [{"type": "string"}]
    assert operations["deleteCustomer"].parameters[0].schema["type"] == "integer"


def test_filters_and_search_say_what_a_parameter_means(contract: Contract) -> None:
    assert contract.operations["listInvoices"].filters == (
        Filter("status", "status", "eq"),
        Filter("customer_id", "customer_id", "eq"),
        Filter("date_from", "date", "ge"),
        Filter("date_to", "date", "le"),
    )
    assert contract.resources["customers"].search == ("account", "email", "phone")


def test_events_are_emitted_on_the_condition_that_the_contract_says(contract: Contract) -> None:
    assert contract.operations["createInvoice"].emits == (Emission("invoice.created", {}),)
    assert contract.operations["recordTransaction"].emits == (Emission("payment.received", {"type": "Income"}),)


def test_an_answer_has_its_schema_and_its_headers(contract: Contract) -> None:
    answer = contract.operations["createCustomer"].success
    assert answer.status == 201
    assert answer.schema is not None
    assert set(answer.schema["properties"]) >= {"success", "data"}
    assert set(answer.required_headers) == {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Location"}
    assert set(contract.operations["getCustomer"].success.headers) > set(contract.operations["getCustomer"].success.required_headers)


def test_an_answer_without_a_body_has_no_schema(document: dict[str, Any], load: Load) -> None:
    delete = document["paths"]["/customers/{id}"]["delete"]
    delete["responses"]["204"] = {"description": "Gone."}
    del delete["responses"]["200"]
    success = load(document).operations["deleteCustomer"].success
    assert (success.status, success.schema, success.headers) == (204, None, {})


def test_without_a_role_in_the_contract_whoever_may_write_may_call_and_whoever_may_read_may_read(document: dict[str, Any], load: Load) -> None:
    for method in ("get", "post"):
        del document["paths"]["/quotes"][method]["x-role"]
    operations = load(document).operations
    assert operations["listQuotes"].roles == {"administrator", "staff", "read-only"}
    assert operations["createQuote"].roles == {"administrator", "staff"}


def test_references_are_found_through_lists_objects_and_alternatives(document: dict[str, Any], load: Load) -> None:
    item = document["components"]["schemas"]["LineItem"]["properties"]
    item["product_id"] = {"type": "integer", "x-ref": "products"}
    item["seller"] = {"type": "object", "properties": {"id": {"anyOf": [{"x-ref": "users"}, {"enum": [0]}]}}}
    assert set(load(document).resources["quotes"].references) == {
        Reference(("customer_id",), "customers"),
        Reference(("items", "*", "product_id"), "products"),
        Reference(("items", "*", "seller", "id"), "users"),
    }


def test_whoever_points_into_a_collection_is_found_from_there(contract: Contract) -> None:
    pointing = {(resource.name, reference.path) for resource, reference in contract.referrers("customers")}
    assert pointing == {("invoices", ("customer_id",)), ("quotes", ("customer_id",)), ("tickets", ("customer_id",))}
    assert list(contract.referrers("products")) == []


def test_a_resource_has_the_fields_of_what_is_sent_and_of_what_is_stored(contract: Contract) -> None:
    users = contract.resources["users"]
    assert users.fields == {"id", "name", "email", "password", "role", "created_at", "updated_at"}
    assert "password" not in users.schema["properties"]
    assert users.unique == {"email": "ignore-case"}
    assert set(users.operations) == {"listUsers", "createUser"}


def test_only_a_resource_that_can_be_read_one_by_one_has_an_address(contract: Contract) -> None:
    assert {name: one.item_path for name, one in contract.resources.items() if one.item_path} == {"customers": "/customers/{id}"}


def test_what_stores_nothing_is_no_resource(contract: Contract) -> None:
    assert "reports" not in contract.resources
    assert contract.operations["getFinancialReport"].resource == "reports"


@pytest.mark.parametrize(("left", "has_input"), [("get", False), ("post", True)])
def test_a_resource_is_known_by_whichever_operation_shows_its_object(document: dict[str, Any], load: Load, left: str, has_input: bool) -> None:
    document["paths"]["/products"] = {word: document["paths"]["/products"][word] for word in ("x-resource", left)}
    products = load(document).resources["products"]
    assert {"id", "name", "price"} <= set(products.schema["properties"])
    assert bool(products.input) is has_input


def test_a_create_that_answers_with_the_id_alone_leaves_the_object_to_the_list(document: dict[str, Any], load: Load) -> None:
    content = document["paths"]["/products"]["post"]["responses"]["201"]["content"]["application/json"]
    content["schema"] = {"type": "object", "properties": {"data": {"type": "integer"}}}
    del content["example"]
    assert "price" in load(document).resources["products"].schema["properties"]


def test_an_operation_may_speak_of_another_resource_than_its_path(document: dict[str, Any], load: Load) -> None:
    document["paths"]["/batch/customers"]["post"]["x-resource"] = "leads"
    assert load(document).operations["batchCreateCustomers"].resource == "leads"


def test_a_path_may_stand_elsewhere_in_the_document(document: dict[str, Any], load: Load) -> None:
    document["components"]["offers"] = document["paths"].pop("/quotes")
    document["paths"]["/offers"] = {"$ref": "#/components/offers"}
    assert load(document).operations["createQuote"].path == "/offers"


@pytest.mark.parametrize(("servers", "base"), [([{"url": "https://a.example/v2/"}], "/v2"), ([{"url": "/"}], ""), ([], "")])
def test_the_base_path_is_that_of_the_first_server(document: dict[str, Any], load: Load, servers: list[Any], base: str) -> None:
    document["servers"] = servers
    assert load(document).base_path == base
    del document["servers"]
    assert load(document).base_path == ""


def test_nothing_of_the_contract_can_be_changed(contract: Contract) -> None:
    open_to_all: Any = contract
    with pytest.raises(FrozenInstanceError):
        open_to_all.base_path = "/"
    with pytest.raises(TypeError):
        open_to_all.operations["more"] = None
    with pytest.raises(TypeError):
        open_to_all.paths["/customers"]["PATCH"] = None
    with pytest.raises(FrozenInstanceError):
        open_to_all.operations["getCustomer"].action = "delete"
