"""The verdicts on a promise: kept, broken or not checked; and the exceptions that checks raise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from contract_tests.http.exchange import Exchange


class Verdict(StrEnum):
    """Of a promise, and of a whole run."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_CHECKED = "not-checked"


class Stop(Exception):
    """A fault was noted that leaves nothing more to check in this case."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One proof that a promise is broken: what was expected, what was seen, and the exchange that shows it.

    `before` are the exchanges that led there, such as the one that created an object.
    """

    expected: str
    seen: str
    exchange: Exchange | None
    operation: str | None = None
    before: Sequence[Exchange] = ()

    @property
    def size(self) -> int:
        """How much a person has to read: the smallest is shown first."""
        return sum(one.request.size + 200 for one in (*self.before, *([self.exchange] if self.exchange else ())))


@dataclass
class Outcome:
    """What came of one promise. `checked` are the operations (ids) that it was checked on."""

    verdict: Verdict
    reason: str | None = None
    faults: list[Fault] = field(default_factory=list)
    checked: set[str] = field(default_factory=set)
    checks: int = 0
    """How many things were looked at; a promise for which there was nothing to look at is not kept, but not checked."""
    unable: dict[str, str] = field(default_factory=dict)
    """By the name of a case, why it could not be checked."""
    requests: int = 0
    seconds: float = 0.0
    reading: str | None = None
    """For a decision: the code of the reading that is spoken."""

    @property
    def evidence(self) -> list[Fault]:
        """The faults, the shortest proof first."""
        return sorted(self.faults, key=lambda fault: fault.size)


def verdict_of(outcomes: Mapping[str, Outcome]) -> Verdict:
    """Of a whole run: broken where a promise is, kept otherwise."""
    return Verdict.BROKEN if any(one.verdict is Verdict.BROKEN for one in outcomes.values()) else Verdict.KEPT
