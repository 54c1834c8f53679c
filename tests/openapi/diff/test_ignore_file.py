"""Accepted changes: how a file of them is read, what they cover and for how long."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from openapi.diff.changes import Change, Level
from openapi.diff.ignore_file import Accepted, read_accepted, sift
from openapi.parsing.errors import SourceError

TODAY = date(2026, 6, 15)


def change(id: str = "operation-removed", operation: str = "GET /a", path: str = "") -> Change:
    return Change(id, Level.BREAKING, operation, path, None, None, "A sentence.")


def entry(id: str = "operation-removed", operation: str | None = None, path: str | None = None, until: date = TODAY) -> Accepted:
    return Accepted(id, operation, path, "meant", until, 3)


def written(directory: Path, text: str) -> str:
    path = directory / "accepted.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("one", "covered"),
    [
        (entry(), ["GET /a", "PUT /a", ""]),
        (entry(operation="PUT /a"), ["PUT /a"]),
        (entry(operation=""), [""]),
        (entry(path="query parameter page"), []),
        (entry(id="operation-added"), []),
    ],
)
def test_an_entry_covers_what_it_names_and_no_more(one: Accepted, covered: list[str]) -> None:
    changes = [change(operation="GET /a"), change(operation="PUT /a"), change(operation="")]
    sifted = sift(changes, [one], "accepted.yaml", TODAY)
    assert [taken.operation for taken, _ in sifted.accepted] == covered
    assert [left.operation for left in sifted.changes] == [left.operation for left in changes if left.operation not in covered]


@pytest.mark.parametrize(("until", "holds"), [(date(2026, 6, 14), False), (TODAY, True), (date(2026, 6, 16), True)])
def test_an_entry_holds_on_its_last_day_and_not_after(until: date, holds: bool) -> None:
    sifted = sift([change()], [entry(until=until)], "accepted.yaml", TODAY)
    assert bool(sifted.accepted) is holds
    assert bool(sifted.changes) is not holds
    assert bool(sifted.notes) is not holds


def test_an_entry_that_is_over_says_whether_it_is_missed() -> None:
    over = date(2026, 6, 1)
    told = sift([change()], [entry(until=over), entry(id="operation-added", until=over)], "f.yaml", TODAY).notes
    assert told == [
        "f.yaml:3: `operation-removed` was accepted until 2026-06-01, which is over: what it covers counts again.",
        "f.yaml:3: `operation-added` was accepted until 2026-06-01, which is over: it covers nothing, and can go.",
    ]


def test_an_entry_that_covers_nothing_is_told_of_and_its_typing_error_found() -> None:
    told = sift([], [entry(), entry(id="operation-removedd")], "f.yaml", TODAY).notes
    assert told == [
        "f.yaml:3: `operation-removed` covers no change, and can go.",
        "f.yaml:3: `operation-removedd` covers no change: no kind of change is called so; did you mean 'operation-removed'?",
    ]


def test_two_entries_that_cover_the_same_are_both_of_use() -> None:
    assert sift([change()], [entry(), entry(operation="GET /a")], "f.yaml", TODAY).notes == []


def test_a_file_is_read_with_dates_quoted_or_not(tmp_path: Path) -> None:
    text = "- id: a\n  reason: ' why '\n  until: 2026-06-15\n- {id: b, operation: GET /a, path: x, reason: r, until: '2026-06-15'}\n"
    first, second = read_accepted(written(tmp_path, text))
    assert (first.reason, first.until, first.operation, first.path, first.line) == ("why", TODAY, None, None, 1)
    assert (second.operation, second.path, second.until, second.line) == ("GET /a", "x", TODAY, 4)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]\n"])
def test_an_empty_file_accepts_nothing(tmp_path: Path, text: str) -> None:
    assert read_accepted(written(tmp_path, text)) == []


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("id: a\n", None, "is not a list of entries"),
        ("- a\n", 1, "an entry is a mapping"),
        ("- {id: a, reason: r, until: 2026-01-01}\n- {id: a, until: 2026-01-01}\n", 2, "the entry has no `reason`: say why"),
        ("- {id: a, reason: '', until: 2026-01-01}\n", 1, "`reason` is a text: say why"),
        ("- {id: a, reason: r}\n", 1, "the entry has no `until`: say until which day"),
        ("- id: a\n  reason: r\n  until: soon\n", 3, "`until` is soon, and has to be a day such as 2027-01-31"),
        ("- id: a\n  reason: r\n  until: 2026-02-30\n", 3, "`until` is 2026-02-30"),
        ("- {reason: r, until: 2026-01-01}\n", 1, "the entry has no `id`"),
        ("- id: [a]\n  reason: r\n  until: 2026-01-01\n", 1, "`id` is a text"),
        ("- id: a\n  resaon: r\n  until: 2026-01-01\n", 2, "`resaon` is no word of an entry; did you mean 'reason'?"),
        ("- id: a\n  id: b\n", 2, "id"),
        ("- {id: a\n", 2, ""),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_line(tmp_path: Path, text: str, line: int | None, what: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_accepted(written(tmp_path, text))
    assert refused.value.line == line
    assert what in refused.value.what


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_accepted(str(tmp_path / "absent.yaml"))
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="cannot be read"):
        read_accepted(str(tmp_path / "binary.yaml"))
