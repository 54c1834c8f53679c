"""Each kind of recipe makes what recipes.yaml says that it makes, and a recipe that is none is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from openapi.contract import Contract
from sandbox.errors import StartError
from sandbox.seeding.body_factory import BodyFactory
from sandbox.seeding.fixture_values import FixtureValue
from sandbox.seeding.recipes import Recipes
from sandbox.seeding.schema_values import GenerationContext
from tests.seeding.conftest import Edit

NOW = datetime(2024, 5, 17, 9, 30, tzinfo=UTC)
TEXT = {"type": "string"}


def book(collections: dict[str, Any], **others: Any) -> Recipes:
    whole = {"locale": "en_US", "providers": ["address", "company", "person"], "collections": collections, **others}
    return Recipes(lambda: FixtureValue(whole, "recipes.yaml"))


def context(seed: int = 1) -> GenerationContext:
    return GenerationContext(Random(seed), NOW, {"customers": [3, 5, 8], "webhooks": []}.__getitem__)


def made(recipe: Any, times: int = 1, schema: dict[str, Any] | None = None, **fields: Any) -> list[Any]:
    """What a recipe for the field `it` makes, in a collection whose other fields are texts."""
    recipes = book({"things": {"fields": {**fields, "it": recipe}}})
    whole = {"type": "object", "properties": {"it": schema or TEXT, **dict.fromkeys(fields, TEXT)}, "required": ["it", *fields]}
    chance = context()
    return [recipes.body("things", whole, {}, chance).get("it") for _ in range(times)]


def test_a_plain_value_is_itself() -> None:
    assert made("US") == ["US"]


def test_faker_is_asked_with_arguments_and_other_fields() -> None:
    (zipcode,) = made({"faker": "zipcode_in_state", "with": {"state_abbr": "$state"}}, state="AK")
    assert zipcode.startswith("99")


def test_faker_repeats_itself_for_the_same_seed() -> None:
    assert made({"faker": "company"}, times=5) == made({"faker": "company"}, times=5)


def test_choices_take_turns() -> None:
    values = made({"one_of": ["a", "b", "b", "c"]}, times=8)
    assert Counter(values[:4]) == Counter(values[4:]) == {"a": 1, "b": 2, "c": 1}


def test_a_number_lies_between_its_bounds_and_on_its_steps() -> None:
    values = made({"between": [10.00, 11.00], "step": 0.25}, times=60)
    assert set(values) == {10.0, 10.25, 10.5, 10.75, 11.0}
    assert all(isinstance(value, float) for value in values)


def test_a_number_of_whole_bounds_is_whole() -> None:
    values = made({"between": [4, 6]}, times=40)
    assert set(values) == {4, 5, 6}
    assert all(isinstance(value, int) for value in values)


def test_a_date_is_counted_from_the_day_of_the_object() -> None:
    assert set(made({"days_later": [0, 15]}, times=2)) == {"2024-05-17", "2024-06-01"}


def test_an_address_is_made_of_other_fields() -> None:
    assert made({"address_of": ["first", "last"], "at": ["example.org"]}, first="Zoë", last="O'Neill, jr.") == ["zoe.o.neill.jr@example.org"]


def test_an_address_of_a_name_without_latin_letters_is_made_from_the_schema() -> None:
    (address,) = made({"address_of": ["name"], "at": ["example.net"]}, schema={"type": "string", "format": "email"}, name="東京")
    assert address.startswith("contact")
    assert address.endswith("@example.org")


@pytest.mark.parametrize("recipe", [{"address_of": ["gone"], "at": ["example.org"]}, {"faker": "zipcode_in_state", "with": {"state_abbr": "$gone"}}])
def test_a_recipe_that_needs_a_field_that_is_not_there_yields_to_the_schema(recipe: dict[str, Any]) -> None:
    assert made(recipe)[0].startswith("It ")


def test_a_field_that_faker_knows_nothing_of_is_as_good_as_absent() -> None:
    (zipcode,) = made({"faker": "zipcode_in_state", "with": {"state_abbr": "$state"}}, state="Utopia")
    assert zipcode.startswith("It ")


def test_usually_is_how_often_an_optional_field_is_there() -> None:
    recipes = book({"things": {"fields": {"rare": {"one_of": ["x"], "usually": 0.1}, "always": {"one_of": ["x"]}, "fixed": 1}}})
    schema = {"properties": {"rare": TEXT, "always": TEXT, "fixed": {"type": "integer"}}}
    chance = context()
    bodies = [recipes.body("things", schema, {}, chance) for _ in range(200)]
    assert 5 < sum("rare" in body for body in bodies) < 40
    assert all(body["always"] == "x" and body["fixed"] == 1 for body in bodies)


def test_records_take_turns_and_go_before_fields() -> None:
    recipes = book({"things": {"records": [{"a": "1", "b": "one"}, {"a": "2"}], "fields": {"b": "none", "a": "0"}}})
    schema = {"properties": {"a": TEXT, "b": TEXT}}
    chance = context()
    bodies = [recipes.body("things", schema, {}, chance) for _ in range(2)]
    assert {(body["a"], body["b"]) for body in bodies} == {("1", "one"), ("2", "none")}


@pytest.mark.parametrize(("bounds", "lengths"), [({}, {2, 3}), ({"maxItems": 2}, {2}), ({"minItems": 4}, {4}), ({"maxItems": 1}, {1})])
def test_a_list_has_as_many_items_as_recipe_and_schema_allow(bounds: dict[str, int], lengths: set[int]) -> None:
    schema = {"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}, **bounds}
    recipe = {"list_of": {"fields": {"a": "x"}}, "of": [2, 3]}
    if bounds.get("maxItems", 3) < 2:
        recipe["of"] = [1, 3]
    lists = made(recipe, times=30, schema=schema)
    assert {len(one) for one in lists} == lengths
    assert all(item == {"a": "x"} for one in lists for item in one)


def test_what_is_given_goes_before_every_recipe_and_in_the_order_of_the_schema() -> None:
    recipes = book({"things": {"fields": {"b": "recipe"}}})
    body = recipes.body("things", {"properties": {"a": TEXT, "b": TEXT}, "required": ["a", "b"]}, {"b": "given", "c": "unknown"}, context())
    assert list(body) == ["a", "b"]
    assert body["b"] == "given"


@pytest.mark.parametrize(("given", "named"), [(5, {5}), (7, {3, 5, 8})])
def test_a_given_reference_is_taken_only_where_it_names_something(given: int, named: set[int]) -> None:
    recipes, schema = book({}), {"properties": {"customer_id": {"type": "integer", "x-ref": "customers"}}}
    chance = context()
    assert {recipes.body("things", schema, {"customer_id": given}, chance)["customer_id"] for _ in range(30)} == named


def test_a_reference_into_nothing_is_left_out() -> None:
    recipes, schema = book({}), {"properties": {"webhook_id": {"type": "integer", "x-ref": "webhooks"}}, "required": ["webhook_id"]}
    assert recipes.body("things", schema, {}, context()) == {}
    assert recipes.body("things", schema, {"webhook_id": 5}, context()) == {}


def test_a_private_field_stands_in_the_place_of_what_a_client_sends() -> None:
    recipes = book({"users": {"fields": {"_password": "a digest"}}})
    assert recipes.body("users", {"properties": {"password": TEXT}, "required": ["password"]}, {}, context()) == {"_password": "a digest"}
    assert recipes.body("users", {"properties": {"pin": TEXT}, "required": ["pin"]}, {}, context()).keys() == {"pin"}


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"fakir": "name"}, r"recipes\.yaml: \$\.collections\.things\.fields\.it: 'fakir' is no kind of recipe; did you mean 'faker'"),
        ({}, "'' is no kind of recipe; known are address_of, between, days_later, faker, list_of, one_of"),
        ({"faker": "city", "sometimes": 0.5}, "unknown key 'sometimes'; known are"),
        ({"faker": "citty"}, r"it\.faker: Faker has no 'citty'; did you mean 'city'"),
        ({"one_of": []}, r"it\.one_of: must hold at least one"),
        ({"between": [1]}, r"it\.between: must be a list of two"),
        ({"between": ["a", 2]}, r"it\.between\[0\]: must be a number, not 'a'"),
        ({"days_later": [1.5]}, r"it\.days_later\[0\]: must be a whole number"),
        ({"list_of": {"colour": 1}, "of": [1, 1]}, r"it\.list_of: unknown key 'colour'"),
    ],
)
def test_a_recipe_that_is_none_is_named(recipe: Any, message: str) -> None:
    with pytest.raises(StartError, match=message):
        made(recipe)


def test_a_provider_that_faker_lacks_is_named() -> None:
    recipes = book({"things": {"fields": {"it": {"faker": "city"}}}}, providers=["adress"])
    with pytest.raises(StartError, match=r"\$\.providers\[0\]: Faker has no faker\.providers\.adress\.en_US"):
        recipes.body("things", {"properties": {"it": TEXT}}, {}, context())


def test_a_word_that_the_book_does_not_know_is_named() -> None:
    with pytest.raises(StartError, match="unknown key 'colections'; did you mean 'collections'"):
        book({}, colections={}).body("things", {"properties": {}}, {}, context())


def test_a_value_that_does_not_fit_is_made_from_its_schema_where_it_stands(contract: Contract) -> None:
    lines = {"records": [{"description": "Work", "amount": 12.345, "qty": 2}]}
    bodies = BodyFactory(contract, book({"quotes": {"fields": {"items": {"list_of": lines, "of": [2, 2]}, "valid_until": "soon"}}}))
    body = bodies.make("quotes", {}, context())
    assert body["valid_until"] == "2024-05-17"
    assert [line["description"] for line in body["items"]] == ["Work", "Work"]
    assert all(line["amount"] != 12.345 and line["qty"] == 2 for line in body["items"])


def test_what_lies_in_a_value_that_is_made_anew_needs_no_second_look(contract: Contract) -> None:
    lines = {"fields": {"description": "Work", "amount": 12.345, "qty": 2}}
    bodies = BodyFactory(contract, book({"quotes": {"fields": {"items": {"list_of": lines, "of": [101, 101]}}}}))
    items = bodies.make("quotes", {"items": [{"amount": 0}] * 101}, context())["items"]
    assert 1 <= len(items) <= 3


def test_a_password_in_the_clear_never_takes_the_place_of_a_digest(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        user = document["components"]["schemas"]["UserInput"]
        user["properties"]["badge"] = {"type": "string"}
        user["anyOf"] = [{"required": ["badge"]}]

    bodies = BodyFactory(edited(edit), book({"users": {"fields": {"_password": "a digest"}}}))
    chance = context()
    for _ in range(30):
        body = bodies.make("users", {}, chance)
        assert "badge" in body
        assert body["_password"] == "a digest"
        assert "password" not in body


def test_a_body_that_nothing_puts_right_names_field_and_schema(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        lead = document["components"]["schemas"]["LeadInput"]
        lead["properties"]["company"] |= {"minLength": 3}
        lead["not"] = {"properties": {"email": {"type": "string"}}, "required": ["email"]}

    bodies = BodyFactory(edited(edit), book({}))
    with pytest.raises(StartError, match=r"no value for the field leads was found that fits its schema"):
        bodies.make("leads", {}, context())


def test_a_value_that_is_put_right_and_breaks_another_rule_by_that_is_looked_at_again(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        lead = document["components"]["schemas"]["LeadInput"]
        lead["properties"]["source"]["enum"] = ["Radio"]
        lead["not"] = {"properties": {"source": {"enum": ["Radio"]}}, "required": ["source"]}

    bodies = BodyFactory(edited(edit), book({"leads": {"fields": {"source": "Website"}}}))
    assert "source" not in bodies.make("leads", {}, context())


def test_a_rule_that_wants_a_password_in_the_clear_cannot_be_met(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["UserInput"]["anyOf"] = [{"required": ["password"]}]

    bodies = BodyFactory(edited(edit), book({"users": {"fields": {"_password": "a digest"}}}))
    with pytest.raises(StartError, match=r"edited\.json: no seeded value fits users: .*; its schema is \{\""):
        bodies.make("users", {}, context())


def test_a_fault_inside_a_composite_is_put_right_as_a_whole(edited: Callable[[Edit], Contract]) -> None:
    def edit(document: dict[str, Any]) -> None:
        text = {"type": "string", "maxLength": 3}
        parts = [
            {"type": "object", "minProperties": 1, "required": ["a"], "properties": {"a": text}},
            {"minProperties": 2, "required": ["b"], "properties": {"b": text}},
        ]
        document["components"]["schemas"]["LeadInput"]["properties"]["tags"] = {"allOf": parts}

    bodies = BodyFactory(edited(edit), book({}))
    tags = bodies.make("leads", {"tags": {"a": "much too long", "b": "x"}}, context())["tags"]
    assert tags.keys() == {"a", "b"}
    assert all(1 <= len(value) <= 3 for value in tags.values())
