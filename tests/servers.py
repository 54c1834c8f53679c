"""Servers for tests: real processes on free ports, ready when they are handed out, stopped when the block ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPEC = ROOT / "openapi" / "api-v2.yaml"
ADMINISTRATOR = "sbx_test_administrator"

# Who runs the tests sets these; they change what pytest, Rich or our own commands print, and how wide.
_OF_WHO_RUNS_THE_TESTS = re.compile(
    "SANDBOX_.*|GITHUB_.*|PYTEST_.*|PYTHONDONTWRITEBYTECODE|CI|BUILD_NUMBER|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|PY_COLORS|TTY_.*|TERM"
)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?=/api/v2)")
_POLL = 0.02


@dataclass(frozen=True)
class Running:
    """A server that answers; `address` is without the base path of the API."""

    address: str
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        """The base URL of the API."""
        return f"{self.address}/api/v2"

    def stop(self) -> int:
        """Asks it to end, as a machine that shuts down does, and gives its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def environment(**more: str) -> dict[str, str]:
    """This one's environment without what would change the settings of the server, or what a program prints.

    What the tests start is compiled once, as what is installed is, even where nobody wants that of the tests themselves.
    """
    ours = {name: value for name, value in os.environ.items() if not _OF_WHO_RUNS_THE_TESTS.fullmatch(name)}
    return {**ours, **more}


@contextmanager
def running(
    directory: Path,
    *options: str,
    command: Sequence[str] = (sys.executable, "-m", "sandbox"),
    env: Mapping[str, str] | None = None,
    within: float = 30,
) -> Iterator[Running]:
    """Runs `sandbox serve` on a free port, in `directory`, where its output is kept."""
    printed, told = directory / "server.out", directory / "server.err"
    with printed.open("wb") as out, told.open("wb") as err:
        process = subprocess.Popen(
            [*command, "serve", "--host", "127.0.0.1", "--port", "0", *options],
            cwd=directory,
            env=dict(env) if env is not None else environment(PYTHONPATH=str(ROOT)),
            stdout=out,
            stderr=err,
        )
    server = None
    try:
        server = Running(_address(process, printed, told, within), process)
        yield server
    finally:
        (server or Running("", process)).stop()


def _address(process: subprocess.Popen[bytes], printed: Path, told: Path, within: float) -> str:
    """The address on the banner, which the server prints when it is ready."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := _ADDRESS.search(printed.read_text(encoding="utf-8")):
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(_POLL)
    raise AssertionError(f"no server: {printed.read_text(encoding='utf-8')}{told.read_text(encoding='utf-8')}")
