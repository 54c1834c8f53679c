"""How a difference changes the set of valid values, and what level that is for a request and for a response."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from openapi.diff.changes import Level
from openapi.diff.document_tree import Node
from openapi.schemas import Direction


class Effect(Enum):
    """What the head's schema allows, compared with the base's."""

    NONE = "none"
    """The same; the difference is for people, or for what is not sent at all."""
    WIDENS = "widens"
    NARROWS = "narrows"
    CHANGES = "changes"
    """Some documents that were allowed are not, and others that were not are."""
    UNDECIDED = "undecided"
    """Nobody can say."""
    LOOSENS = "loosens"
    """Widens, but a client that follows the base can live with it: a name that it does not know, a value that it may have to expect."""
    LACKS = "lacks"
    """Something that was never promised, but on which clients like to rely, goes away."""


_LEVELS = {
    Direction.REQUEST: {
        Effect.NARROWS: Level.BREAKING,
        Effect.CHANGES: Level.BREAKING,
        Effect.UNDECIDED: Level.WARNING,
        Effect.LACKS: Level.WARNING,
    },
    Direction.ANSWER: {
        Effect.WIDENS: Level.BREAKING,
        Effect.CHANGES: Level.BREAKING,
        Effect.UNDECIDED: Level.WARNING,
        Effect.LOOSENS: Level.WARNING,
        Effect.LACKS: Level.WARNING,
    },
}

_SAFE = {
    Direction.REQUEST: {Effect.NONE, Effect.WIDENS, Effect.LOOSENS},
    Direction.ANSWER: {Effect.NONE, Effect.NARROWS},
}


def level_of(effect: Effect, direction: Direction) -> Level:
    """A request may only widen, an answer may only narrow."""
    return _LEVELS[direction].get(effect, Level.INFO)


def safe(effects: frozenset[Effect], direction: Direction) -> bool:
    """Whether nothing among them can hurt a client."""
    return effects <= _SAFE[direction]


def together(effects: frozenset[Effect]) -> Effect:
    """What several differences in one place come to."""
    told = effects - {Effect.NONE}
    if not told:
        return Effect.NONE
    if Effect.UNDECIDED in told or Effect.LACKS in told:
        return Effect.UNDECIDED
    wider, narrower = told & {Effect.WIDENS, Effect.LOOSENS}, told & {Effect.NARROWS}
    if Effect.CHANGES in told or (wider and narrower):
        return Effect.CHANGES
    return Effect.NARROWS if narrower else Effect.WIDENS


def reversed_effect(effect: Effect) -> Effect:
    """What it is for `not`, or seen from the other side."""
    return {Effect.WIDENS: Effect.NARROWS, Effect.LOOSENS: Effect.NARROWS, Effect.NARROWS: Effect.WIDENS}.get(effect, effect)


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between two schemas, before it is told."""

    kind: str
    effect: Effect
    level: Level
    trail: str
    """Where in the document, such as `items[].qty`; empty for the whole."""
    base: Node | None
    head: Node | None
    text: str
