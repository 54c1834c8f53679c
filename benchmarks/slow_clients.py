"""`make slow-clients`: what a good client notices of a few hundred slow ones, in rounds with and without them."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.benchmarked_servers import sandbox
from benchmarks.command import how, options, progress, run
from benchmarks.load import Generator, Load, warm
from benchmarks.operations import OURS, World, world
from benchmarks.processes import Cores, Server, cores
from benchmarks.report import Report, Sheet, show
from benchmarks.rounds import Progress
from benchmarks.slow_connections import slow_connections
from benchmarks.summary_statistics import spread_of

_MOST = 2.0


@dataclass(frozen=True)
class Pair:
    """One round: the good client alone, and among the slow ones, of whom so many were cut off meanwhile."""

    alone: Load
    among: Load
    cut_off: int


def main(arguments: list[str] | None = None) -> int:
    """Gives 1 when the p99 among slow clients is more than twice what it is without them, as the median of the rounds."""
    parser = options("benchmarks.slow_clients", __doc__, rounds=5, seconds=8, connections=1)
    parser.add_argument("--each", type=int, default=100, help="how many slow clients of each of three kinds (default 100)")
    chosen = parser.parse_args(arguments)
    pins = cores()
    generator = Generator(chosen.generator, pins.load, chosen.connections)
    pairs = _measured(world(chosen.customers), chosen.rounds, chosen.seconds, chosen.each, pins, generator)
    ratio = spread_of(one.among.p99_ms / one.alone.p99_ms for one in pairs)
    assert ratio is not None
    holds = ratio.median < _MOST
    report = Report(
        title=f"A good client among {3 * chosen.each} slow ones",
        how=how(chosen, pins, generator),
        sheets=(_sheet(pairs),),
        remarks=(
            f"p99 of GET one among the slow clients, of what it is without them: {ratio}; {'under' if holds else 'NOT under'} {_MOST:g}.",
            f"Slow clients that the server cut off (they came back): {sum(one.cut_off for one in pairs)}.",
        ),
        data={"p99_ratio": asdict(ratio), "pairs": [asdict(one) for one in pairs]},
    )
    show(report, chosen.markdown, chosen.json)
    return 0 if holds else 1


def _sheet(pairs: list[Pair]) -> Sheet:
    def row(name: str, loads: list[Load]) -> tuple[str, ...]:
        middles = (median(one.p50_ms for one in loads), median(one.p99_ms for one in loads))
        return (name, f"{median(one.per_second for one in loads):,.0f}", *(f"{one:.2f}" for one in middles))

    rows = (row("alone", [one.alone for one in pairs]), row("among the slow ones", [one.among for one in pairs]))
    return Sheet("GET one", ("good client", "requests/s", "p50 ms", "p99 ms"), rows)


def _measured(asked: World, rounds: int, seconds: float, each: int, pins: Cores, generator: Generator) -> list[Pair]:
    """The slow clients run in this process, on the core of the load."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {pins.load})
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as place, sandbox(asked).running(Path(place), pins.server) as server:
            requests = asked.requests(OURS)["GET one"]
            headers = OURS.head(server.address)
            warm(server, requests, headers, generator.connections, seconds / 4)

            def good() -> Load:
                server.settle()
                return generator.play(server, requests, headers, seconds)

            return asyncio.run(_rounds(good, server, rounds, each, progress()))
    finally:
        os.sched_setaffinity(0, before)


async def _rounds(good: Callable[[], Load], server: Server, rounds: int, each: int, tell: Progress) -> list[Pair]:
    pairs: list[Pair] = []
    for number in range(1, rounds + 1):
        tell(f"round {number} of {rounds}")
        if number % 2:
            alone = await asyncio.to_thread(good)
            among, cut_off = await _among(good, server, each)
        else:
            among, cut_off = await _among(good, server, each)
            alone = await asyncio.to_thread(good)
        pairs.append(Pair(alone, among, cut_off))
    return pairs


async def _among(good: Callable[[], Load], server: Server, each: int) -> tuple[Load, int]:
    async with slow_connections(server.port, each) as slow:
        load = await asyncio.to_thread(good)
        return load, slow.cut_off


if __name__ == "__main__":
    run(main)
