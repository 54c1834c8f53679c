"""The world `nasty` has each kind of nastiness that it promises, on the first page, in collections of all sorts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from openapi.contract import Contract
from sandbox.state.documents import Document
from sandbox.state.image import Image

FIRST_PAGE = 20
FIRST_PAGES = 35  # the longest names of customers come last


@pytest.fixture(scope="module")
def world(worlds: Mapping[str, Image]) -> Image:
    return worlds["nasty"]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            if not name.startswith("_"):
                yield from texts(part)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def collections_with(world: Image, nasty: Callable[[str], object], first: int = FIRST_PAGES) -> set[str]:
    """The collections that have such a text among their first objects."""
    return {name for name, documents in world.tables.items() for document in list(documents.values())[:first] if any(map(nasty, texts(document)))}


def pattern(expression: str) -> Callable[[str], object]:
    return re.compile(expression).search


def is_of(*classes: str) -> Callable[[str], bool]:
    return lambda text: any(unicodedata.bidirectional(sign) in classes for sign in text)


KINDS: list[tuple[str, Callable[[str], object]]] = [
    ("words of languages", pattern(r"^(null|undefined|None|NaN|nil|NULL|Null)$")),
    ("truth", pattern(r"^([Tt]rue|[Ff]alse|NO|yes)$")),
    ("apostrophe", pattern("O'Brien")),
    ("double quote", pattern('"')),
    ("markup", pattern(r"<(script|img|b|table)\b")),
    ("SQL", pattern(r"(?i)(drop table|delete from|or '1'='1|update tickets|or 1=1)")),
    ("leading zeros", pattern(r"^0\d")),
    ("Arabic", is_of("AL")),
    ("Hebrew", is_of("R")),
    ("joined emoji", pattern("[\U0001f300-\U0001faff]\ufe0f?\u200d")),
    ("skin tone", pattern("[\U0001f3fb-\U0001f3ff]")),
    ("flag", pattern("[\U0001f1e6-\U0001f1ff]{2}")),
    ("combining", lambda text: any(map(unicodedata.combining, text))),
    ("zero width", pattern("[\u200b\u2060\ufeff]")),
    ("trailing space", pattern(r"\S $")),
    ("blank", pattern(r"^ $")),
]
ONLY_SOMEWHERE: list[tuple[str, Callable[[str], object]]] = [
    ("right-to-left override", pattern("\u202e")),
    ("isolates", pattern("\u2067.*\u2069")),
    ("backslash", pattern(r"\\")),
    ("template", pattern(r"\{\{7\*7\}\}")),
    ("path", pattern(r"\.\./")),
    ("formula", pattern(r"^[=@+-]\w*[(\d]?")),
    ("number too large", pattern("^1e309$")),
    ("prototype", pattern("^__proto__$")),
    ("keycap", pattern("\ufe0f\u20e3")),
    ("line separator", pattern("\u2028")),
    ("header injection", pattern("\r\nBcc:")),
    ("escape sequence", pattern("\x1b\\[31m")),
    ("dotted I", pattern("\u0130")),
    ("sharp s", pattern("[\u00df\u1e9e]")),
    ("ligature", pattern("\ufb01")),
    ("final sigma", pattern("\u03c2")),
    ("beyond sixteen bits", pattern("[\U00020000-\U0002ffff]")),
    ("compatibility form", lambda text: unicodedata.normalize("NFKC", text) != unicodedata.normalize("NFC", text)),
    ("no-break space", pattern("\u00a0")),
    ("tag sequence", pattern("\U000e007f")),
    ("empty", pattern(r"^\Z")),
]


def test_there_are_about_a_hundred_and_fifty_objects_in_eight_collections(world: Image) -> None:
    assert 130 <= sum(map(len, world.tables.values())) <= 170
    assert len(world.tables) == 8


@pytest.mark.parametrize(("kind", "nasty"), KINDS, ids=[kind for kind, _ in KINDS])
def test_each_kind_stands_in_several_collections(world: Image, kind: str, nasty: Callable[[str], object]) -> None:
    assert len(collections_with(world, nasty)) >= 3, kind


@pytest.mark.parametrize(("kind", "nasty"), ONLY_SOMEWHERE, ids=[kind for kind, _ in ONLY_SOMEWHERE])
def test_rarer_kinds_stand_somewhere(world: Image, kind: str, nasty: Callable[[str], object]) -> None:
    assert collections_with(world, nasty), kind


@pytest.mark.parametrize("collection", ["customers", "invoices", "transactions", "products", "quotes", "tickets", "leads", "users"])
def test_the_first_page_of_every_collection_is_nasty(world: Image, collection: str) -> None:
    page = list(world.tables[collection].values())[:FIRST_PAGE]
    assert sum(any(nasty(text) for _, nasty in KINDS for text in texts(one)) for one in page) >= min(3, len(page))


def longest(schema: dict[str, Any], value: Any) -> Iterator[int]:
    """How long the texts are that are as long as they may be."""
    if isinstance(value, str) and len(value) == schema.get("maxLength"):
        yield len(value)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from longest(schema.get("properties", {}).get(name, {}), part)
    elif isinstance(value, list):
        for item in value:
            yield from longest(schema.get("items", {}), item)


@pytest.mark.parametrize(
    ("collection", "lengths"),
    [
        ("customers", {255, 10_000}),
        ("invoices", {10_000}),
        ("transactions", {10_000}),
        ("products", {255, 10_000}),
        ("tickets", {255, 10_000}),
        ("leads", {255}),
        ("users", {255}),
    ],
)
def test_texts_are_as_long_as_the_contract_allows(world: Image, contract: Contract, collection: str, lengths: set[int]) -> None:
    schema = contract.resources[collection].schema
    assert {length for one in world.tables[collection].values() for length in longest(schema, one)} == lengths


def test_the_longest_address_has_254_signs(world: Image) -> None:
    for collection in ("customers", "leads", "users"):
        assert max(len(one.get("email", "")) for one in world.tables[collection].values()) == 254


def test_a_list_is_as_long_as_the_contract_allows(world: Image) -> None:
    for collection in ("invoices", "quotes"):
        assert max(len(one["items"]) for one in world.tables[collection].values()) == 100


def test_the_same_name_stands_there_in_two_forms(world: Image) -> None:
    names = [one["account"] for one in world.tables["customers"].values()]
    composed = {name for name in names if unicodedata.normalize("NFD", name) != name}
    assert any(unicodedata.normalize("NFD", name) in names for name in composed)


def test_two_customers_are_alike(world: Image) -> None:
    seen = [(one["account"], one.get("email")) for one in world.tables["customers"].values()]
    assert len(set(seen)) < len(seen)


@pytest.mark.parametrize(("collection", "field"), [("invoices", "amount"), ("transactions", "amount"), ("products", "price"), ("quotes", "amount")])
def test_amounts_stand_at_both_limits(world: Image, collection: str, field: str) -> None:
    amounts = {one[field] for one in world.tables[collection].values()}
    assert 999_999_999.99 in amounts
    assert min(amounts) <= 0.3
    if collection != "quotes":
        assert 0.01 in amounts


def in_floats(document: Document) -> float:
    total = 0.0
    for line in document["items"]:
        total += line["amount"] * line["qty"]
    return total


def test_floats_get_many_sums_wrong_and_the_server_none(world: Image) -> None:
    sums = [one for name in ("invoices", "quotes") for one in world.tables[name].values()]
    assert sum(in_floats(one) != one["amount"] for one in sums) >= 5
    assert all(Decimal(str(one["amount"])).as_tuple().exponent >= -2 for one in sums)  # type: ignore[operator]


def test_the_sum_of_all_income_is_more_than_any_amount_may_be(world: Image) -> None:
    assert sum(one["amount"] for one in world.tables["transactions"].values() if one["type"] == "Income") > 999_999_999.99


@pytest.mark.parametrize("field", ["account_id", "category_id"])
def test_an_id_is_the_largest_that_every_client_can_hold(world: Image, field: str) -> None:
    assert max(one.get(field, 0) for one in world.tables["transactions"].values()) == 2**53 - 1


def test_dates_stand_on_the_edges_of_months_and_years_and_on_leap_days(world: Image) -> None:
    dates = {
        one[field]
        for documents in world.tables.values()
        for one in documents.values()
        for field in ("date", "due_date", "valid_until")
        if field in one
    }
    assert {"2024-02-29", "2000-02-29", "2023-12-31", "2024-01-01", "2025-02-28", "2025-03-01", "1970-01-01", "9999-12-31"} <= dates
    days = [date.fromisoformat(one) for one in dates]
    assert {1, 28, 29, 30, 31} <= {day.day for day in days}


def test_things_came_into_being_at_the_last_second_of_a_year_and_on_a_leap_day(world: Image) -> None:
    moments = {one["created_at"] for documents in world.tables.values() for one in documents.values()}
    assert {"2023-12-31T23:59:59Z", "2024-12-31T23:59:59Z", "2024-02-29T00:00:00Z", "2025-02-28T23:59:59Z"} <= moments
    assert all(one["created_at"].startswith("2024-02-29") for one in world.tables["customers"].values())


def test_a_whole_number_stands_where_a_client_expects_a_fraction(world: Image) -> None:
    assert any(isinstance(one["price"], int) for one in world.tables["products"].values())
