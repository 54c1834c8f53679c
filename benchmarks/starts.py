"""What the sandbox spends from its start to its first answer, how long that takes, and how much memory it then holds, idle."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.benchmarked_servers import sandbox_command
from benchmarks.client import fill
from benchmarks.operations import OURS, World
from benchmarks.processes import Cores, Server, free_port, started
from benchmarks.rounds import Progress
from benchmarks.summary_statistics import Spread, spread_of

# A list of the workspace's own data: whoever can answer it has read them.
_FIRST_QUESTION = "/api/v2/customers?limit=1"


@dataclass(frozen=True)
class Start:
    """One way of starting, to the first answer: CPU seconds of the whole process and seconds, each with least and greatest; memory then."""

    way: str
    cpu: Spread
    seconds: Spread
    resident_mb: float


IN_MEMORY = "start, demo in memory"
NO_CACHE = "the very first start, demo in memory"
DEMO_THERE = "start with the demo's data there"
MANY_THERE = "start with all customers there"


def starts(world: World, times: int, cores: Cores, tell: Progress) -> tuple[Start, ...]:
    """With the demo in memory, where caches of an earlier start are there and where none are; with data in a directory."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        directory = Path(place)
        demo, many = directory / "demo", directory / "many"
        with _sandbox(directory, cores, "demo", demo):
            pass  # leaves the demo's data there, and Python's compiled files for all that follow
        with _sandbox(directory, cores, "empty", many) as server:
            fill(server.address, world)
        return (
            timed(IN_MEMORY, directory, times, cores, "demo", None, tell),
            timed(NO_CACHE, directory, times, cores, "demo", None, tell, cached=False),
            timed(DEMO_THERE, directory, times, cores, "demo", demo, tell),
            timed(MANY_THERE, directory, times, cores, "empty", many, tell),
        )


def timed(way: str, directory: Path, times: int, cores: Cores, scenario: str, data: Path | None, tell: Progress, *, cached: bool = True) -> Start:
    """Starts the sandbox so many times, one after another; where nothing is cached, with a new directory of caches each time."""
    found: list[Server] = []
    memory: list[float] = []
    for number in range(1, times + 1):
        tell(f"{way}, {number} of {times}")
        caches = directory / "caches" / ("kept" if cached else str(number))
        with _sandbox(directory, cores, scenario, data, caches) as server:
            found.append(server)
            memory.append(server.resident_mb())
    spent, seconds = spread_of(one.start_cpu_seconds for one in found), spread_of(one.seconds for one in found)
    assert spent is not None
    assert seconds is not None
    return Start(way, spent, seconds, median(memory))


@contextmanager
def _sandbox(directory: Path, cores: Cores, scenario: str, data: Path | None, caches: Path | None = None) -> Iterator[Server]:
    port = free_port()
    options = ["--data-dir", str(data)] if data else []
    command = sandbox_command(port, *options, scenario=scenario)
    headers = OURS.head(f"http://127.0.0.1:{port}")
    variables = {"XDG_CACHE_HOME": str(caches or directory / "caches" / "kept")}
    with started(command, directory, port, cores.server, _FIRST_QUESTION, headers, variables=variables) as server:
        yield server
