"""`make audit`: are there published advisories about the packages that the tests pin? And could they be asked for at all?

pip-audit says "none found" also of packages that it could not ask about, so its report is read package by package.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

PINNED = "constraints.txt"
_MINUTES = 10


class Outcome(IntEnum):
    """The exit status; `make audit` fails with the second alone."""

    NONE = 0
    ADVISORIES = 1
    UNREACHABLE = 3


def audit(auditor: Sequence[str], pinned: str = PINNED) -> tuple[Outcome, str]:
    """Asks the program, and says in words what it found."""
    options = ("--requirement", pinned, "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--desc", "off")
    try:
        done = subprocess.run([*auditor, *options], capture_output=True, text=True, timeout=60 * _MINUTES, check=False)
    except subprocess.TimeoutExpired:
        return _unreachable(f"no answer came within {_MINUTES} minutes")
    report = _report(done.stdout)
    if report is None:
        return _unreachable((done.stderr.strip().splitlines() or [f"the auditor ended with status {done.returncode}"])[-1])
    return _judged(report)


def _report(text: str) -> list[dict[str, Any]] | None:
    """A package a row; None if the auditor gave up before it had a report."""
    try:
        rows: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return rows


def _judged(rows: list[dict[str, Any]]) -> tuple[Outcome, str]:
    unasked = [row["name"] for row in rows if "skip_reason" in row]
    found = [f"  {row['name']} {row['version']}: {_advisory(one)}" for row in rows for one in row.get("vulns", ())]
    if found:
        more = f"\n{len(unasked)} other packages could not be looked up." if unasked else ""
        return Outcome.ADVISORIES, "\n".join([f"Advisories found: {len(found)}.", *found]) + more
    if unasked or not rows:
        return _unreachable(f"{len(unasked)} of {len(rows)} packages could not be looked up")
    return Outcome.NONE, f"No advisories found about {len(rows)} packages."


def _advisory(advisory: dict[str, Any]) -> str:
    mended = ", ".join(advisory.get("fix_versions", ())) or "no version yet"
    return f"{advisory['id']}, fixed in {mended}"


def _unreachable(why: str) -> tuple[Outcome, str]:
    return Outcome.UNREACHABLE, f"Could not reach the advisories, so this says nothing about the packages: {why}."


def main() -> int:
    """With the auditor's command as arguments."""
    outcome, words = audit(sys.argv[1:] or [sys.executable, "-m", "pip_audit"])
    sys.stdout.write(words + "\n")
    return outcome


if __name__ == "__main__":
    sys.exit(main())
