"""Servers for tests: real processes on free ports, ready when they are handed out, stopped when the block ends."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.commands import ROOT, SANDBOX, checkout_environment
from tests.waiting import wait_until

SPEC = ROOT / "openapi" / "api-v2.yaml"

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?=/api/v2)")


def address_on_banner(printed: str) -> str | None:
    """Without the base path of the API; None as long as the server is not ready."""
    found = _ADDRESS.search(printed)
    return found[0] if found else None


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


@contextmanager
def running(
    directory: Path,
    *options: str,
    command: Sequence[str] = SANDBOX,
    env: Mapping[str, str] | None = None,
    within: float = 30,
) -> Iterator[Running]:
    """Runs `sandbox serve` on a free port, in `directory`, where its output is kept."""
    printed, told = directory / "server.out", directory / "server.err"
    with printed.open("wb") as out, told.open("wb") as err:
        process = subprocess.Popen(
            [*command, "serve", "--host", "127.0.0.1", "--port", "0", *options],
            cwd=directory,
            env=dict(env) if env is not None else checkout_environment(),
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

    def output() -> str:
        return printed.read_text(encoding="utf-8")

    def complaint() -> str:
        return f"no server: {output()}{told.read_text(encoding='utf-8')}"

    wait_until(lambda: address_on_banner(output()) or process.poll() is not None, complaint, within)
    address = address_on_banner(output())
    assert address is not None, complaint()
    return address
