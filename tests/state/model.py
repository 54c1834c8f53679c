"""Does whatever can be done to a workspace, in any order, beside a dictionary that is copied for each transaction.

`python -m tests.state.model --steps 10000` is the long form of test_stores_against_a_model.
"""

import argparse
import operator
import tempfile
from contextlib import AbstractContextManager, ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from sandbox.errors import Invalid
from sandbox.state import disk_persistence
from sandbox.state.clock import ManualClock
from sandbox.state.image import Image
from sandbox.state.query import Condition
from sandbox.state.transaction import Transaction
from tests.state.conftest import START, STORES, begun, place_of

DOCUMENTS = st.fixed_dictionaries(
    {"account": st.sampled_from(["Ann", "ann lee", "Bob", "B\nb"])},
    optional={
        "email": st.sampled_from(["A@x", "a@X", "b@x"]),
        "country": st.sampled_from(["US", "DE", None, 1]),
        "joined": st.sampled_from(["2024-01-01", "2024-01-02", "2024-02-01"]),
    },
)
PICKS = st.integers(min_value=1, max_value=12)
CONDITIONS = st.lists(
    st.one_of(
        st.builds(Condition, st.just("country"), st.sampled_from(["eq", "ne"]), st.sampled_from(["US", "DE", None])),
        st.builds(
            Condition,
            st.just("joined"),
            st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
            st.sampled_from(["2024-01-01", "2024-01-02", "2024-01-31"]),
        ),
    ),
    max_size=3,
)
TERMS = st.sampled_from([None, "", "ann", "B", "\n", "x\nb", "lee\na"])

World = dict[int, dict[str, Any]]
State = tuple[World, dict[str, int]]
NAMES = st.sampled_from(["one", "two", "three"])
STEPS_OF_A_RUN = 25


class Rollback(Exception):
    """Ends a transaction without a commit."""


def holds(document: dict[str, Any], condition: Condition) -> bool:
    compare = getattr(operator, condition.comparison)
    return condition.field in document and bool(compare(document[condition.field], condition.value))


def contains(document: dict[str, Any], term: str | None) -> bool:
    texts = [document[field].lower() for field in ("account", "email") if field in document]
    return not term or any(term.lower() in text for text in texts)


class WorkspaceAgainstADictionary(RuleBasedStateMachine):
    """`committed` and `seen` are what the workspace and the open transaction should tell."""

    store = "memory"
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.directory = ExitStack()
        self.folder = Path(self.directory.enter_context(tempfile.TemporaryDirectory()))
        self.tx: Transaction | None = None
        self.block: AbstractContextManager[Transaction] | None = None
        self.committed: State = ({}, {})
        self.seen: State = ({}, {})
        self.snapshots: dict[str, State] = {}
        self.metadata = (0, 0)
        self.images: list[tuple[object, object]] = []
        # Small, so that a run of a few steps sees compactions too.
        self.directory.enter_context(patch.object(disk_persistence, "LEAST_TAIL", 1_500))
        self.workspace = begun(place_of(self.store, self.folder), ManualClock(START))

    def teardown(self) -> None:
        self.workspace.close()
        self.directory.close()

    def open_transaction(self) -> Transaction:
        if self.tx is None:
            self.block = self.workspace.transaction()
            self.tx = self.block.__enter__()
            self.seen = deepcopy(self.committed)
        return self.tx

    @rule(document=DOCUMENTS)
    def insert(self, document: dict[str, Any]) -> None:
        stored = self.open_transaction().insert("customers", document)
        documents, counters = self.seen
        counters["id/customers"] = counters.get("id/customers", 0) + 1
        assert stored == {"id": counters["id/customers"], **document}
        documents[stored["id"]] = stored

    @rule(doc_id=PICKS, document=DOCUMENTS)
    def replace(self, doc_id: int, document: dict[str, Any]) -> None:
        tx = self.open_transaction()
        if doc_id in self.seen[0]:
            self.seen[0][doc_id] = {"id": doc_id, **document}
            tx.replace("customers", {"id": doc_id, **document})

    @rule(doc_id=PICKS)
    def remove(self, doc_id: int) -> None:
        tx = self.open_transaction()
        if self.seen[0].pop(doc_id, None) is not None:
            tx.remove("customers", doc_id)

    @rule(name=st.sampled_from(["invoice_number/2024", "invoice_number/2025"]))
    def number(self, name: str) -> None:
        tx = self.open_transaction()
        self.seen[1][name] = self.seen[1].get(name, 0) + 1
        assert tx.next_number(name) == self.seen[1][name]

    @rule(conditions=CONDITIONS, term=TERMS, newest=st.booleans())
    def select(self, conditions: list[Condition], term: str | None, newest: bool) -> None:
        tx = self.open_transaction()
        expected = [
            doc_id
            for doc_id, document in sorted(self.seen[0].items(), reverse=newest)
            if all(holds(document, condition) for condition in conditions) and contains(document, term)
        ]
        assert list(tx.select("customers", conditions, term, newest)) == expected
        assert tx.count("customers", conditions, term) == len(expected)

    @rule(email=st.sampled_from(["a@x", "B@X", "none"]), country=st.sampled_from(["US", None, True]))
    def find(self, email: str, country: object) -> None:
        tx = self.open_transaction()
        documents = [self.seen[0][doc_id] for doc_id in sorted(self.seen[0])]
        by_email = [document for document in documents if document.get("email", "").lower() == email.lower()]
        assert tx.find("customers", "email", email) == by_email
        by_country = [document for document in documents if document.get("country", "absent") == country]
        assert tx.find("customers", "country", country) == by_country

    @precondition(lambda self: self.tx is not None)
    @rule()
    def commit(self) -> None:
        assert self.block is not None
        self.block.__exit__(None, None, None)
        self.tx, self.committed = None, self.seen

    @precondition(lambda self: self.tx is not None)
    @rule()
    def roll_back(self) -> None:
        assert self.block is not None
        refusal = Rollback()
        assert not self.block.__exit__(Rollback, refusal, None)
        self.tx, self.seen = None, self.committed

    @precondition(lambda self: self.tx is None and self.store != "memory")
    @rule()
    def restart(self) -> None:
        self.workspace.close()
        self.workspace = begun(place_of(self.store, self.folder), ManualClock(START))

    @precondition(lambda self: self.tx is None and self.store == "power")
    @rule(fails=st.booleans())
    def settle(self, fails: bool) -> None:
        fsync = self.workspace.begin_fsync()
        fsync.run()
        fsync.finish()
        assert not self.workspace.unsynced
        if fails:
            self.workspace.fall_back()

    @precondition(lambda self: self.tx is None)
    @rule()
    def reinstall(self) -> None:
        image = self.workspace.image().world()
        self.workspace.restore(image)
        self.images.append((image, deepcopy(image)))

    @precondition(lambda self: self.tx is None)
    @rule(name=NAMES)
    def take_a_snapshot(self, name: str) -> None:
        if name in self.snapshots:
            with pytest.raises(Invalid):
                self.workspace.snapshots.take(name, created_at=START)
        else:
            self.workspace.snapshots.take(name, created_at=START)
            self.snapshots[name] = deepcopy(self.committed)

    @precondition(lambda self: self.tx is None)
    @rule(name=NAMES)
    def restore(self, name: str) -> None:
        if name in self.snapshots:
            self.workspace.restore(self.workspace.snapshots.world(name))
            self.committed = deepcopy(self.snapshots[name])

    @precondition(lambda self: self.tx is None)
    @rule(name=NAMES)
    def delete_a_snapshot(self, name: str) -> None:
        if self.snapshots.pop(name, None) is not None:
            self.workspace.snapshots.delete(name)

    @precondition(lambda self: self.tx is None)
    @rule(seed=st.integers(0, 9), offset=st.integers(0, 10**12), as_reset=st.booleans())
    def change_the_metadata(self, seed: int, offset: int, as_reset: bool) -> None:
        if as_reset:
            self.workspace.reset(Image(), seed=seed, offset=offset)
            self.committed = ({}, {})
        else:
            self.workspace.change(seed=seed, offset=offset)
        self.metadata = (seed, offset)

    @invariant()
    def the_transaction_tells_what_it_should(self) -> None:
        if self.tx is not None:
            assert list(self.tx.documents("customers")) == [self.seen[0][key] for key in sorted(self.seen[0])]
            assert all(self.tx.get("customers", doc_id) == self.seen[0].get(doc_id) for doc_id in range(14))

    @invariant()
    def only_what_was_committed_is_in_the_workspace(self) -> None:
        image = self.workspace.image().world()
        assert image.tables.get("customers", {}) == self.committed[0]
        assert list(image.tables.get("customers", {})) == sorted(self.committed[0])
        assert image.counters == self.committed[1]

    @invariant()
    def a_step_is_counted(self) -> None:
        type(self).steps += 1

    @invariant()
    def what_is_its_own_is_as_it_should_be(self) -> None:
        assert (self.workspace.metadata.seed, self.workspace.metadata.offset) == self.metadata
        assert [one.name for one in self.workspace.snapshots.all()] == list(self.snapshots)

    @invariant()
    def no_image_ever_changes(self) -> None:
        assert all(image == copy for image, copy in self.images)


def machine(store: str) -> type[WorkspaceAgainstADictionary]:
    """The same, on one of the stores."""
    return type(f"{store.title()}AgainstADictionary", (WorkspaceAgainstADictionary,), {"store": store})


def thoroughness(steps: int) -> settings:
    """About so many steps, the same each time."""
    return settings(
        max_examples=max(1, steps // STEPS_OF_A_RUN),
        stateful_step_count=STEPS_OF_A_RUN,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Compares each store with a plain dictionary, step by step.")
    asked.add_argument("--steps", type=int, default=10_000, help="for each store, at least [default: 10000]")
    wanted = asked.parse_args().steps
    for one in STORES:
        kind = machine(one)
        run_state_machine_as_test(kind, settings=thoroughness(wanted * 5 // 4))
        assert kind.steps >= wanted, f"{one}: only {kind.steps} steps were taken"
        print(f"{one}: {kind.steps} steps, and each agrees with the dictionary", flush=True)
