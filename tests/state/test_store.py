"""TinyDB's whole interface works on live documents, and no snapshot ever changes."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, cast

import pytest
from tinydb import Query, where
from tinydb.storages import MemoryStorage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table

from sandbox.state.changes import Changes
from sandbox.state.documents import stored_document
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.store import Database, LiveTable

PLAN = {"customers": IndexPlan(frozenset({"country"}), frozenset({"email"}), ("account", "email"))}


def filled(database: Database) -> LiveTable:
    table = database.table("customers")
    table.insert({"account": "Ann", "email": "Ann@Example.com", "country": "US", "tags": ["a", {"deep": [1]}]})
    table.insert({"account": "Bob", "email": "bob@example.com", "country": "DE", "tags": []})
    table.insert({"account": "Cleo", "country": "US", "tags": ["c"]})
    return table


@pytest.fixture
def database() -> Database:
    return Database(PLAN)


@pytest.fixture
def table(database: Database) -> LiveTable:
    return filled(database)


def spoil(document: Any) -> None:
    """Change a document, and all that it holds, in place."""
    document["account"] = "spoilt"
    tags = document.setdefault("tags", [])
    tags.append("spoilt")
    for tag in tags:
        if isinstance(tag, dict):
            tag["deep"].append("spoilt")


def spoil_all(documents: Any) -> None:
    for document in documents:
        spoil(document)


def spoil_what_get_hands_out(table: LiveTable) -> None:
    spoil(table.get(doc_id=1))
    spoil(table.get(where("account") == "Bob"))
    spoil_all(table.get(doc_ids=[1, 3]))


TAGS: list[Any] = ["shared"]
METHODS: dict[str, Callable[[LiveTable], Any]] = {
    "all": lambda table: spoil_all(table.all()),
    "clear_cache": lambda table: table.clear_cache(),
    "contains": lambda table: (table.contains(doc_id=1), table.contains(where("account") == "Ann")),
    "count": lambda table: table.count(where("country") == "US"),
    "get": spoil_what_get_hands_out,
    "insert": lambda table: table.insert({"account": "Dan", "tags": TAGS}),
    "insert_multiple": lambda table: table.insert_multiple([{"account": "Eve"}, TinyDocument({"account": "Fay"}, 9)]),
    "name": lambda table: table.name,
    "remove": lambda table: (table.remove(doc_ids=[1, 77]), table.remove(where("account") == "Bob")),
    "search": lambda table: spoil_all(table.search(where("country") == "US")),
    "storage": lambda table: table.storage,
    "truncate": lambda table: table.truncate(),
    "update": lambda table: (
        table.update({"tags": TAGS}),
        table.update(spoil),
        table.update(spoil, where("country") == "US"),
        table.update({"country": "FR"}, doc_ids=[1, 77]),
    ),
    "update_multiple": lambda table: table.update_multiple([({"country": "FR"}, where("account") == "Ann"), (spoil, where("country") == "US")]),
    "upsert": lambda table: (
        table.upsert({"country": "IT"}, where("account") == "Ann"),
        table.upsert(TinyDocument({"account": "Gil"}, 20)),
    ),
    "document_class": lambda table: table.document_class({}, 1),
    "document_id_class": lambda table: table.document_id_class("1"),
    "query_cache_class": lambda table: table.query_cache_class(0),
    "default_query_cache_capacity": lambda table: table.default_query_cache_capacity,
}


def test_every_public_member_of_tinydbs_table_is_run_here() -> None:
    assert set(METHODS) == {name for name in vars(Table) if not name.startswith("_")}


@pytest.mark.parametrize("method", METHODS)
def test_a_snapshot_is_unchanged_whatever_public_method_runs(method: str, database: Database) -> None:
    table = filled(database)
    snapshot = database.storage.image()
    before = deepcopy((snapshot.tables, snapshot.counters))
    METHODS[method](table)
    TAGS.append("changed afterwards")
    len(table), list(table), repr(table)
    assert (snapshot.tables, snapshot.counters) == before
    everything_agrees(table)


def everything_agrees(table: LiveTable) -> None:
    """Ids, order, indexes and search texts tell the same as the documents."""
    live = table.live
    assert list(live) == list(table.ids()) == sorted(live)
    assert all(document["id"] == doc_id for doc_id, document in live.items())
    for value in ("US", "DE", "FR", "IT"):
        assert list(table.lookup("country", value)) == [i for i, d in live.items() if d.get("country") == value]
    for account in ("ann", "SPOILT", "gil"):
        assert list(table.containing(account)) == [
            i for i, d in live.items() if any(account.casefold() in str(d.get(field, "")).casefold() for field in ("account", "email"))
        ]


def test_what_is_stored_shares_nothing_with_what_was_given(table: LiveTable) -> None:
    given = {"account": "Dan", "tags": ["x"]}
    doc_id = table.insert(given)
    spoil(given)
    assert table.at(doc_id) == {"id": 4, "account": "Dan", "tags": ["x"]}


def test_every_document_bears_its_id_in_front(table: LiveTable) -> None:
    assert [next(iter(document.items())) for document in table.live.values()] == [("id", 1), ("id", 2), ("id", 3)]
    table.insert(TinyDocument({"account": "Dan", "id": 12}, 12))
    assert table.at(12) == {"id": 12, "account": "Dan"}


def test_a_document_cannot_bear_anothers_id(table: LiveTable) -> None:
    before = dict(table.live)
    with pytest.raises(ValueError, match="the id 1 says that its id is 7"):
        table.update({"id": 7}, doc_ids=[1])
    assert dict(table.live) == before


def test_reading_and_counting_work_as_tinydb_says(table: LiveTable) -> None:
    assert len(table) == 3
    assert [document.doc_id for document in table] == [1, 2, 3]
    assert table.count(where("country") == "US") == 2
    assert table.contains(doc_id=3)
    assert not table.contains(where("account") == "Nobody")
    assert table.get(doc_id=99) is None
    assert [document.doc_id for document in table.get(doc_ids=[3, 1])] == [1, 3]
    assert table.search(Query().tags.any(["c"]))[0]["account"] == "Cleo"


def test_updates_and_removals_work_as_tinydb_says(table: LiveTable) -> None:
    assert table.update({"country": "FR"}, where("account") == "Bob") == [2]
    assert table.upsert({"account": "Zoe"}, where("account") == "Zoe") == [4]
    assert table.upsert({"country": "IT"}, where("account") == "Zoe") == [4]
    assert table.remove(where("country") == "US") == [1, 3]
    assert [document["account"] for document in table.all()] == ["Bob", "Zoe"]
    with pytest.raises(KeyError):
        table.update(lambda document: document.pop("nothing"))
    everything_agrees(table)


def test_an_updater_may_delete_and_put_back_as_in_any_dictionary(table: LiveTable) -> None:
    def updater(draft: Any) -> None:
        assert len(draft) == 3
        held = draft.pop(2)
        assert 2 not in draft
        assert list(draft) == [1, 3]
        with pytest.raises(KeyError):
            draft[2]
        with pytest.raises(KeyError):
            del draft[2]
        draft[2] = {**held, "account": "Back"}
        draft[7] = {"account": "Passing"}
        assert list(draft) == [1, 2, 3, 7]
        del draft[7]

    table._update_table(updater)
    assert {doc_id: document["account"] for doc_id, document in table.live.items()} == {1: "Ann", 2: "Back", 3: "Cleo"}


def test_a_loop_over_a_table_may_write_to_it(table: LiveTable) -> None:
    for document in table:
        table.remove(doc_ids=[document.doc_id])
    assert len(table) == 0


def test_an_update_from_one_to_true_is_a_change(table: LiveTable) -> None:
    table.update({"active": 1}, doc_ids=[1])
    table.update({"active": True}, doc_ids=[1])
    assert table.live[1]["active"] is True


def test_an_update_that_changes_nothing_keeps_the_very_same_value(table: LiveTable) -> None:
    before = dict(table.live)
    table.update({"country": "US"}, where("country") == "US")
    assert all(table.live[doc_id] is document for doc_id, document in before.items())


def test_ids_are_not_given_again_after_the_highest_was_removed(table: LiveTable) -> None:
    table.remove(doc_ids=[3])
    assert table.insert({}) == 4
    table.truncate()
    assert table.insert({}) == 5
    assert table.insert(TinyDocument({}, 40)) == 40
    assert table.insert_multiple([{}, {}]) == [41, 42]


def test_a_refused_insert_uses_up_no_id_and_changes_nothing(table: LiveTable) -> None:
    before = dict(table.live)
    with pytest.raises(ValueError, match="not a Mapping"):
        table.insert_multiple([{"account": "Dan"}, 5])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="already exists"):
        table.insert(TinyDocument({}, 2))
    assert dict(table.live) == before
    assert table.insert({}) == 4


def test_an_old_id_that_comes_back_stands_in_its_place(table: LiveTable) -> None:
    table.remove(doc_ids=[1])
    table.insert(TinyDocument({"account": "Ann again", "country": "US"}, 1))
    assert list(table.live) == [1, 2, 3]
    everything_agrees(table)


def test_an_old_id_comes_back_in_order_where_nothing_is_indexed(database: Database) -> None:
    plain = database.table("plain")
    plain.apply({5: {"id": 5}})
    plain.apply({2: {"id": 2}, 9: None})
    assert list(plain.live) == [2, 5]
    assert plain.insert({}) == 6


def test_a_dropped_table_is_empty_for_all_who_hold_it_and_gives_no_id_again(database: Database) -> None:
    held = filled(database)
    other = database.table("other")
    other.insert({})
    database.drop_table("customers")
    assert database.tables() == {"other"}
    assert len(held) == 0
    assert list(held.lookup("country", "US")) == []
    assert len(other) == 1
    assert database.table("customers").insert({}) == 4
    assert len(held) == 1
    database.drop_tables()
    assert database.tables() == set()
    assert (len(held), len(other)) == (0, 0)


def test_writing_whole_tables_through_the_storage_keeps_the_indexes_right(database: Database) -> None:
    table = filled(database)
    database.storage.write({"customers": {"2": {"account": "Bob", "country": "FR"}, "8": {"country": "US"}}})
    assert database.storage.read() == {"customers": {"2": {"id": 2, "account": "Bob", "country": "FR"}, "8": {"id": 8, "country": "US"}}}
    assert table.insert({}) == 9
    everything_agrees(table)


def test_a_table_exists_once_it_was_written_to(database: Database) -> None:
    database.table("quiet")
    assert database.tables() == set()
    database.table("kept", persist_empty=True)
    assert database.tables() == {"kept"}


def test_a_change_is_recorded_before_it_is_made_and_a_failure_stops_it() -> None:
    seen: list[Changes] = []

    def record(changes: Changes) -> None:
        seen.append(changes)
        if len(seen) > 1:
            raise OSError("disk full")

    database = Database(PLAN, record)
    table = database.table("customers")
    table.insert({"account": "Ann"})
    assert seen == [Changes({"customers": {1: {"id": 1, "account": "Ann"}}}, {"id/customers": 1})]
    before = database.storage.image()
    for write in (
        lambda: table.insert({"account": "Bob"}),
        lambda: table.truncate(),
        lambda: database.drop_tables(),
        lambda: table.apply({1: None}),
    ):
        with pytest.raises(OSError, match="disk full"):
            write()
        assert database.storage.image() == before
    assert len(seen) == 5


def test_nothing_is_recorded_when_nothing_changes() -> None:
    seen: list[Changes] = []
    database = Database(PLAN, seen.append)
    database.table("customers").update({"account": "nobody"})
    assert seen == []


def test_a_live_table_needs_a_live_storage() -> None:
    with pytest.raises(TypeError, match="LiveStorage"):
        LiveTable(cast(Any, MemoryStorage)(), "customers")


def test_a_field_outside_the_plan_cannot_be_looked_up(table: LiveTable) -> None:
    with pytest.raises(KeyError, match="tags"):
        table.lookup("tags", "a")


def test_a_folded_field_is_looked_up_without_regard_to_case(table: LiveTable) -> None:
    assert list(table.lookup("email", "ANN@EXAMPLE.COM")) == [1]
    table.update({"email": "STRASSE@example.com"}, doc_ids=[1])
    assert list(table.lookup("email", "straße@example.com")) == [1]
    table.update({"email": 5}, doc_ids=[1])
    assert list(table.lookup("email", 5)) == []


def test_a_value_that_has_no_hash_is_filed_nowhere(table: LiveTable) -> None:
    table.update({"country": ["US"]}, doc_ids=[1])
    assert list(table.lookup("country", "US")) == [3]
    assert list(table.lookup("country", ["US"])) == []


def test_an_index_keeps_no_value_that_no_document_has(table: LiveTable) -> None:
    assert len(table.index("country")) == 2
    table.remove(where("country") == "US")
    assert len(table.index("country")) == 1


def test_loading_puts_documents_in_order_and_counts_their_ids(database: Database) -> None:
    table = filled(database)
    documents: Mapping[int, dict[str, Any]] = {8: stored_document({"id": 8, "country": "US"}), 3: stored_document({"id": 3, "country": "DE"})}
    database.storage.load(Image({"customers": dict(documents)}))
    assert list(table.live) == [3, 8]
    assert table.at(8) is documents[8]
    assert table.insert({}) == 9
    everything_agrees(table)


def test_loading_empties_the_tables_that_the_image_lacks(database: Database) -> None:
    table = filled(database)
    database.storage.load(Image(counters={"id/customers": 17}))
    assert len(table) == 0
    assert database.tables() == set()
    assert table.insert({}) == 18
