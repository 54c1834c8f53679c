"""Plays the checks one after the other, and keeps what came of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.commands.examining.checks import Check
from sandbox.commands.examining.visit import Failed, Silent, Visit
from sandbox.progress import Progress

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_ENOUGH = 2
"""So many checks without an answer in a row, and the rest is left alone: each would wait as long."""


@dataclass(frozen=True)
class Verdict:
    """What came of a check: where it failed the reason, and how to mend it.

    `statuses` are those that the receiver answered, `answer` the body of the last one.
    """

    check: Check
    result: str
    reason: str | None
    mend: str | None
    seconds: float
    statuses: tuple[int, ...]
    answer: bytes


async def examine(checks: Sequence[Check], visit: Callable[[], Visit], progress: Progress) -> list[Verdict]:
    """A verdict for each check, in their order. StartError where nobody listens."""
    verdicts: list[Verdict] = []
    silent, answered = 0, False
    for check in checks:
        progress(len(verdicts), len(checks))
        if silent >= _ENOUGH:
            verdicts.append(Verdict(check, SKIPPED, "not played, since the receiver does not answer", None, 0.0, (), b""))
            continue
        here = visit()
        here.answered_before = answered
        failure: Failed | None = None
        try:
            await check.play(here)
        except Failed as failed:
            failure = failed
        silent = silent + 1 if isinstance(failure, Silent) else 0
        answered = answered or bool(here.answers)
        verdicts.append(_verdict(check, here, failure, answered))
    return verdicts


def _verdict(check: Check, visit: Visit, failure: Failed | None, answered: bool) -> Verdict:
    """A receiver that never answered has another fault than the one that the check looks for."""
    answers = visit.answers
    mend = failure.mend if isinstance(failure, Silent) and not answered else check.mend
    return Verdict(
        check,
        PASSED if failure is None else FAILED,
        None if failure is None else str(failure),
        None if failure is None else mend,
        max((one.seconds for one in answers), default=0.0),
        tuple(one.status for one in answers),
        answers[-1].body if answers else b"",
    )
