"""A table that adopts another's rows finds the same, and from then on neither notices what is written to the other."""

from random import Random

import pytest

from sandbox.state.documents import Document
from sandbox.state.indexed_rows import IndexedRows
from sandbox.state.indexes import IndexPlan

PLAN = IndexPlan(equal=frozenset({"country", "number"}), folded=frozenset({"email"}), search=("account", "email"))


def customer(doc_id: int, country: str = "US", account: str = "Ann") -> Document:
    return {"id": doc_id, "country": country, "number": f"N-{doc_id}", "email": f"C{doc_id}@example.com", "account": account}


def filled(count: int) -> IndexedRows:
    rows = IndexedRows(PLAN)
    rows.load({doc_id: customer(doc_id) for doc_id in range(1, count + 1)})
    return rows


def adopted(other: IndexedRows) -> IndexedRows:
    rows = IndexedRows(PLAN)
    rows.load({99: customer(99, "AT")})
    rows.adopt(other)
    return rows


def findings(rows: IndexedRows) -> object:
    return (
        dict(rows.documents),
        list(rows.ids),
        {value: list(rows.index("country").ids(value)) for value in ("US", "AT", "CH")},
        {number: list(rows.index("number").ids(f"N-{number}")) for number in range(1, 40)},
        {number: list(rows.index("email").ids(f"c{number}@EXAMPLE.com")) for number in range(1, 40)},
        {term: list(rows.containing(term)) for term in ("ann", "bob", "c1")},
        len(rows.index("country")),
    )


def test_adopted_rows_find_what_the_others_find() -> None:
    source = filled(30)
    source.containing("ann")
    assert findings(adopted(source)) == findings(source)
    assert adopted(source).documents[7] is source.documents[7]


def test_a_write_on_either_side_is_not_seen_on_the_other() -> None:
    source = filled(30)
    copy = adopted(source)
    before = findings(source)
    copy.apply({3: None, 4: customer(4, "AT", "Bob"), 31: customer(31, "CH")})
    assert findings(source) == before
    changed = findings(copy)
    source.apply({5: None, 4: customer(4, "CH", "Bob"), 32: customer(32)})
    assert findings(copy) == changed


def test_a_document_that_comes_back_under_a_value_is_found_once() -> None:
    copy = adopted(filled(1))
    for country in ("AT", "US", "AT", "US"):
        copy.apply({1: customer(1, country)})
        assert copy.index("country").ids(country) == [1]
    copy.apply({1: None})
    copy.apply({1: customer(1)})
    assert copy.index("country").ids("US") == [1]


def test_forks_of_forks_agree_with_rows_that_were_filled_anew() -> None:
    dice = Random(3)
    family = [filled(20)]
    for _ in range(150):
        one = dice.choice(family)
        if len(family) < 6 and dice.random() < 0.1:
            family.append(adopted(one))
            continue
        doc_id = dice.randint(1, 39)
        document = None if dice.random() < 0.3 else customer(doc_id, dice.choice(["US", "AT", "CH"]), dice.choice(["Ann", "Bob"]))
        one.apply({doc_id: document})
        for rows in family:
            anew = IndexedRows(PLAN)
            anew.load(rows.documents)
            assert findings(rows) == findings(anew)
    assert len(family) == 6


@pytest.mark.parametrize("plan", [IndexPlan(), IndexPlan(equal=frozenset({"account"}))])
def test_rows_of_another_plan_are_filed_anew(plan: IndexPlan) -> None:
    rows = IndexedRows(plan)
    rows.adopt(filled(5))
    assert rows.ids == [1, 2, 3, 4, 5]
    if plan.equal:
        assert rows.index("account").ids("Ann") == [1, 2, 3, 4, 5]
    with pytest.raises(KeyError):
        rows.index("country")
