"""Runs the command `contract-tests` as a program of its own, in a directory that is empty."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.servers import ROOT, environment

COMMAND = (sys.executable, "-c", "from contract_tests.cli import main; main()")
PLUGIN = (sys.executable, "-m", "pytest", "-p", "contract_tests.plugin", "--pyargs", "contract_tests")


def ours(**more: str) -> dict[str, str]:
    """An environment without what would change a run."""
    return {name: value for name, value in environment(PYTHONPATH=str(ROOT), **more).items() if name in more or not name.startswith("BUSINESS_SUITE_")}


def run(directory: Path, *words: str | os.PathLike[str], command: Sequence[str] = COMMAND, **variables: str) -> subprocess.CompletedProcess[str]:
    """One run to its end."""
    return subprocess.run(
        [*command, *map(str, words)], cwd=directory, env=ours(**variables), capture_output=True, text=True, timeout=280, check=False
    )
