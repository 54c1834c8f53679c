"""A round of load on one server: by wrk where it is installed, else by the generator in `load_generator.py`."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load_generator import play, wire
from benchmarks.operations import Request
from benchmarks.processes import ROOT, BenchmarkError, Server, pinned

GENERATORS = ("wrk", "python")

_SCRIPT = Path(__file__).with_name("load_generator.lua")


@dataclass(frozen=True)
class Load:
    """What a generator saw, and what the server spent on it meanwhile; `failed` counts all that was no success."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failed: int
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of the server's CPU time for each request."""
        return 1e6 * self.cpu_seconds / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Generator:
    """Which program makes the load, on which core, over how many connections."""

    name: str
    core: int
    connections: int

    def play(self, server: Server, requests: Sequence[Request], headers: Mapping[str, str], seconds: float) -> Load:
        """Sends the requests in a circle for so many seconds (whole ones with wrk). Raises BenchmarkError for any failure."""
        before = server.cpu_seconds()
        seen = self._run(server, requests, headers, seconds)
        spent = server.cpu_seconds() - before
        load = Load(int(seen["requests"]), seen["seconds"], seen["p50_ms"], seen["p99_ms"], int(seen["failed"]), spent)
        such = f"such as {requests[0].method} {requests[0].target}"
        if load.failed:
            raise BenchmarkError(f"{load.failed} requests {such} failed, beside {load.requests} that were answered")
        if not load.requests:
            raise BenchmarkError(f"no request {such} was answered in {seconds:g} s")
        return load

    def _run(self, server: Server, requests: Sequence[Request], headers: Mapping[str, str], seconds: float) -> dict[str, float]:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
            played, sent = Path(place, "requests.tsv"), Path(place, "headers.tsv")
            lines = (b"\t".join((one.method.encode(), one.target.encode(), one.body)) for one in requests)
            played.write_bytes(b"\n".join(lines) + b"\n")
            sent.write_text("".join(f"{name}\t{value}\n" for name, value in headers.items()), encoding="utf-8")
            command = self._command(server.address, played, sent, seconds)
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 60, check=False, preexec_fn=pinned(self.core))
        return _figures(done)

    def _command(self, address: str, played: Path, sent: Path, seconds: float) -> list[str]:
        if self.name == "wrk":
            lasting = f"{max(1, math.ceil(seconds))}s"
            bounds = ["--threads", "1", "--connections", str(self.connections), "--duration", lasting, "--timeout", "30s"]
            return ["wrk", *bounds, "--script", str(_SCRIPT), address, "--", str(played), str(sent)]
        files = ["--requests", str(played), "--headers", str(sent), "--port", address.rpartition(":")[2]]
        bounds = ["--connections", str(self.connections), "--seconds", str(seconds)]
        return [sys.executable, "-m", "benchmarks.load_generator", *files, *bounds]


def warm(server: Server, requests: Sequence[Request], headers: Mapping[str, str], connections: int, seconds: float) -> None:
    """Sends the requests for a moment, from this very process; nobody looks at what comes of it."""
    play("127.0.0.1", server.port, [wire(one, dict(headers)) for one in requests], connections, seconds)


def best_generator() -> str:
    """wrk, unless it is missing."""
    return "wrk" if shutil.which("wrk") else "python"


def _figures(done: subprocess.CompletedProcess[str]) -> dict[str, float]:
    for line in done.stdout.splitlines():
        if line.startswith("PLAYED "):
            figures: dict[str, float] = json.loads(line.removeprefix("PLAYED "))
            return figures
    raise BenchmarkError(f"the load generator ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}")
