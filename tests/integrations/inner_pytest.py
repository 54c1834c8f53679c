"""Somebody's tests in a directory of their own, run by a pytest of their own: a host of the plugin."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.commands import ROOT, environment

PLUGIN = ROOT / "integrations" / "pytest"
SOURCE = PLUGIN / "src"
_PROGRAM = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from sandbox.start import main; main()"
SANDBOX = shlex.join([sys.executable, "-c", _PROGRAM])
"""The command of this checkout's sandbox, whatever directory it is run in."""


@dataclass(frozen=True)
class Host:
    """Run with this environment's pytest, unless another `python` is named; with this checkout's sandbox, unless another is."""

    directory: Path
    python: Path | None = None
    sandbox: str = SANDBOX
    more: Mapping[str, str] = field(default_factory=dict)

    def begin(self, tests: str, *options: str, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Its pytest, in a group of its own, as a terminal would have it."""
        for name, text in {"pytest.ini": "[pytest]\n", **(files or {}), "test_it.py": tests}.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        # No plugin but the one in question, so that it makes no difference what else is installed here; another environment has its own.
        here = [] if self.python else ["-p", "pytest_business_suite.plugin"]
        alone = {} if self.python else {"PYTHONPATH": str(SOURCE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.Popen(
            [self.python or sys.executable, "-m", "pytest", *here, "--strict-markers", "--color=no", "-q", *options],
            cwd=self.directory,
            env={**environment(BUSINESS_SUITE_SANDBOX=self.sandbox, **alone), **self.more, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, tests: str, *options: str, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> str:
        """What pytest says at the end of it all; whether the tests passed stands there."""
        with self.begin(tests, *options, files=files, env=env) as process:
            try:
                told, complaints = process.communicate(timeout=120)
            finally:
                process.kill()
        assert complaints == ""
        return told


def outcome(output: str) -> str:
    """The last line without the time that it took."""
    return re.sub(r" in [0-9.]+s.*", "", output.strip().splitlines()[-1])


def documented(language: str) -> list[str]:
    """The code blocks of one language on the plugin's page, in order."""
    page = (ROOT / "docs" / "pytest-plugin.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def is_there(pid: int) -> bool:
    """Whether there is such a process, and it has not ended: one that nobody waited for has."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def descendants(pid: int) -> Iterator[int]:
    """All processes that one started, and those started."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="utf-8").split()):
            yield child
            yield from descendants(child)
