"""The audit tells three outcomes apart; an auditor of the test's own stands in for the one that asks others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands import ROOT

SOUND = {"name": "tinydb", "version": "4.9.0", "vulns": []}
UNKNOWN = {"name": "anyio", "skip_reason": "Dependency not found and could not be audited: anyio (4.9.0)"}
FAULTY = {"name": "jinja2", "version": "3.1.0", "vulns": [{"id": "PYSEC-2025-1", "fix_versions": ["3.1.6"], "aliases": []}]}
UNREACHABLE = "Could not reach the advisories, so this says nothing about the packages: "
OUTCOMES: dict[str, tuple[Any, int, int, str]] = {
    "none": ([SOUND, SOUND], 0, 0, "No advisories found about 2 packages."),
    "one": ([SOUND, FAULTY], 1, 1, "Advisories found: 1.\n  jinja2 3.1.0: PYSEC-2025-1, fixed in 3.1.6"),
    "one, and packages that nobody knows": ([FAULTY, UNKNOWN], 1, 1,
        "Advisories found: 1.\n  jinja2 3.1.0: PYSEC-2025-1, fixed in 3.1.6\n1 other packages could not be looked up."),
    "no answer about any package, which the auditor takes for a clean one": ([UNKNOWN, UNKNOWN], 0, 3,
        f"{UNREACHABLE}2 of 2 packages could not be looked up."),
    "no answer about one package": ([SOUND, UNKNOWN], 0, 3, f"{UNREACHABLE}1 of 2 packages could not be looked up."),
    "no packages": ([], 0, 3, f"{UNREACHABLE}0 of 0 packages could not be looked up."),
    "no connection": (None, 1, 3, f"{UNREACHABLE}ERROR: the connection was refused."),
}  # fmt: skip


def run(tmp_path: Path, rows: Any, status: int) -> subprocess.CompletedProcess[str]:
    """The program, with an auditor that reports these rows; None: it gives up."""
    printed = "" if rows is None else json.dumps({"dependencies": rows, "fixes": []})
    auditor = tmp_path / "auditor.py"
    auditor.write_text(
        f"import sys\nprint({printed!r})\nprint('ERROR: the connection was refused', file=sys.stderr)\nsys.exit({status})\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "tests.dependency_audit", sys.executable, str(auditor)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_was_found_and_what_could_not_be_asked_are_told_apart(tmp_path: Path, case: str) -> None:
    rows, status, expected, words = OUTCOMES[case]
    done = run(tmp_path, rows, status)
    assert (done.returncode, done.stdout.rstrip("\n"), done.stderr) == (expected, words, "")


@pytest.mark.parametrize(("case", "fails"), [("none", False), ("one", True), ("no connection", False)])
def test_make_fails_where_advisories_were_found_and_nowhere_else(tmp_path: Path, case: str, fails: bool) -> None:
    """Its recipe is run as it stands, with another auditor than the one that it installs."""
    rows, status, _, words = OUTCOMES[case]
    run(tmp_path, rows, status)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [recipe] = re.findall(r"(?m)^audit: .*\n((?:\t.*\n)+)", makefile)
    small = tmp_path / "Makefile"
    small.write_text(f"AUDIT := {tmp_path}\naudit:\n{recipe}", encoding="utf-8")
    tool = tmp_path / "bin" / "python"
    tool.parent.mkdir()
    tool.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m tests.dependency_audit "{sys.executable}" "{tmp_path / "auditor.py"}"\n', encoding="utf-8"
    )
    tool.chmod(0o755)
    done = subprocess.run(["make", "-s", "-f", small, "audit"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert words in done.stdout
    assert (done.returncode != 0) is fails, done.stderr
