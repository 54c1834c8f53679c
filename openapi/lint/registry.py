"""The registry of rules: each is one small function that checks a document and yields findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from openapi.lint.api import Api
from openapi.lint.finding import Found, Level

Check = Callable[[Api], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its sentence says how a document should be, `fixable` whether `--fix` can fix at least some of it."""

    id: str
    level: Level
    sentence: str
    fixable: bool
    check: Check


_REGISTERED: dict[str, Rule] = {}


def rule(id: str, level: str, sentence: str, *, fixable: bool = False) -> Callable[[Callable[[Api], Iterator[Found]]], Check]:
    """Registers `check(api) -> Iterator[Found]`."""

    def register(check: Callable[[Api], Iterator[Found]]) -> Check:
        if id in _REGISTERED or not sentence.endswith("."):
            raise ValueError(f"the rule {id!r} is registered twice, or its sentence is none")
        _REGISTERED[id] = Rule(id, Level(level), sentence, fixable, check)
        return check

    return register


def all_rules() -> Mapping[str, Rule]:
    """All, by id, in the order of their ids; `structure` is the first."""
    import openapi.lint.rules  # noqa: F401  # which registers them

    return {id: _REGISTERED[id] for id in sorted(_REGISTERED, key=lambda id: (id != "structure", id))}
