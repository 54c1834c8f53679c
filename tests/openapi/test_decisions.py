"""The decisions are whole, are read strictly, and are those of the shared design table.

The table stands beside a checkout, not in it; RECORDED keeps its names and codes, so that every run compares something.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from openapi import decisions as module
from openapi.decisions import Decision, Reading, load_decisions
from openapi.document import DocumentError

TABLE = Path(__file__).parents[2].parent / "shared" / "design" / "DECISIONS.md"
COLUMNS = "| name | silence | our reading | other listed readings |"

# name, our code, the codes of the other readings
Row = tuple[str, str, tuple[str, ...]]
# the same as the table shows it, where a reading may be without a code
Masked = tuple[str, str | None, tuple[str | None, ...]]
RECORDED: tuple[Row, ...] = (
    ("auth-place", "both", ("header",)),
    ("create-answer", "object", ("id",)),
    ("delete-answer", "message", ("empty",)),
    ("paging", "all", ("customers",)),
    ("order", "oldest", ("newest",)),
    ("search", "substring", ("prefix",)),
    ("put", "replace", ("merge",)),
    ("delete-referenced", "refuse", ("cascade",)),
    ("ids", "counter", ()),
    ("item-amount", "unit", ("line",)),
    ("integers", "json-schema", ("digits",)),
    ("dates", "date", ("created",)),
    ("unknown-reference", "400", ("404",)),
    ("unknown-field", "refuse", ("ignore",)),
    ("read-only-sent", "ignore", ("refuse",)),
    ("unknown-parameter", "refuse", ("ignore",)),
    ("filter-value", "refuse", ()),
    ("duplicate-email", "users", ("customers-too",)),
    ("batch", "atomic", ("per-item",)),
    ("nested-errors", "dots", ("brackets",)),
    ("invoice-number", "year-counter", ("unique",)),
    ("invoice-status", "control-plane", ()),
    ("transaction-events", "yes", ("no",)),
    ("accounts", "free", ()),
    ("report", "dated", ()),
    ("roles", "key-role", ()),
    ("status-codes", "http", ("400-404",)),
    ("rate-window", "fixed", ("clock-hour", "rolling")),
    ("rate-anonymous", "address", ("none",)),
    ("caching", "etag", ("none",)),
    ("signing", "optional", ("none",)),
    ("webhook-events", "standard-webhooks", ()),
    ("password", "write-only", ()),
    ("timestamps", "utc-seconds", ()),
    ("bounds", "ours", ("wider",)),
    ("money", "two-decimals", ()),
    ("content-type", "bare", ("charset",)),
)
# The readings that the table gives in words alone; their codes are chosen here, and no table can contradict them.
WORDED_OURS = {
    *("invoice-number", "invoice-status", "report", "roles", "signing", "webhook-events"),
    *("password", "timestamps", "bounds", "money", "content-type"),
}
WORDED_OTHERS = {"invoice-number", "content-type"}

GOOD = """
put:
  silence: Nobody says whether a PUT is full.
  reading: {code: replace, sentence: It replaces.}
  others:
    - {code: merge, sentence: It merges.}
"""


def opening_code(words: str) -> str | None:
    """The code that stands in back-ticks at the beginning, if what stands there has the form of one."""
    found = re.match(r"`([a-z0-9][a-z0-9-]*)`", words)
    return found and found[1]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


def listed(cell: str) -> list[str]:
    """The readings of the last column: parted by semicolons, but for those inside back-ticks."""
    return [part.strip() for part in re.findall(r"(?:`[^`]*`|[^;`])+", cell) if part.strip()]


def masked(row: Row) -> Masked:
    """A recorded row as the table shows it: without the codes that the table does not give."""
    name, ours, others = row
    return name, None if name in WORDED_OURS else ours, tuple(None if name in WORDED_OTHERS else o for o in others)


def lines_of_the_table() -> dict[str, str]:
    """The shared table's lines by name, in its order; none where there is no shared table."""
    if not TABLE.is_file():
        return {}
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    body = takewhile(lambda line: line.startswith("|"), lines[lines.index(COLUMNS) + 2 :])
    return {cells(line)[0].strip("`"): line for line in body}


def codes_in(line: str) -> Masked:
    name, _silence, ours, others = cells(line)
    return name.strip("`"), opening_code(ours), tuple(opening_code(other) for other in listed(others))


def facts_of(line: str) -> set[str]:
    """What no other wording may lose: every number, and every word in back-ticks."""
    return {*re.findall(r"`([^`]+)`", line), *re.findall(r"\d(?:[\d,^]*(?:\.\d+)?\d)?", line)}


def words_of(decision: Decision) -> str:
    readings = (decision.reading, *decision.others)
    codes = " ".join(f"`{reading.code}`" for reading in readings)
    return " ".join([f"`{decision.name}`", decision.silence, codes, *(reading.sentence for reading in readings)])


def row_of(decision: Decision) -> Row:
    return decision.name, decision.reading.code, tuple(other.code for other in decision.others)


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[[str], str]:
    """Loads a file with this text, which must be refused, and gives the message without the file's name."""

    def load(text: str) -> str:
        path = tmp_path / "decisions.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DocumentError) as caught:
            load_decisions(path)
        label, message = str(caught.value).split(": ", 1)
        assert label == str(path)
        return message

    return load


def test_the_file_holds_the_recorded_names_and_codes_in_their_order() -> None:
    assert tuple(row_of(decision) for decision in load_decisions().values()) == RECORDED


def test_the_decisions_are_those_of_the_shared_table_and_lose_none_of_its_facts() -> None:
    """Where there is no shared table the names and codes are compared with those that were recorded from it."""
    lines = lines_of_the_table()
    shown = [codes_in(line) for line in lines.values()] or [masked(row) for row in RECORDED]
    decisions = load_decisions()
    assert [masked(row_of(decision)) for decision in decisions.values()] == shown
    for name, line in lines.items():
        assert facts_of(line) - facts_of(words_of(decisions[name])) == set(), name


def test_every_silence_and_reading_is_a_whole_sentence() -> None:
    for decision in load_decisions().values():
        sentences = [decision.silence, *(reading.sentence for reading in (decision.reading, *decision.others))]
        for sentence in sentences:
            assert sentence.endswith("."), sentence
            assert sentence[0] == "`" or not sentence[0].islower(), sentence


def test_the_decisions_of_the_project_are_read_once_and_cannot_be_changed() -> None:
    decisions = load_decisions()
    assert load_decisions() is decisions
    open_to_all: Any = decisions
    with pytest.raises(TypeError):
        open_to_all["put"] = decisions["order"]
    with pytest.raises(FrozenInstanceError):
        open_to_all["put"].name = "order"
    with pytest.raises(FrozenInstanceError):
        open_to_all["put"].reading.code = "merge"


def test_a_file_given_by_its_path_becomes_decisions(tmp_path: Path) -> None:
    path = tmp_path / "decisions.yaml"
    path.write_text(GOOD, encoding="utf-8")
    put = Decision(
        name="put",
        silence="Nobody says whether a PUT is full.",
        reading=Reading("replace", "It replaces."),
        others=(Reading("merge", "It merges."),),
    )
    assert load_decisions(path) == {"put": put}


@pytest.mark.parametrize(
    ("sound", "faulty", "message"),
    [
        ("code: merge", "code: Merge!", "$.put.others[0].code: 'Merge!' does not match [a-z0-9][a-z0-9-]*"),
        ("code: merge", "code: -merge", "$.put.others[0].code: '-merge' does not match [a-z0-9][a-z0-9-]*"),
        ("code: merge", "code: 404", "$.put.others[0].code: must be a string, not the value 404: put it in quotes"),
        ("code: replace", "code: yes", "$.put.reading.code: must be a string, not the value true: put it in quotes"),
        ("code: merge", "code: replace", "$.put.others[0].code: 'replace' is already the code of $.put.reading"),
        (
            "It merges.}",
            "It merges.}\n    - {code: merge, sentence: Again.}",
            "$.put.others[1].code: 'merge' is already the code of $.put.others[0]",
        ),
        ("It merges.", "' '", "$.put.others[0].sentence: must be a sentence, and is empty"),
        ("It replaces.", "", "$.put.reading.sentence: must be a sentence, not nothing"),
        ("Nobody says whether a PUT is full.", "''", "$.put.silence: must be a sentence, and is empty"),
        ("Nobody says whether a PUT is full.", "[a]", "$.put.silence: must be a sentence, not a list"),
        ("silence", "silense", "$.put.silense: is an unknown key; the keys here are silence, reading, others"),
        (
            "code: merge",
            "code: merge, since: 2",
            "$.put.others[0].since: is an unknown key; the keys here are code, sentence",
        ),
        ("code: replace, ", "", "$.put.reading.code: is missing; the keys here are code, sentence"),
        (
            "  others:\n    - {code: merge, sentence: It merges.}",
            "",
            "$.put.others: is missing; the keys here are silence, reading, others",
        ),
        ("put:", "Put It:", "$[\"Put It\"]: the name 'Put It' does not match [a-z0-9][a-z0-9-]*"),
        ("put:", "404:", '$["404"]: a key must be text, and YAML takes this one for int: put it in quotes'),
        (
            "\n    - {code: merge, sentence: It merges.}",
            "",
            "$.put.others: must be a list of readings, [] where there is none, not nothing",
        ),
        (
            "- {code: merge, sentence: It merges.}",
            "- merge",
            "$.put.others[0]: must be a mapping with the keys code, sentence, not the string 'merge'",
        ),
        (
            "{code: replace, sentence: It replaces.}",
            "{}",
            "$.put.reading: must be a mapping with the keys code, sentence, not an empty mapping",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_would_be_right(refusal: Callable[[str], str], sound: str, faulty: str, message: str) -> None:
    assert sound in GOOD
    assert refusal(GOOD.replace(sound, faulty, 1)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + GOOD.lstrip(), "$.put: is written twice, on lines 2 and 7"),
        ("", "$: must be a mapping with one key for each decision, not nothing"),
        ("- put", "$: must be a mapping with one key for each decision, not a list"),
        ("put: [", "is not YAML: did not find expected node content at line 2, column 1"),
    ],
)
def test_a_file_that_is_no_sound_mapping_is_refused(refusal: Callable[[str], str], text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_fault_in_the_file_of_the_project_is_told_by_its_name_in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openapi").mkdir()
    faulty = tmp_path / "openapi" / "decisions.yaml"
    faulty.write_text(GOOD.replace("code: merge", "code: M"), encoding="utf-8")
    monkeypatch.setattr(module, "FILE", faulty)
    monkeypatch.setattr(module, "_ours", module._ours.__wrapped__)
    with pytest.raises(DocumentError, match=r"^openapi/decisions\.yaml: \$\.put\.others\[0\]\.code: 'M' does"):
        load_decisions()
