"""What is measured side by side: a server, how it is started and filled, and what it does besides answering."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.client import fill
from benchmarks.operations import OURS, Dialect, World
from benchmarks.processes import ROOT, Server, environment, free_port, started
from benchmarks.raw import record

RAW = "raw ASGI on uvicorn"
SANDBOX = "sandbox"
ON_DISK = "sandbox --data-dir"
STOCK = "sandbox --stack stock"
ADDITIONS = ("state", "validates", "auth", "rate limit")

_NO_LIMIT = "100000000/3600"


@dataclass(frozen=True)
class BenchmarkedServer:
    """A server to be measured.

    `prepare` writes what it needs into its directory and gives its command; `fill` brings the customers into it once it runs.
    `probe` is the path that must be a 200 before it counts as started; `additions` says what it does, in the order of ADDITIONS.
    Without one that is `required` nothing can be said, and so it fails the run; another one is named as absent.
    """

    name: str
    prepare: Callable[[Path, int], Sequence[str]]
    probe: str
    dialect: Dialect = OURS
    fill: Callable[[Server], None] | None = None
    additions: tuple[str, str, str, str] = ("no", "no", "no", "no")
    required: bool = False

    @contextmanager
    def running(self, directory: Path, core: int) -> Iterator[Server]:
        """The server, started in a directory of its own and filled, until the block ends."""
        port = free_port()
        headers = self.dialect.head(f"http://127.0.0.1:{port}")
        command = self.prepare(directory, port)
        with started(command, directory, port, core, self.probe, headers) as server:
            if self.fill is not None:
                self.fill(server)
            yield server


def sandbox_command(port: int, *options: str, scenario: str = "empty") -> list[str]:
    """How the sandbox is started for a measurement: as a user starts it, with a limit that is counted and never reached."""
    shared = ["--port", str(port), "--rate-limit", _NO_LIMIT, "--scenario", scenario]
    return [sys.executable, "-m", "sandbox", "serve", *shared, *options]


def sandbox(world: World, *options: str, name: str = SANDBOX) -> BenchmarkedServer:
    """The sandbox with everything on, holding the customers of this world."""
    return BenchmarkedServer(
        name,
        prepare=lambda directory, port: sandbox_command(port, *options),
        probe="/api/v2/customers?limit=1",
        fill=lambda server: fill(server.address, world),
        additions=("yes", "both ways", "yes", "counted"),
        required=True,
    )


def sandbox_on_disk(world: World) -> BenchmarkedServer:
    """The same upon a data directory."""
    return replace(sandbox(world, name=ON_DISK), prepare=lambda directory, port: sandbox_command(port, "--data-dir", str(directory / "data")))


def raw(recording: Path, world: World) -> BenchmarkedServer:
    """The limit, which plays a recording of the sandbox."""
    return BenchmarkedServer(
        RAW,
        prepare=lambda directory, port: [
            sys.executable, "-m", "benchmarks.raw", "--port", str(port), "--recording", str(recording)
        ],
        probe=world.requests(OURS)["GET one"][0].target,
        required=True,
    )  # fmt: skip


def record_sandbox(world: World, directory: Path, core: int) -> Path:
    """Runs the sandbox once, and writes down what it answers to every request of this world."""
    recording = directory / "recording.json"
    with sandbox(world).running(directory, core) as server:
        asked = world.requests(OURS)
        record(server.address, [one for requests in asked.values() for one in requests], recording)
    return recording


def has_stock_stack() -> bool:
    """Whether this sandbox offers the stack of middleware as Connexion brings it."""
    told = subprocess.run(
        [sys.executable, "-m", "sandbox", "serve", "--help"], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    return "--stack" in told.stdout
