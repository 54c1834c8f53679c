"""How long the sandbox takes from its start to its first answer, and how much memory it then holds, idle."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.client import fill
from benchmarks.contestants import sandbox_command
from benchmarks.operations import OURS, World
from benchmarks.processes import Cores, Server, free_port, started
from benchmarks.rounds import Progress

# A list of the workspace's own data: whoever can answer it has read them.
_FIRST_QUESTION = "/api/v2/customers?limit=1"


@dataclass(frozen=True)
class Start:
    """One way of starting: the median of the seconds to the first answer, their bounds, and the median of the memory."""

    way: str
    seconds: float
    least: float
    greatest: float
    resident_mb: float


def starts(world: World, times: int, cores: Cores, tell: Progress) -> tuple[Start, ...]:
    """Three ways: a first start with the demo in memory, and starts with the demo or with all customers in a data directory."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        directory = Path(place)
        demo, many = directory / "demo", directory / "many"
        with _sandbox(directory, cores, "demo", demo):
            pass  # leaves the demo's data there, and Python's compiled files for all that follow
        with _sandbox(directory, cores, "empty", many) as server:
            fill(server.address, world)
        return (
            timed("first start, demo in memory", directory, times, cores, "demo", None, tell),
            timed("start with the demo's data there", directory, times, cores, "demo", demo, tell),
            timed(f"start with {len(world.customers):,} customers there", directory, times, cores, "empty", many, tell),
        )


def timed(way: str, directory: Path, times: int, cores: Cores, scenario: str, data: Path | None, tell: Progress) -> Start:
    """Starts the sandbox so many times, one after another."""
    seconds: list[float] = []
    memory: list[float] = []
    for number in range(1, times + 1):
        tell(f"{way}, {number} of {times}")
        with _sandbox(directory, cores, scenario, data) as server:
            seconds.append(server.seconds)
            memory.append(server.resident_mb())
    return Start(way, median(seconds), min(seconds), max(seconds), median(memory))


@contextmanager
def _sandbox(directory: Path, cores: Cores, scenario: str, data: Path | None) -> Iterator[Server]:
    port = free_port()
    options = ["--data-dir", str(data)] if data else []
    command = sandbox_command(port, *options, scenario=scenario)
    headers = OURS.head(f"http://127.0.0.1:{port}")
    with started(command, directory, port, cores.server, _FIRST_QUESTION, headers) as server:
        yield server
