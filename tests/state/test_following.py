"""A table that takes on another plan of indexes finds what it would find had it been made by that plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import StartError
from sandbox.state.clock import ManualClock
from sandbox.state.data_directory import DataDirectory
from sandbox.state.image import Image
from sandbox.state.indexed_rows import IndexedRows
from sandbox.state.indexes import IndexPlan
from sandbox.state.registry import Registry
from sandbox.state.workspaces import Workspaces
from tests.asgi import START

FIELDS = st.frozensets(st.sampled_from("abc"))
PLANS = st.builds(IndexPlan, FIELDS, FIELDS, st.sampled_from([(), ("a",), ("a", "b")]))
DOCUMENTS = st.dictionaries(
    st.integers(1, 9), st.fixed_dictionaries({}, optional=dict.fromkeys("abc", st.sampled_from(["x", "X", "xy", 1]))), max_size=6
)


def filled(plan: IndexPlan, documents: dict[int, dict[str, object]]) -> IndexedRows:
    rows = IndexedRows(plan)
    rows.load({id: {"id": id, **document} for id, document in documents.items()})
    return rows


def answers(rows: IndexedRows, plan: IndexPlan) -> list[object]:
    found: list[object] = [list(rows.index(field).ids(value)) for field in sorted(plan.equal | plan.folded) for value in ("x", "X", "xy", 1)]
    return [*found, *(list(rows.containing(term)) for term in ("x", "y"))]


@given(PLANS, PLANS, DOCUMENTS, DOCUMENTS)
def test_what_follows_a_plan_is_as_what_was_made_by_it(
    before: IndexPlan, after: IndexPlan, documents: dict[int, dict[str, object]], changes: dict[int, dict[str, object]]
) -> None:
    rows, made = filled(before, documents), filled(after, documents)
    rows.follow(after)
    assert answers(rows, after) == answers(made, after)
    for one in (rows, made):
        one.apply({id: {"id": id, **document} for id, document in changes.items()})
    assert answers(rows, after) == answers(made, after)
    copy = IndexedRows(after)
    copy.adopt(rows)
    assert answers(copy, after) == answers(made, after)


@given(PLANS, PLANS)
def test_a_plan_after_another_has_all_that_either_looks_up_and_decides_as_the_later_one(before: IndexPlan, after: IndexPlan) -> None:
    both = after.after(before)
    assert both.equal | both.folded == before.equal | before.folded | after.equal | after.folded
    assert all((field in both.folded) == (field in after.folded) for field in after.equal | after.folded)
    assert both.search == (after.search or before.search)


@pytest.fixture(params=["memory", "disk"])
def workspaces(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspaces]:
    clock = ManualClock(START)
    directory = DataDirectory(tmp_path / "data") if request.param == "disk" else None
    registry = Registry(clock, bytes)
    made = Workspaces(clock, {}, world, registry, directory, contract="one")
    yield made
    made.close()


def world(scenario: str, seed: int) -> Image:
    return Image({"leads": {1: {"id": 1, "source": "Website"}}}, {"id/leads": 1})


def other_world(scenario: str, seed: int) -> Image:
    return Image({"leads": {1: {"id": 1, "source": "Fair"}}}, {"id/leads": 1})


PLAN = {"leads": IndexPlan(frozenset({"source"}))}


def test_what_is_open_and_its_snapshots_follow(workspaces: Workspaces) -> None:
    workspace = workspaces.get("default")
    workspace.snapshots.take("before", created_at=START)
    workspaces.follow(PLAN, other_world, "two")
    with workspace.transaction() as tx:
        tx.insert("leads", {"source": "Fair"})
    assert workspace.table("leads").lookup("source", "Website") == [1]
    assert workspace.table("leads").lookup("source", "Fair") == [2]
    workspace.restore(workspace.snapshots.fetch("before"))
    assert list(workspace.table("leads").lookup("source", "Website")) == [1]
    assert list(workspace.table("leads").lookup("source", "Fair")) == []


def test_what_begins_later_begins_with_the_other_world(workspaces: Workspaces) -> None:
    workspaces.follow(PLAN, other_world, "two")
    assert workspaces.get("default").table("leads").lookup("source", "Fair") == [1]
    assert workspaces.get("default").metadata.contract == "two"


def test_what_was_known_to_fit_one_contract_is_not_known_to_fit_another(workspaces: Workspaces) -> None:
    workspace = workspaces.get("default")
    workspaces.follow(PLAN, other_world, "one")
    assert workspace.metadata.contract == "one"
    workspaces.follow(PLAN, other_world, "two")
    assert workspace.metadata.contract is None


def test_a_world_that_is_given_up_for_another_contract_is_made_by_that(workspaces: Workspaces) -> None:
    def gives_up(scenario: str, seed: int) -> Image:
        workspaces.follow(PLAN, other_world, "three")
        raise StartError("The world is not built any more")

    workspaces.follow(PLAN, gives_up, "two")
    assert workspaces.get("default").table("leads").lookup("source", "Fair") == [1]
    assert workspaces.get("default").metadata.contract == "three"
