"""A term is found wherever it stands, in ascending order, whatever was written in between."""

import random

import pytest

from sandbox.state.search import SearchTexts


def filled(texts: dict[int, str]) -> SearchTexts:
    search = SearchTexts()
    for doc_id, text in texts.items():
        search.put(doc_id, text)
    return search


def test_documents_of_several_pages_are_found_in_ascending_order() -> None:
    search = filled({700: "jane", 3: "jane smith", 256: "mary", 255: "a jane", 1: "john"})
    assert search.containing("jane") == [3, 255, 700]
    assert search.containing("nobody") == []


def test_a_term_does_not_run_from_one_document_into_the_next() -> None:
    search = filled({1: "ab", 2: "cd"})
    assert search.containing("bc") == []


def test_a_new_text_takes_the_place_of_the_old_one() -> None:
    search = filled({1: "jane", 2: "jane"})
    assert search.containing("jane") == [1, 2]
    search.put(1, "john")
    assert (search.containing("jane"), search.containing("john")) == ([2], [1])


def test_what_was_removed_is_not_found_and_may_be_removed_again() -> None:
    search = filled({1: "jane", 300: "jane"})
    for _ in range(2):
        search.remove(300)
    search.remove(999)
    assert search.containing("jane") == [1]
    assert (search.holds(1, "jane"), search.holds(300, "jane"), search.holds(1, "john")) == (True, False, False)


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_looking_at_every_text(seed: int) -> None:
    dice = random.Random(seed)
    search, model = SearchTexts(), dict[int, str]()
    for _ in range(600):
        doc_id, text = dice.randrange(1, 900), "".join(dice.choices("ab c", k=dice.randrange(6)))
        if dice.random() < 0.2:
            search.remove(doc_id)
            model.pop(doc_id, None)
        else:
            search.put(doc_id, text)
            model[doc_id] = text
        term = "".join(dice.choices("abc", k=dice.randrange(1, 4)))
        assert search.containing(term) == sorted(one for one, held in model.items() if term in held)


def test_more_terms_than_are_kept_are_answered_as_well() -> None:
    search = filled({number: f"term {number} end" for number in range(1, 400)})
    for _ in range(2):
        assert [search.containing(f"term {number} ") for number in range(1, 400)] == [[number] for number in range(1, 400)]


def test_an_empty_text_holds_nothing() -> None:
    search = filled({1: "", 2: "jane", 3: ""})
    assert (search.containing("jane"), search.containing("x")) == ([2], [])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_sought_step_by_step_agrees_whatever_is_written_between_the_steps(seed: int) -> None:
    dice = random.Random(seed)
    texts = {doc_id: "".join(dice.choices("ab c", k=4)) for doc_id in range(1, 3_000)}
    search = filled(texts)
    for term in ("a", "ab", "c", "bca", "ab"):
        for _ in search.seeking(term):
            doc_id = dice.randrange(1, 3_200)
            if dice.random() < 0.3:
                search.remove(doc_id)
                texts.pop(doc_id, None)
            else:
                texts[doc_id] = "".join(dice.choices("ab c", k=4))
                search.put(doc_id, texts[doc_id])
        assert search.containing(term) == sorted(one for one, held in texts.items() if term in held)


def test_each_step_of_seeking_looks_at_few_documents() -> None:
    search = filled(dict.fromkeys(range(1, 2561), "jane"))
    assert sum(1 for _ in search.seeking("jane")) == 11
    assert len(search.containing("jane")) == 2_560
    assert list(search.seeking("jane")) == []


def test_terms_that_are_sought_and_not_asked_for_take_no_room_for_good() -> None:
    search = filled({1: "jane"})
    for number in range(100):
        list(search.seeking(f"term {number}"))
    assert len(search._by_page) <= 4
