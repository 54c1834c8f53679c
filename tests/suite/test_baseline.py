"""A baseline knows what was broken before: only what is newly broken makes a run fail."""

from __future__ import annotations

from typing import Any

from contract_tests.reports.baseline import compare


def report(**promises: tuple[str, list[str]]) -> dict[str, Any]:
    return {"promises": [{"id": id, "verdict": verdict, "broken_on": places} for id, (verdict, places) in promises.items()]}


def test_a_promise_that_was_kept_is_newly_broken() -> None:
    found = compare(report(a=("broken", ["listUsers"])), report(a=("kept", [])))
    assert found.newly == {"a": {"listUsers"}}


def test_a_promise_that_the_baseline_does_not_know_is_newly_broken() -> None:
    assert compare(report(a=("broken", [""])), report()).newly == {"a": {""}}


def test_a_promise_that_was_broken_is_newly_broken_only_on_other_operations() -> None:
    earlier = report(a=("broken", ["listUsers", "createUser"]))
    assert compare(report(a=("broken", ["createUser"])), earlier).newly == {}
    assert compare(report(a=("broken", ["createUser", "listQuotes"])), earlier).newly == {"a": {"listQuotes"}}


def test_what_is_kept_now_was_mended_and_what_is_not_checked_was_not() -> None:
    earlier = report(a=("broken", ["x"]), b=("broken", ["x"]))
    found = compare(report(a=("kept", []), b=("not-checked", [])), earlier)
    assert found.mended == {"a"}
    assert found.newly == {}
