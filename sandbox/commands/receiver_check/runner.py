"""Runs the checks one after the other, and records their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sandbox.commands.receiver_check.checks import SIGN_ALIKE, Check
from sandbox.commands.receiver_check.context import CheckContext, Failed, Refused, Silent
from sandbox.progress import Progress

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
_NOT_THERE = (404, 405, 410)
NOT_PLAYED = "skipped, since the receiver does not answer"
NOT_JUDGED = "skipped, since the receiver accepts nothing; fix the first failure first"
_ENOUGH = 2
"""So many checks without an answer in a row, and the rest is left alone: each would wait as long."""


@dataclass(frozen=True)
class Verdict:
    """The result of a check: if it failed, the reason and how to fix it.

    `statuses` are those that the receiver answered, `answer` the body of the last one.
    """

    check: Check
    result: str
    reason: str | None
    mend: str | None
    seconds: float
    statuses: tuple[int, ...]
    answer: bytes


async def examine(checks: Sequence[Check], context: Callable[[], CheckContext], progress: Progress) -> list[Verdict]:
    """A verdict for each check, in their order. StartError where nobody listens."""
    verdicts: list[Verdict] = []
    refused: set[str] = set()
    silent, answered = 0, False
    for check in checks:
        progress(len(verdicts), len(checks))
        if silent >= _ENOUGH:
            verdicts.append(Verdict(check, SKIPPED, NOT_PLAYED, None, 0.0, (), b""))
            continue
        here = context()
        here.answered_before = answered
        failure: Failed | None = None
        try:
            await check.play(here)
        except Failed as failed:
            failure = failed
        if isinstance(failure, Refused):
            refused.add(check.id)
        silent = silent + 1 if isinstance(failure, Silent) else 0
        answered = answered or bool(here.answers)
        verdicts.append(_verdict(check, here, failure, answered))
    return _told_once(verdicts, refused)


def _told_once(verdicts: list[Verdict], refused: set[str]) -> list[Verdict]:
    """One wrong secret, or one wrong address, makes all that must be accepted fail: it is told of the first of these alone."""
    first = next((one for one in verdicts if one.check.id in refused), None)
    if first is None or len(refused) < _ENOUGH or any(200 <= status < 300 for one in verdicts for status in one.statuses):
        return verdicts
    status = first.statuses[-1]
    told = replace(first, mend=_mend(status))
    return [
        told if one is first else replace(one, result=SKIPPED, reason=NOT_JUDGED, mend=None) if _follows(one, refused, status) else one
        for one in verdicts
    ]


def _follows(verdict: Verdict, refused: set[str], status: int) -> bool:
    """Whether it failed for what the first one failed for: the same refusal, or the same answer to a forgery."""
    return verdict.check.id in refused or (verdict.result == FAILED and set(verdict.statuses) == {status})


def _mend(status: int) -> str:
    """What is wrong with a receiver that answers so to every event."""
    if status in _NOT_THERE:
        return "Use the URL at which the receiver accepts events by POST: nothing at this URL does."
    if status < 400:
        return "Use the target URL: redirects are not followed, as in a real delivery."
    if status >= 500:
        return "See the log of the receiver: it fails on every event, whether correctly signed or not."
    return SIGN_ALIKE


def _verdict(check: Check, context: CheckContext, failure: Failed | None, answered: bool) -> Verdict:
    """A receiver that never answered has another fault than the one that the check looks for."""
    answers = context.answers
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
