"""Accepted changes, each with a reason and an expiry date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from openapi.diff.change_kinds import kinds
from openapi.diff.changes import Change
from openapi.parsing.errors import SourceError
from openapi.parsing.line_numbers import Lines
from openapi.parsing.yaml_parser import read_yaml
from openapi.vocabulary import nearest

_WORDS = ("id", "operation", "path", "reason", "until")
_NARROWING = ("operation", "path")
_FORM = "{id: answer-property-removed, operation: GET /customers, reason: nobody reads it, until: 2027-01-31}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry: the kind of change, and where; `operation` and `path` are None where any will do. It holds on the day of `until` too."""

    id: str
    operation: str | None
    path: str | None
    reason: str
    until: date
    line: int

    def covers(self, change: Change) -> bool:
        """Whether it speaks of this change."""
        return self.id == change.id and self.operation in (None, change.operation) and self.path in (None, change.path)


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is left of changes, what was accepted and by which entry, and what is wrong with the entries."""

    changes: list[Change]
    accepted: list[tuple[Change, Accepted]]
    notes: list[str]


def read_accepted(file: str) -> list[Accepted]:
    """The entries of a file. SourceError for one that cannot be understood, with its line."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SourceError(file, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    root, lines = read_yaml(text, file)
    if root is None:
        return []
    if not isinstance(root, list):
        raise SourceError(file, f"is not a list of entries such as `- {_FORM}`")
    return [_entry(value, number, file, lines) for number, value in enumerate(root)]


def sift(changes: Sequence[Change], entries: Sequence[Accepted], file: str, today: date) -> Sifted:
    """Takes out what is accepted on that day. An entry that is over counts no more, and one that covers nothing is told of."""
    left, taken, notes = list[Change](), list[tuple[Change, Accepted]](), list[str]()
    holding = [one for one in entries if one.until >= today]
    for change in changes:
        entry = next((one for one in holding if one.covers(change)), None)
        if entry is None:
            left.append(change)
        else:
            taken.append((change, entry))
    for one in entries:
        covered = any(one.covers(change) for change in changes)
        place = f"{file}:{one.line}: `{one.id}`"
        if one.until < today:
            what = "what it covers counts again" if covered else "it covers nothing, and can go"
            notes.append(f"{place} was accepted until {one.until.isoformat()}, which is over: {what}.")
        elif not covered:
            notes.append(f"{place} covers no change{_known(one.id)}")
    return Sifted(left, taken, notes)


def _known(id: str) -> str:
    return ", and can go." if id in kinds() else f": no kind of change is called so; {nearest(id, kinds())}"


def _entry(value: Any, number: int, file: str, lines: Lines) -> Accepted:
    def refused(what: str, word: str = "") -> SourceError:
        return SourceError(file, what, lines.of((number, word) if word else (number,)))

    if not isinstance(value, dict):
        raise refused(f"an entry is a mapping such as `{_FORM}`")
    for word, text in value.items():
        if word not in _WORDS:
            raise refused(f"`{word}` is no word of an entry; {nearest(word, _WORDS)}", word)
        if not isinstance(text, str) or not (text.strip() or word in _NARROWING):
            raise refused(f"`{word}` is a text: {_WHY[word]}", word)
    for word in _WORDS:
        if word not in value and word not in _NARROWING:
            raise refused(f"the entry has no `{word}`: {_WHY[word]}")
    try:
        until = date.fromisoformat(value["until"])
    except ValueError:
        raise refused(f"`until` is {value['until']}, and has to be a day such as 2027-01-31", "until") from None
    return Accepted(value["id"], value.get("operation"), value.get("path"), value["reason"].strip(), until, lines.of((number,)))


_WHY = {
    "id": "the kind of change, such as answer-property-removed",
    "operation": "where, such as GET /customers",
    "path": "where in the operation, as the report says it",
    "reason": "say why the change is accepted",
    "until": "say until which day, such as 2027-01-31",
}
