"""Scenarios, recipes and the contract's own values are read as bodies are: a whole number, however it is spelled, is the integer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from openapi.contract import Contract
from openapi.document import document_in, read_document
from sandbox.errors import StartError
from sandbox.seeding import fixture_files
from sandbox.seeding.body_factory import BodyFactory
from sandbox.seeding.fixture_files import scenario
from sandbox.seeding.fixture_values import FixtureValue
from sandbox.seeding.recipes import Recipes
from sandbox.seeding.schema_values import GenerationContext
from sandbox.state.image import Image
from tests.seeding.conftest import Edit, seeder_for

Edited = Callable[[Edit], Contract]
Tell = Callable[..., Image]
SPELLED = ("3", "3.0", "3e0", "30e-1", "0.3E+1", "3.0e0")
SCENARIO = """\
date: "2025-06-30T12:00:00Z"
others: {count}
collections:
  customers: {{count: {count}, from: "2025-01-01T00:00:00Z", to: "2025-02-01T00:00:00Z"}}
  quotes:
    count: 1
    from: "2025-02-01T00:00:00Z"
    to: "2025-06-01T00:00:00Z"
    first:
      - {{customer_id: {count}, valid_until: "2025-12-31", items: [{{description: Work, amount: 19.99, qty: {count}}}]}}
"""
JSON = """\
{{"date": "2025-06-30T12:00:00Z", "others": {count}, "collections": {{
  "customers": {{"count": {count}, "from": "2025-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"}},
  "quotes": {{"count": 1, "from": "2025-02-01T00:00:00Z", "to": "2025-06-01T00:00:00Z", "first": [
    {{"customer_id": {count}, "valid_until": "2025-12-31", "items": [{{"description": "Work", "amount": 19.99, "qty": {count}}}]}}]}}}}}}
"""


@pytest.fixture
def tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contract: Contract) -> Tell:
    """Tells a scenario that is written so, in a folder of fixtures of its own."""

    def tell_it(text: str, by: Contract = contract) -> Image:
        (tmp_path / "scenarios").mkdir(exist_ok=True)
        (tmp_path / "scenarios" / "spelled.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "recipes.yaml").write_bytes((fixture_files.folder() / "recipes.yaml").read_bytes())
        monkeypatch.setattr(fixture_files, "folder", lambda: tmp_path)
        return seeder_for(by).build_scenario(scenario("spelled"), 1)

    return tell_it


@pytest.mark.parametrize("form", [SCENARIO, JSON], ids=["YAML", "JSON"])
@pytest.mark.parametrize("spelled", SPELLED)
def test_every_spelling_of_three_is_three_in_a_scenario(tell: Tell, form: str, spelled: str) -> None:
    world = tell(form.format(count=spelled))
    quote = world.tables["quotes"][1]
    assert len(world.tables["customers"]) == len(world.tables["leads"]) == 3
    assert [(one, type(one)) for one in (quote["customer_id"], quote["items"][0]["qty"])] == [(3, int), (3, int)]
    assert quote["amount"] == 59.97


@pytest.mark.parametrize("spelled", ["3.5", "-3.0", "true", '"3"', "1e400", "null", "3e-1"])
def test_what_is_no_count_is_refused_with_its_place(tell: Tell, spelled: str) -> None:
    with pytest.raises(StartError, match=r"fixtures/scenarios/spelled\.yaml: \$\.others"):
        tell(SCENARIO.format(count=spelled))


def with_readings(document: dict[str, Any]) -> None:
    """A resource of numbers without bounds, and with values of its own that are spelled as nobody writes integers."""
    whole = {"type": "integer"}
    schema = {
        "type": "object",
        "required": ["whole", "any_of", "level", "shown", "list", "free", "wide", "far"],
        "properties": {
            "whole": whole,
            "any_of": {"anyOf": [whole, {"type": "boolean"}]},
            "level": {"type": "integer", "enum": [1.0, 2e0]},
            "shown": {"example": 5.0, "pattern": "^never$", "enum": [5.0]},
            "usual": {**whole, "default": 4.0},
            "list": {"type": "array", "minItems": 1.0, "items": whole},
            "number": {"type": "number"},
            "wide": {"type": "integer", "minimum": -(10**30), "maximum": 1e30},
            "far": {"type": "number", "minimum": -1e300},
            "free": {"type": "object", "additionalProperties": True},
            "id": {**whole, "readOnly": True},
        },
    }
    envelope = {"type": "object", "properties": {"success": {"type": "boolean"}, "data": schema}}
    answer = {"201": {"description": "It.", "content": {"application/json": {"schema": envelope}}}}
    create = {"operationId": "createReading", "x-action": "create", "responses": answer, "requestBody": {"content": {"application/json": {"schema":
              schema}}}}  # fmt: skip
    document["paths"]["/readings"] = {"x-resource": "readings", "post": create}


READINGS = """\
date: "2025-06-30T12:00:00Z"
others: 0
collections:
  readings:
    count: 1
    from: "2025-01-01T00:00:00Z"
    to: "2025-06-01T00:00:00Z"
    first: [{{{given}}}]
"""


@pytest.mark.parametrize("spelled", SPELLED)
def test_wherever_a_schema_lets_one_stand_it_is_the_integer(tell: Tell, edited: Edited, spelled: str) -> None:
    given = f"whole: {spelled}, any_of: {spelled}, list: [{spelled}], number: {spelled}, free: {{in: [{{it: {spelled}}}]}}"
    reading = tell(READINGS.format(given=given), edited(with_readings)).tables["readings"][1]
    found = (reading["whole"], reading["any_of"], reading["list"][0], reading["free"]["in"][0]["it"])
    assert [(one, type(one)) for one in found] == [(3, int)] * 4
    assert reading["number"] == 3


def test_what_the_contract_says_itself_is_the_integer_too(tell: Tell, edited: Edited) -> None:
    reading = tell(READINGS.format(given="whole: 1"), edited(with_readings)).tables["readings"][1]
    found = {name: reading[name] for name in ("level", "shown", "usual")}
    assert {type(one) for one in found.values()} == {int}
    assert found["level"] in (1, 2)
    assert found["shown"] == 5
    assert -(2**63) <= reading["wide"] < 2**63


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("whole: 18446744073709551616", "whole"),
        ("whole: " + "9" * 40, "whole"),
        ("number: 18446744073709551616", "number"),
        ("number: -" + "9" * 40, "number"),
        ("list: [1, " + "9" * 40 + "]", "list.1"),
        ("free: {in: [{it: " + "9" * 40 + "}]}", "free.in.0.it"),
        ("free: {_paid: 1}", "free._paid"),
        ("free: {in: [{_secret: x}]}", "free.in.0._secret"),
    ],
)
def test_what_no_body_may_hold_no_scenario_may_either(tell: Tell, edited: Edited, given: str, place: str) -> None:
    with pytest.raises(StartError, match=f"no seeded value fits readings.{place}: "):
        tell(READINGS.format(given=given), edited(with_readings))


@pytest.mark.parametrize("name", ["_paid", "_secret", "_anything"])
def test_a_private_field_of_a_scenario_is_not_kept(tell: Tell, name: str) -> None:
    world = tell(SCENARIO.format(count=3).replace('valid_until: "2025', f'{name}: 5, valid_until: "2025'))
    assert name not in world.tables["quotes"][1]


@pytest.mark.parametrize(
    ("spelled", "value"),
    [("1e0", 1.0), ("1E3", 1000.0), ("-1.5e-2", -0.015), ("0e0", 0.0), ("10e+1", 100.0), ("1e308", 1e308), ('"1e0"', "1e0"), ("e1", "e1"),
     ("1e", "1e"), ("01e1", 10.0), ("1.0", 1.0), ("1", 1), ("1e0x", "1e0x"),
     ("1e400", "1e400"), (".inf", ".inf"), (".nan", ".nan")],
)  # fmt: skip
def test_a_number_of_json_is_a_number_in_every_document(tmp_path: Path, spelled: str, value: Any) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(f"it: {spelled}", encoding="utf-8")
    found = read_document(file)["it"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("recipe", ["qty: {between: [1.0, 3.0], step: 1.0}", "qty: 2.0", "qty: 2e0", "qty: {one_of: [1.0, 2e0, 30e-1]}"])
def test_a_recipe_makes_integers_where_the_contract_wants_them(contract: Contract, recipe: str) -> None:
    text = f"""\
locale: en_US
providers: [person]
collections:
  quotes: {{fields: {{customer_id: 1.0, items: {{of: [1.0, 2e0], list_of: {{fields: {{description: Work, amount: 9.5, {recipe}}}}}}}}}}}
"""
    book = FixtureValue(document_in(text.encode(), "recipes.yaml"), "recipes.yaml")
    body = BodyFactory(contract, Recipes(lambda: book)).make(
        "quotes", {}, GenerationContext(Random(1), datetime(2025, 6, 1, tzinfo=UTC), lambda name: (1,))
    )
    assert all(type(line["qty"]) is int for line in body["items"])
    assert type(body["customer_id"]) is int
