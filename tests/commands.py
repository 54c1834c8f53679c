"""Programs that tests start: this checkout's commands, and others, in an environment that says the same on every machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SANDBOX = (sys.executable, "-m", "sandbox")
CONTRACT_TESTS = (sys.executable, "-c", "from contract_tests.cli import main; main()")
CONTRACT_TESTS_PLUGIN = (sys.executable, "-m", "pytest", "-p", "contract_tests.plugin", "--pyargs", "contract_tests")

# Who runs the tests sets these; they change what pytest, Rich or our own commands print, and how wide.
_OF_WHO_RUNS_THE_TESTS = re.compile(
    "SANDBOX_.*|BUSINESS_SUITE_.*|GITHUB_.*|PYTEST_.*|PYTHONDONTWRITEBYTECODE|CI|BUILD_NUMBER|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|PY_COLORS|TTY_.*|TERM"
)


def environment(**more: str) -> dict[str, str]:
    """This one's environment without what would change the settings of a command, or what it prints.

    What the tests start is compiled once, as what is installed is, even where nobody wants that of the tests themselves.
    """
    ours = {name: value for name, value in os.environ.items() if not _OF_WHO_RUNS_THE_TESTS.fullmatch(name)}
    return {**ours, **more}


def checkout_environment(**more: str) -> dict[str, str]:
    """The same, in which Python finds this checkout from any directory."""
    return environment(PYTHONPATH=str(ROOT), **more)


def run(
    directory: Path, *words: str | os.PathLike[str], command: Sequence[str] = CONTRACT_TESTS, seconds: float = 280, **variables: str
) -> subprocess.CompletedProcess[str]:
    """One run of this checkout's command to its end, whatever that is."""
    return subprocess.run(
        [*command, *map(str, words)],
        cwd=directory, env=checkout_environment(**variables), capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip


def run_installed(*command: str | os.PathLike[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """A program that must not find this checkout, and has to succeed."""
    done = subprocess.run([*map(str, command)], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def lines_until(mark: str, process: subprocess.Popen[str]) -> list[str]:
    """What a process prints up to the first line that has the mark, with that line."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or mark not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], (mark, lines, process.communicate()[1])
    return lines
