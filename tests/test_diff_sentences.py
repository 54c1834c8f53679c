"""What a spec author reads who tries a change: each sentence is understood without a manual."""

from __future__ import annotations

import re

from openapi.diff.changes import Change
from tests.diff_specs import (
    changes,
    with_a_bound_tightened,
    with_a_field_renamed,
    with_a_parameter_required,
    with_a_status_more,
)

_JARGON = re.compile(r"\b(schema|node|subschema|oneOf|allOf|narrow\w*|widen\w*|undefined|None|null)\b|\$ref|[{}]")


def told(found: list[Change]) -> dict[str, str]:
    """The sentences by level and id; one for each."""
    sentences: dict[str, str] = {}
    for one in found:
        assert sentences.setdefault(f"{one.level.value} {one.id}", one.text) == one.text
    return sentences


def test_a_renamed_field_is_recognised_and_says_who_is_refused() -> None:
    sentences = told(changes(with_a_field_renamed()))
    assert sentences.keys() == {
        "breaking request-property-removed",
        "info request-property-added",
        "warning answer-property-removed",
        "warning answer-property-added",
    }
    gone = sentences["breaking request-property-removed"]
    assert gone.startswith("Clients that send `phone` are refused from now on")
    assert "`telephone`" in gone
    assert "renamed" in gone
    lost = sentences["warning answer-property-removed"]
    assert lost.startswith("Clients that rely on `phone` no longer find it")
    assert "`telephone`" in lost
    assert sentences["info request-property-added"].startswith("Nobody is hurt")


def test_a_tightened_bound_says_the_number_before_and_after() -> None:
    sentences = told(changes(with_a_bound_tightened()))
    assert sentences.keys() == {"breaking request-maximum-lowered", "info answer-maximum-lowered"}
    sentence = sentences["breaking request-maximum-lowered"]
    assert sentence.startswith("Clients that send `amount` above 1000 are refused from now on")
    assert "was 999999999.99 and is 1000" in sentence
    assert sentences["info answer-maximum-lowered"].startswith("Nobody is hurt")


def test_a_new_value_in_an_answer_says_what_may_come_and_who_cannot_take_it() -> None:
    sentences = told(changes(with_a_status_more()))
    assert sentences.keys() == {"warning answer-enum-value-added", "info request-enum-value-added"}
    assert sentences["warning answer-enum-value-added"].startswith('Clients may receive "Overdue" as `status` from now on')
    quiet = sentences["info request-enum-value-added"]
    assert quiet.startswith("`status` is read-only, so no client sends it: nobody is hurt")


def test_a_parameter_that_becomes_required_says_who_is_refused_and_why() -> None:
    sentences = told(changes(with_a_parameter_required()))
    assert sentences == {
        "breaking parameter-became-required": "Clients that do not send `page` are refused from now on: it was optional and is required."
    }


def test_each_says_where_it_is_and_needs_no_words_of_the_specification() -> None:
    heads = (with_a_field_renamed(), with_a_bound_tightened(), with_a_status_more(), with_a_parameter_required())
    for one in (change for head in heads for change in changes(head)):
        assert re.match("Clients |Nobody is hurt|.* nobody is hurt ", one.text), one.text
        assert one.text.endswith(".")
        assert not _JARGON.search(one.text), one.text
        assert len(one.text) <= 200, one.text
        assert one.operation
        assert re.match(r"(request body|answer \d{3}|query parameter|callback )", one.path), one.path
        assert one.base is not None
        assert one.head is not None
        assert one.base.line > 1
        assert one.head.line > 1
