"""Every kind of change by its id, with one sentence that says what changed, and its possible levels.

A comparison of schemas has two ids for each kind, `request-…` and `answer-…`, since the same change is good for the one and bad for
the other. Whoever shows changes, and the table in docs/diff.md, take their words from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from openapi.diff.change_kind_table import LIMITS, OF_SCHEMAS, OUTSIDE
from openapi.diff.changes import Level
from openapi.schemas import Direction


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change. `levels` are those that it may have, the worst first."""

    id: str
    sentence: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class SchemaKind:
    """A kind of change in a schema, which has an id and levels for each way."""

    name: str
    sentence: str
    levels: Mapping[Direction, tuple[Level, ...]]

    def of(self, direction: Direction) -> Kind:
        """As it is told of one way."""
        side = "In a request" if direction is Direction.REQUEST else "In a response"
        return Kind(f"{direction.value}-{self.name}", f"{side}: {self.sentence[0].lower()}{self.sentence[1:]}", self.levels[direction])


_LETTERS = {"b": Level.BREAKING, "w": Level.WARNING, "i": Level.INFO}
_NARROWS, _WIDENS = ("b", "i"), ("i", "b")
_LIMIT_VERBS = {"set": "was set", "removed": "was removed", "raised": "was raised", "lowered": "was lowered"}


@cache
def kinds() -> Mapping[str, Kind]:
    """All, by id."""
    plain = {id: Kind(id, sentence, _levels(letters)) for id, letters, sentence in OUTSIDE}
    return plain | {kind.id: kind for one in schema_kinds() for kind in (one.of(direction) for direction in Direction)}


@cache
def schema_kinds() -> tuple[SchemaKind, ...]:
    """Those of schemas, which are told of requests and of answers."""
    return (*(_schema_kind(name, letters, sentence) for name, letters, sentence in OF_SCHEMAS), *_limit_kinds())


def _schema_kind(name: str, letters: tuple[str, str], sentence: str) -> SchemaKind:
    return SchemaKind(name, sentence, {direction: _levels(one) for direction, one in zip(Direction, letters, strict=True)})


def _limit_kinds() -> Iterator[SchemaKind]:
    for name, upper, words in LIMITS:
        for verb, done in _LIMIT_VERBS.items():
            letters = _NARROWS if (verb == "set" or (verb == "lowered") is upper) and verb != "removed" else _WIDENS
            yield _schema_kind(f"{name}-{verb}", letters, f"{words} {done}.")


def _levels(letters: str) -> tuple[Level, ...]:
    return tuple(_LETTERS[letter] for letter in letters)
