"""Done in whatever order, a workspace tells the same as a dictionary that is copied for each transaction."""

import operator
import tempfile
from contextlib import AbstractContextManager, ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sandbox.state.clock import ManualClock
from sandbox.state.journal import Journal
from sandbox.state.query import Condition
from sandbox.state.transaction import Transaction
from sandbox.state.workspaces import Workspace
from tests.state.conftest import PLAN, START

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

    def __init__(self) -> None:
        super().__init__()
        self.directory = ExitStack()
        folder = Path(self.directory.enter_context(tempfile.TemporaryDirectory()))
        self.path = folder / "model.journal"
        self.tx: Transaction | None = None
        self.block: AbstractContextManager[Transaction] | None = None
        self.committed: tuple[World, dict[str, int]] = ({}, {})
        self.seen: tuple[World, dict[str, int]] = ({}, {})
        self.images: list[tuple[object, object]] = []
        self.open_journal()

    def open_journal(self) -> None:
        self.journal, image = Journal.open(self.path)
        self.workspace = Workspace("model", ManualClock(START), PLAN, self.journal, image)

    def teardown(self) -> None:
        self.journal.close()
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

    @precondition(lambda self: self.tx is None)
    @rule()
    def restart(self) -> None:
        self.journal.close()
        self.open_journal()

    @precondition(lambda self: self.tx is None)
    @rule()
    def reinstall(self) -> None:
        image = self.workspace.image()
        self.workspace.install(image)
        self.images.append((image, deepcopy(image)))

    @invariant()
    def the_transaction_tells_what_it_should(self) -> None:
        if self.tx is not None:
            assert list(self.tx.documents("customers")) == [self.seen[0][key] for key in sorted(self.seen[0])]
            assert all(self.tx.get("customers", doc_id) == self.seen[0].get(doc_id) for doc_id in range(14))

    @invariant()
    def only_what_was_committed_is_in_the_workspace(self) -> None:
        image = self.workspace.image()
        assert image.tables.get("customers", {}) == self.committed[0]
        assert list(image.tables.get("customers", {})) == sorted(self.committed[0])
        assert image.counters == self.committed[1]

    @invariant()
    def no_image_ever_changes(self) -> None:
        assert all(image == copy for image, copy in self.images)


WorkspaceAgainstADictionary.TestCase.settings = settings(
    max_examples=200,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestAWorkspaceTellsTheSameAsADictionary = WorkspaceAgainstADictionary.TestCase
