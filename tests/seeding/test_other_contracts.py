"""A spec author's edit is seeded too: what was taken away is left out, what was added is filled, what was tightened fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from jsonschema_rs import Draft4Validator

from openapi.contract import Contract
from openapi.schemas import Direction, json_schema
from sandbox.errors import StartError
from sandbox.seeding.fixture_files import scenario
from sandbox.state.clock import timestamp
from sandbox.state.image import Image
from tests.seeding.conftest import Edit, seeder_for

World = Callable[[Edit], Image]
Edited = Callable[[Edit], Contract]
REFERENCE = {"type": "integer", "minimum": 1, "maximum": 9007199254740991}
STAMP = {"type": "string", "format": "date-time", "readOnly": True}
OWN = {"id": {**REFERENCE, "readOnly": True}, "created_at": STAMP, "updated_at": STAMP}


def add_resource(document: dict[str, Any], name: str, properties: dict[str, Any], required: Iterable[str] = ()) -> None:
    schema = {"type": "object", "additionalProperties": False, "properties": {**properties, **OWN}, "required": list(required)}
    envelope = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": schema}}
    document["paths"][f"/{name}"] = {
        "x-resource": name,
        "post": {
            "operationId": f"create_{name}",
            "x-action": "create",
            "requestBody": {"content": {"application/json": {"schema": schema}}},
            "responses": {"201": {"description": "It.", "content": {"application/json": {"schema": envelope}}}},
        },
    }


def sent(document: dict[str, Any], name: str) -> dict[str, Any]:
    schema: dict[str, Any] = document["components"]["schemas"][f"{name}Input"]
    return schema


def make_everything_fit(world: Image, contract: Contract) -> None:
    for collection, documents in world.tables.items():
        validator = Draft4Validator(json_schema(contract.resources[collection].schema, Direction.ANSWER), validate_formats=True)
        for document in documents.values():
            shown = {name: value for name, value in document.items() if not name.startswith("_")}
            assert [f"{collection} {fault.instance_path}: {fault.message}" for fault in validator.iter_errors(shown)] == []


def test_without_tickets_the_rest_is_the_same(world_of: World, demo: Image) -> None:
    world = world_of(lambda document: document["paths"].pop("/tickets"))
    assert world.tables == {name: table for name, table in demo.tables.items() if name != "tickets"}


def test_without_a_field_its_recipe_is_left_out(world_of: World, demo: Image) -> None:
    def edit(document: dict[str, Any]) -> None:
        del sent(document, "Customer")["properties"]["state"]

    world = world_of(edit)
    assert len(world.tables["customers"]) == len(demo.tables["customers"])
    assert not any("state" in one for one in world.tables["customers"].values())
    assert all("zip" in one for one in world.tables["customers"].values()), "made from its schema, since its recipe needs the state"


def test_without_the_field_that_a_fate_sets_it_is_left_out(world_of: World, demo: Image) -> None:
    def edit(document: dict[str, Any]) -> None:
        del sent(document, "Ticket")["properties"]["status"]
        document["components"]["schemas"]["Ticket"]["required"].remove("status")
        del document["paths"]["/tickets"]["get"]

    tickets = world_of(edit).tables["tickets"]
    assert len(tickets) == len(demo.tables["tickets"])
    assert all(one["created_at"] == one["updated_at"] for one in tickets.values())


def test_a_fate_that_the_contract_no_longer_knows_befalls_nobody(world_of: World) -> None:
    def edit(document: dict[str, Any]) -> None:
        sent(document, "Ticket")["properties"]["status"]["enum"] = ["Open", "Closed"]
        for parameter in document["paths"]["/tickets"]["get"]["parameters"]:
            if parameter.get("name") == "status":
                parameter["schema"]["enum"] = ["Open", "Closed"]

    assert {one["status"] for one in world_of(edit).tables["tickets"].values()} == {"Open", "Closed"}


@pytest.mark.parametrize("without", ["/transactions", "/invoices"])
def test_without_invoices_or_transactions_nobody_pays(world_of: World, without: str) -> None:
    world = world_of(lambda document: document["paths"].pop(without))
    assert not any(one["type"] == "Income" for one in world.tables.get("transactions", {}).values())
    assert {one["status"] for one in world.tables.get("invoices", {}).values()} <= {"Unpaid"}


def test_where_a_transaction_needs_more_than_a_payment_knows_nobody_pays(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        schema = sent(document, "Transaction")
        schema["properties"]["voucher"] = {"type": "string"}
        schema["required"].append("voucher")

    contract = edited(edit)
    world = seeder_for(contract).build("demo", 42)
    assert {one["type"] for one in world.tables["transactions"].values()} == {"Expense"}
    assert {one["status"] for one in world.tables["invoices"].values()} == {"Unpaid"}
    make_everything_fit(world, contract)


def test_an_added_resource_gets_five_objects_and_leaves_the_others_alone(edited: Edited, demo: Image) -> None:
    properties = {
        "customer_id": {**REFERENCE, "x-ref": "customers"},
        "name": {"type": "string", "maxLength": 40},
        "starts": {"type": "string", "format": "date"},
    }
    contract = edited(lambda document: add_resource(document, "projects", properties, ["customer_id", "name", "starts"]))
    world = seeder_for(contract).build("demo", 42)
    projects = list(world.tables["projects"].values())
    assert len(projects) == 5
    for project in projects:
        customer = world.tables["customers"][project["customer_id"]]
        assert customer["created_at"] <= project["created_at"] <= timestamp(scenario("demo").date)
        assert project["starts"] == project["created_at"][:10]
    assert {name: table for name, table in world.tables.items() if name != "projects"} == demo.tables
    make_everything_fit(world, contract)


def test_what_a_seeded_object_must_point_to_comes_before_it(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        schema = sent(document, "Customer")
        schema["properties"]["region_id"] = {**REFERENCE, "x-ref": "regions"}
        schema["required"].append("region_id")
        add_resource(document, "regions", {"country_id": {**REFERENCE, "x-ref": "countries"}}, ["country_id"])
        add_resource(document, "countries", {"name": {"type": "string"}}, ["name"])

    contract = edited(edit)
    world = seeder_for(contract).build("demo", 42)
    assert len(world.tables["regions"]) == len(world.tables["countries"]) == 5
    assert len(world.tables["customers"]) == 32
    for customer in world.tables["customers"].values():
        assert world.tables["regions"][customer["region_id"]]["created_at"] <= customer["created_at"]
    make_everything_fit(world, contract)


def test_a_collection_in_which_nobody_can_create_anything_stays_empty(world_of: World) -> None:
    def edit(document: dict[str, Any]) -> None:
        del document["paths"]["/tickets"]["post"]
        del document["paths"]["/customers"]["post"], document["paths"]["/customers/{id}"]["put"]

    world = world_of(edit)
    assert world.tables.keys() == {"transactions", "products", "leads", "users"}


def test_an_optional_reference_into_nothing_is_left_out(world_of: World) -> None:
    def edit(document: dict[str, Any]) -> None:
        properties = {
            "webhook_id": {**REFERENCE, "x-ref": "webhooks"},
            "webhook_ids": {"type": "array", "items": {**REFERENCE, "x-ref": "webhooks"}},
            "place": {"type": "object", "properties": {"webhook_id": {**REFERENCE, "x-ref": "webhooks"}}, "required": ["webhook_id"]},
        }
        add_resource(document, "calls", properties, ["webhook_ids"])

    calls = world_of(edit).tables["calls"]
    assert len(calls) == 5
    assert all("webhook_id" not in one and one["webhook_ids"] == [] and one.get("place", {}) == {} for one in calls.values())


@pytest.mark.parametrize(
    "properties",
    [
        {"webhook_id": {**REFERENCE, "x-ref": "webhooks"}},
        {"parent_id": {**REFERENCE, "x-ref": "added"}},
        {
            "lines": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "required": ["ref"], "properties": {"ref": {**REFERENCE, "x-ref": "webhooks"}}},
            }
        },
    ],
    ids=["nothing there", "itself", "in a list"],
)
def test_an_object_that_cannot_point_where_it_must_is_not_made(world_of: World, properties: dict[str, Any]) -> None:
    world = world_of(lambda document: add_resource(document, "added", properties, properties))
    assert "added" not in world.tables
    assert len(world.tables["customers"]) == 32


def test_two_resources_that_must_point_to_each_other_stay_empty(world_of: World) -> None:
    def edit(document: dict[str, Any]) -> None:
        add_resource(document, "hens", {"egg_id": {**REFERENCE, "x-ref": "eggs"}}, ["egg_id"])
        add_resource(document, "eggs", {"hen_id": {**REFERENCE, "x-ref": "hens"}}, ["hen_id"])

    assert not {"hens", "eggs"} & world_of(edit).tables.keys()


def test_a_value_that_no_longer_fits_is_made_from_its_schema(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        sent(document, "Customer")["properties"]["phone"]["pattern"] = r"^\+\d{11}$"
        sent(document, "Customer")["properties"]["account"]["maxLength"] = 12
        sent(document, "Lead")["properties"]["source"]["enum"] = ["Radio", "Website"]
        line = document["components"]["schemas"]["LineItem"]
        line["properties"]["amount"]["maximum"] = 100
        line["properties"]["unit"] = {"type": "string", "enum": ["hour", "piece"]}
        line["required"].append("unit")

    contract = edited(edit)
    world = seeder_for(contract).build("demo", 42)
    make_everything_fit(world, contract)
    assert {line["unit"] for one in world.tables["invoices"].values() for line in one["items"]} == {"hour", "piece"}
    assert any(line["description"] == "Website design" for one in world.tables["invoices"].values() for line in one["items"])
    assert {one["source"] for one in world.tables["leads"].values() if "source" in one} == {"Radio", "Website"}


def test_a_list_that_no_longer_fits_is_as_long_as_the_contract_wants_it(world_of: World) -> None:
    def edit(document: dict[str, Any]) -> None:
        sent(document, "Quote")["properties"]["items"] |= {"minItems": 5, "maxItems": 6}

    assert {len(one["items"]) for one in world_of(edit).tables["quotes"].values()} <= {5, 6}


def test_a_rule_over_the_whole_object_is_kept_too(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        sent(document, "Lead")["oneOf"] = [
            {"required": ["pet"], "properties": {"pet": {"type": "string"}}},
            {"required": ["car"], "properties": {"car": {"type": "string"}}},
        ]
        sent(document, "Lead")["properties"] |= {"pet": {"type": "string"}, "car": {"type": "string"}}

    contract = edited(edit)
    world = seeder_for(contract).build("demo", 42)
    assert all(("pet" in one) != ("car" in one) for one in world.tables["leads"].values())
    make_everything_fit(world, contract)


def test_a_field_that_nothing_fits_is_named_with_its_schema(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        field = sent(document, "Product")["properties"]["name"]
        del field["example"]
        field["pattern"] = "^(?=look)behind$"

    with pytest.raises(StartError, match=r"field products\.name .*behind.* give it an example in the contract"):
        seeder_for(edited(edit)).build("demo", 42)


def test_an_object_that_nothing_fits_is_named_with_its_schema(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        product = sent(document, "Product")
        product["not"] = {"required": ["name"]}

    with pytest.raises(StartError, match=r"no value for the field products .*not"):
        seeder_for(edited(edit)).build("demo", 42)


def test_what_the_server_sets_itself_must_fit_the_contract_too(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        sent(document, "Invoice")["properties"]["amount"]["maximum"] = 1

    with pytest.raises(StartError, match=r"^the scenario demo makes an object of invoices whose amount does not fit the contract: "):
        seeder_for(edited(edit)).build("demo", 42)


def test_a_value_that_must_be_unique_and_cannot_be_stops_the_start(edited: Edited) -> None:
    def edit(document: dict[str, Any]) -> None:
        sent(document, "Customer")["properties"]["country"]["x-unique"] = "exact"

    with pytest.raises(StartError, match="the scenario demo cannot make another of customers: country: Country is already that of another object"):
        seeder_for(edited(edit)).build("demo", 42)
