"""Reads see the transaction's own writes, and a rollback leaves nothing of them, no number either."""

from datetime import date, timedelta

import pytest

from sandbox.state.changes import Changes
from sandbox.state.clock import ManualClock
from sandbox.state.query import Condition
from sandbox.state.transaction import Transaction
from sandbox.state.workspace import Workspace
from tests.state.conftest import START

US = Condition("country", "eq", "US")


class Abandoned(Exception):
    """Raised inside a transaction to roll it back."""


def seed(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Ann", "email": "ann@example.com", "country": "US"})
        tx.insert("customers", {"account": "Bob", "email": "bob@example.com", "country": "DE"})
        tx.insert("customers", {"account": "Cleo", "email": "cleo@example.com", "country": "US"})


def test_time_stands_still_within_a_transaction(workspace: Workspace, clock: ManualClock) -> None:
    with workspace.transaction() as tx:
        clock.advance(timedelta(days=2))
        assert tx.now == START
        assert tx.today == date(2024, 1, 15)
        assert tx.timestamp == "2024-01-15T10:00:00Z"


def test_a_new_document_has_the_next_id_in_front(workspace: Workspace) -> None:
    seed(workspace)
    with workspace.transaction() as tx:
        stored = tx.insert("customers", {"account": "Dan"})
        assert list(stored.items()) == [("id", 4), ("account", "Dan")]
        assert tx.get("customers", 4) is stored
        assert workspace.table("customers").at(4) is None
    assert workspace.table("customers").at(4) is stored


def test_a_new_document_cannot_bring_its_id(workspace: Workspace) -> None:
    with workspace.transaction() as tx, pytest.raises(ValueError, match="gets its id from the store"):
        tx.insert("customers", {"id": 7})
    assert workspace.empty


def test_every_read_sees_uncommitted_writes(workspace: Workspace) -> None:
    seed(workspace)
    with workspace.transaction() as tx:
        tx.insert("customers", {"account": "Dan", "email": "DAN@example.com", "country": "US"})
        tx.replace("customers", {"id": 1, "account": "Ann", "email": "ann@example.com", "country": "DE"})
        tx.remove("customers", 3)
        assert [document["account"] for document in tx.documents("customers")] == ["Ann", "Bob", "Dan"]
        assert list(tx.select("customers")) == [1, 2, 4]
        assert list(tx.select("customers", newest=True)) == [4, 2, 1]
        assert list(tx.select("customers", [US])) == [4]
        assert list(tx.select("customers", iter([Condition("country", "eq", "DE")]), newest=True)) == [2, 1]
        assert list(tx.select("customers", search="dan@")) == [4]
        assert list(tx.select("customers", search="cleo")) == []
        assert tx.count("customers") == 3
        assert tx.count("customers", [US], "dan") == 1
        assert [document["id"] for document in tx.find("customers", "country", "DE")] == [1, 2]
        assert [document["id"] for document in tx.find("customers", "email", "dan@EXAMPLE.com")] == [4]
        assert tx.find("customers", "email", "cleo@example.com") == []
        assert tx.get("customers", 3) is None


def test_reads_of_an_untouched_collection_use_the_table_itself(workspace: Workspace) -> None:
    seed(workspace)
    table = workspace.table("customers")
    with workspace.transaction() as tx:
        assert tx.select("customers") is table.ids()
        assert list(tx.select("customers", newest=True)) == [3, 2, 1]
        assert tx.find("customers", "email", "ANN@example.com") == [table.at(1)]
        assert tx.find("customers", "email", None) == []
        assert [document["id"] for document in tx.documents("customers")] == [1, 2, 3]
        assert tx.get("customers", 9) is None


def test_only_indexed_fields_can_be_found(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        with pytest.raises(KeyError, match="account"):
            tx.find("customers", "account", "Ann")
        assert tx.find("customers", "email", "ann@example.com") == []


def test_a_loop_over_documents_may_write(workspace: Workspace) -> None:
    seed(workspace)
    with workspace.transaction() as tx:
        for document in tx.documents("customers"):
            tx.remove("customers", document["id"])
            tx.insert("customers", {"account": document["account"]})
        for document in tx.documents("customers"):
            tx.replace("customers", {**document, "seen": True})
    assert list(workspace.table("customers").live) == [4, 5, 6]
    assert all(document["seen"] for document in workspace.table("customers").live.values())


def test_what_is_not_there_can_be_neither_replaced_nor_removed(workspace: Workspace) -> None:
    seed(workspace)
    with workspace.transaction() as tx:
        tx.remove("customers", 2)
        for doc_id in (2, 99):
            with pytest.raises(KeyError, match=f"customers has no document with the id {doc_id}"):
                tx.remove("customers", doc_id)
            with pytest.raises(KeyError, match=f"the id {doc_id}"):
                tx.replace("customers", {"id": doc_id})


def test_a_document_inserted_and_removed_at_once_uses_up_its_id_and_leaves_nothing_else(workspace: Workspace) -> None:
    seed(workspace)
    with workspace.transaction() as tx:
        tx.remove("customers", tx.insert("customers", {"account": "Dan"})["id"])
        assert tx.changes == Changes({}, {"id/customers": 4})
        assert list(tx.select("customers")) == [1, 2, 3]
    with workspace.transaction() as tx:
        assert tx.insert("customers", {"account": "Eve"})["id"] == 5


def test_a_commit_writes_exactly_the_changes(workspace: Workspace) -> None:
    seed(workspace)
    with workspace.transaction() as tx:
        changed = tx.replace("customers", {"id": 1, "account": "Ann Lee"})
        tx.remove("customers", 2)
        assert tx.next_number("invoice_number/2024") == 1
        assert tx.changes == Changes({"customers": {1: changed, 2: None}}, {"invoice_number/2024": 1})
    assert list(workspace.table("customers").live) == [1, 3]
    assert workspace.table("customers").at(1) is changed


def test_an_exception_leaves_no_trace(workspace: Workspace) -> None:
    seed(workspace)
    before = workspace.image()

    def work(tx: Transaction) -> None:
        tx.insert("customers", {"account": "Dan"})
        tx.replace("customers", {"id": 1, "account": "Changed"})
        tx.remove("customers", 2)
        tx.next_number("invoice_number/2024")
        raise Abandoned

    with pytest.raises(Abandoned), workspace.transaction() as tx:
        work(tx)
    assert workspace.image() == before
    with workspace.transaction() as tx:
        assert tx.next_number("invoice_number/2024") == 1
        assert tx.insert("customers", {"account": "Dan"})["id"] == 4
    assert list(workspace.table("customers").live) == [1, 2, 3, 4]


def test_numbers_count_by_name_and_go_on_after_a_commit(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        assert [tx.next_number("a"), tx.next_number("a"), tx.next_number("b")] == [1, 2, 1]
    with workspace.transaction() as tx:
        assert [tx.next_number("a"), tx.next_number("b")] == [3, 2]
    assert workspace.image().counters == {"a": 3, "b": 2}


def test_the_counters_of_ids_are_no_numbers_for_others(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        with pytest.raises(ValueError, match="id/customers"):
            tx.next_number("id/customers")
        assert tx.insert("customers", {"account": "Ann"})["id"] == 1, "the refusal used no id up"


@pytest.mark.parametrize("rolled_back", [False, True])
def test_an_ended_transaction_refuses_every_use(workspace: Workspace, rolled_back: bool) -> None:
    seed(workspace)
    try:
        with workspace.transaction() as tx:
            if rolled_back:
                raise Abandoned
    except Abandoned:
        pass
    for use in (
        lambda: tx.get("customers", 1),
        lambda: tx.select("customers"),
        lambda: tx.count("customers"),
        lambda: tx.find("customers", "email", "a"),
        lambda: list(tx.documents("customers")),
        lambda: tx.insert("customers", {}),
        lambda: tx.replace("customers", {"id": 1}),
        lambda: tx.remove("customers", 1),
        lambda: tx.next_number("a"),
        lambda: tx.changes,
    ):
        with pytest.raises(RuntimeError, match="ended"):
            use()


def test_an_unhashable_value_is_found_neither_in_the_table_nor_above_it(workspace: Workspace) -> None:
    with workspace.transaction() as tx:
        tx.insert("customers", {"country": ["US"]})
        assert tx.find("customers", "country", ["US"]) == []
        assert list(tx.select("customers", [Condition("country", "eq", ["US"])])) == [1]
    with workspace.transaction() as tx:
        assert tx.find("customers", "country", ["US"]) == []
        assert list(tx.select("customers", [Condition("country", "eq", ["US"])])) == [1]
