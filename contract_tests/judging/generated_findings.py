"""What generated requests found, and who sends them: promises ask it, without knowing which program generates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from contract_tests.judging.verdicts import Fault


@dataclass
class Findings:
    """What one run of Schemathesis found: faults by check, the operations that it reached, and what it complained of itself."""

    faults: dict[str, list[Fault]] = field(default_factory=dict)
    decided: dict[tuple[str, str], list[Fault]] = field(default_factory=dict)
    """By check and decision, the faults of cases of which that decision alone says what is right."""
    checked: dict[str, set[str]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    requests: int = 0


class Generator(Protocol):
    """A program that sends generated requests, once in a run."""

    @property
    def found(self) -> Findings | None:
        """What was found, if it ran."""

    def findings(self) -> Findings:
        """What was found; it runs now if it did not yet. Raises Unable where it cannot run."""
