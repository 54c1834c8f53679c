"""The same documents are found by index, by query and by search, in the order of their ids."""

from typing import Any

import pytest

from sandbox.state.indexes import IndexPlan
from sandbox.state.query import Comparison, Condition, predicate, select
from sandbox.state.store import Database, LiveTable

DOCUMENTS: list[dict[str, Any]] = [
    {"account": "Ann Lee", "email": "ann@example.com", "status": "Paid", "date": "2024-01-31", "amount": 10},
    {"account": "Bob", "email": "BOB@example.com", "status": "Unpaid", "date": "2024-02-01", "amount": 20.5},
    {"account": "Line\nBreak", "email": "annual@example.com", "status": "Paid", "date": "2024-02-29"},
    {"account": "Straße", "status": None, "date": "2024-03-01", "amount": "much"},
    {"phone": "555", "status": ["Paid"], "date": "2024-03-02", "amount": 30},
]

INDEXED = IndexPlan(frozenset({"status", "date", "amount"}), frozenset(), ("account", "email", "phone"))
PLAIN = IndexPlan(search=INDEXED.search)


def table_with(plan: IndexPlan) -> LiveTable:
    table = Database({"things": plan}).table("things")
    table.insert_multiple(DOCUMENTS)
    return table


@pytest.fixture(params=[INDEXED, PLAIN], ids=["indexed", "plain"])
def table(request: pytest.FixtureRequest) -> LiveTable:
    return table_with(request.param)


@pytest.mark.parametrize(
    ("field", "comparison", "value", "expected"),
    [
        ("status", "eq", "Paid", [1, 3]),
        ("status", "eq", None, [4]),
        ("status", "eq", ["Paid"], [5]),
        ("status", "eq", "Lost", []),
        ("status", "ne", "Paid", [2, 4, 5]),
        ("amount", "ne", 10, [2, 4, 5]),
        ("amount", "eq", 10.0, [1]),
        ("amount", "lt", 20.5, [1]),
        ("amount", "le", 20.5, [1, 2]),
        ("amount", "gt", 10, [2, 5]),
        ("amount", "ge", "a", [4]),
        ("amount", "ge", None, []),
        ("status", "ge", ["A"], [5]),
        ("date", "ge", "2024-02-01", [2, 3, 4, 5]),
        ("date", "lt", "2024-02-01", [1]),
        ("nothing", "eq", None, []),
        ("nothing", "ne", 1, []),
    ],
)
def test_one_condition_means_the_same_with_and_without_an_index(
    table: LiveTable, field: str, comparison: Comparison, value: object, expected: list[int]
) -> None:
    conditions = [Condition(field, comparison, value)]
    assert list(select(table, conditions)) == expected
    assert list(select(table, conditions, newest=True)) == expected[::-1]
    fulfils = predicate(table.plan, conditions, None)
    assert [doc_id for doc_id, document in table.live.items() if fulfils(document)] == expected


@pytest.mark.parametrize(
    ("conditions", "search", "expected"),
    [
        ([("date", "ge", "2024-02-01"), ("date", "le", "2024-02-29")], None, [2, 3]),
        ([("date", "ge", "2024-02-01"), ("status", "eq", "Paid")], None, [3]),
        ([("status", "eq", "Paid"), ("amount", "eq", 10)], None, [1]),
        ([("status", "eq", "Unpaid"), ("amount", "eq", 10)], None, []),
        ([("status", "eq", "Lost"), ("date", "ge", "2024")], None, []),
        ([("date", "ge", "2024-02-01"), ("amount", "gt", 0)], None, [2, 5]),
        ([("status", "eq", "Paid")], "ANN", [1, 3]),
        ([("date", "gt", "2024-01-31")], "ann", [3]),
        ([], "", [1, 2, 3, 4, 5]),
        ([], "strasse", [4]),
        ([], "555", [5]),
        ([], "e\nb", [3]),
        ([], "b\nb", []),
        ([("status", "eq", "Paid")], "e\nB", [3]),
        ([], "absent", []),
    ],
)
def test_conditions_and_a_search_must_all_be_fulfilled(
    table: LiveTable, conditions: list[tuple[str, Comparison, object]], search: str | None, expected: list[int]
) -> None:
    asked = [Condition(*condition) for condition in conditions]
    assert list(select(table, asked, search)) == expected
    fulfils = predicate(table.plan, asked, search)
    assert [doc_id for doc_id, document in table.live.items() if fulfils(document)] == expected


def test_an_index_is_asked_value_by_value_only_where_that_is_less() -> None:
    table = Database({"things": IndexPlan(frozenset({"kind", "date"}))}).table("things")
    table.insert_multiple({"kind": "ab"[n % 2], "date": f"2024-01-{n % 3 + 1:02d}"} for n in range(60))
    found = select(table, [Condition("kind", "eq", "a"), Condition("date", "le", "2024-01-02")])
    assert list(found) == [i for i, d in table.live.items() if d["kind"] == "a" and d["date"] <= "2024-01-02"]
    assert len(found) == 20


def test_without_conditions_the_tables_own_ids_are_handed_out_uncopied(table: LiveTable) -> None:
    assert select(table) is table.ids()


def test_a_table_without_search_fields_contains_no_term() -> None:
    table = Database({"things": IndexPlan(frozenset({"status"}))}).table("things")
    table.insert_multiple(DOCUMENTS)
    assert list(select(table, [], "ann")) == []
    assert list(select(table, [Condition("status", "eq", "Paid")], "ann")) == []
