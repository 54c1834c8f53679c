"""The report of a receiver check, for people, for programs and for continuous integration."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # it only writes

import typer

from openapi.wording import terminal_safe
from sandbox.commands.output import show_table
from sandbox.commands.receiver_check.runner import FAILED, NOT_JUDGED, PASSED, SKIPPED, Verdict

_WIDTH = 80
_ANSWER = 160
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def show_text(verdicts: Sequence[Verdict]) -> None:
    """A table, then each failure with its reason and how to fix it."""
    show_table(("", "check", "answered", "took", "requirement"), (_row(one) for one in verdicts))
    for one in (one for one in verdicts if one.result == FAILED):
        typer.echo(f"\n{_wrapped(f'{one.check.id}: {terminal_safe(one.reason)}.', first='')}")
        # What it said where it accepted something tells nothing.
        if max(one.statuses, default=0) >= 300 and (said := _said(one)):
            typer.echo(_wrapped(f"Response: {said}"))
        typer.echo(_wrapped(one.mend or ""))
    typer.echo(f"\n{_sum(verdicts)}")


def document(url: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """As JSON."""
    return {
        "url": url,
        **{result: _count(verdicts, result) for result in (PASSED, FAILED, SKIPPED)},
        "checks": [
            {
                "id": one.check.id,
                "sentence": one.check.sentence,
                "result": one.result,
                "reason": one.reason,
                "mend": one.mend,
                "statuses": list(one.statuses),
                "seconds": round(one.seconds, 3),
                "answer": None if one.result == PASSED else one.answer.decode("utf-8", "replace"),
            }
            for one in verdicts
        ],
    }


def junit(url: str, verdicts: Sequence[Verdict]) -> str:
    """As the XML that continuous integration reads: a suite with a case for each check."""
    counts = {"tests": str(len(verdicts)), "failures": str(_count(verdicts, FAILED)), "skipped": str(_count(verdicts, SKIPPED))}
    seconds = sum(one.seconds for one in verdicts)
    root = Element("testsuites", {"name": "examine-receiver", **counts, "time": f"{seconds:.3f}"})
    suite = SubElement(root, "testsuite", {"name": _clean(f"receiver {url}"), **counts, "time": f"{seconds:.3f}"})
    for one in verdicts:
        case = SubElement(suite, "testcase", {"classname": "receiver", "name": one.check.id, "time": f"{one.seconds:.3f}"})
        if one.result == SKIPPED:
            SubElement(case, "skipped", {"message": one.reason or ""})
        elif one.result == FAILED:
            failure = SubElement(case, "failure", {"type": "failed", "message": _clean(one.reason or "")})
            said = f"\nResponse: {_said(one)}" if one.answer else ""
            failure.text = _clean(f"{one.check.sentence}\n{one.mend}{said}")
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True)


def _row(verdict: Verdict) -> tuple[str, ...]:
    signs = {PASSED: "ok", FAILED: "FAIL", SKIPPED: "–"}
    took = f"{verdict.seconds * 1000:,.0f} ms" if verdict.statuses else ""
    answered = " ".join(map(str, dict.fromkeys(verdict.statuses)))
    return signs[verdict.result], verdict.check.id, answered, took, verdict.check.sentence


def _sum(verdicts: Sequence[Verdict]) -> str:
    failed, skipped = _count(verdicts, FAILED), _count(verdicts, SKIPPED)
    if not failed and not skipped:
        return f"All {len(verdicts)} checks passed." if len(verdicts) != 1 else "The check passed."
    rest = f", {skipped} skipped, since it {_why_skipped(verdicts)}" if skipped else ""
    of = "The check" if len(verdicts) == 1 else f"{failed} of {len(verdicts)} checks"
    return f"{of} failed{rest}."


def _why_skipped(verdicts: Sequence[Verdict]) -> str:
    judged = any(one.reason == NOT_JUDGED for one in verdicts)
    return "accepts no event at all" if judged else "does not answer"


def _count(verdicts: Sequence[Verdict], result: str) -> int:
    return sum(one.result == result for one in verdicts)


def _said(verdict: Verdict) -> str:
    """The beginning of the last answer's body, in one line: what a receiver says often says why."""
    text = " ".join(verdict.answer.decode("utf-8", "replace").split())
    return terminal_safe(text if len(text) <= _ANSWER else f"{text[:_ANSWER]}…")


def _wrapped(text: str, first: str = "  ") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent="  ", break_on_hyphens=False)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
