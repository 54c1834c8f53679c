"""`make soak`: half an hour of mixed load over sockets, to see whether the server's memory grows or a file stays open.

Customers that come also go, so the data stay as large as they were, while ids and connections are used up.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.benchmarked_servers import sandbox
from benchmarks.command import output, progress, run
from benchmarks.operations import OURS, World, world
from benchmarks.processes import Server, cores
from benchmarks.report import Report, Sheet, machine, show
from benchmarks.rounds import Progress
from benchmarks.slow_connections import slow_connections
from benchmarks.traffic import Connection, Tally, run_flows

_MOST_GROWTH = 2.0
_SECONDS_TO_HANG_UP = 40
_MOST_AT_EACH_END = 12


@dataclass(frozen=True)
class Sample:
    """The server at one moment, in seconds since the load began."""

    second: float
    resident_mb: float
    open_files: int


@dataclass(frozen=True)
class Plan:
    """What is asked of a soak: its length in seconds, how much of it counts as warming up, and how dense it is."""

    seconds: float
    warming: float
    every: float
    clients: int
    pause: float
    slow_of_each_kind: int


def main(arguments: list[str] | None = None) -> int:
    """Gives 1 when memory grew by over 2 % after the warming, a file stayed open, or an answer was not as expected."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (default 30); the first sixth, five minutes at most, warms up")
    parser.add_argument("--clients", type=int, default=8, help="clients at work at once (default 8)")
    parser.add_argument("--pause", type=float, default=0.05, help="seconds that a client rests between two stories (default 0.05)")
    parser.add_argument("--slow", type=int, default=5, help="slow clients of each of three kinds (default 5)")
    parser.add_argument("--every", type=float, default=5, help="seconds between two samples (default 5)")
    parser.add_argument("--customers", type=int, default=1000, help="customers that are there (default 1000)")
    parser.add_argument("--on-disk", action="store_true", help="keep the data in a directory instead of in memory")
    output(parser)
    chosen = parser.parse_args(arguments)
    seconds = 60 * chosen.minutes
    plan = Plan(seconds, min(300.0, seconds / 6), chosen.every, chosen.clients, chosen.pause, chosen.slow)
    pins, before = cores(), os.sched_getaffinity(0)
    os.sched_setaffinity(0, {pins.load})
    try:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
            options = ("--data-dir", f"{place}/data") if chosen.on_disk else ()
            asked = world(chosen.customers)
            with sandbox(asked, *options).running(Path(place), pins.server) as server:
                server.settle()
                files = server.open_files()
                samples, tally = asyncio.run(_soak(server, asked, plan, progress()))
                return _judge(samples, tally, (files, _files_in_the_end(server, files)), plan, chosen)
    finally:
        os.sched_setaffinity(0, before)


async def _soak(server: Server, asked: World, plan: Plan, tell: Progress) -> tuple[list[Sample], Tally]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    tally, headers = Tally(), OURS.head(server.address)
    async with slow_connections(server.port, plan.slow_of_each_kind):
        opened = [Connection(server.port, headers, tally) for _ in range(plan.clients)]
        until = begun + plan.seconds
        at_work = [
            asyncio.create_task(run_flows(connection, tally, asked, random.Random(number), plan.pause, until))
            for number, connection in enumerate(opened)
        ]
        try:
            samples = await _sampled(server, plan, tally, begun, tell)
            await asyncio.gather(*at_work)
        finally:
            for task in at_work:
                task.cancel()
    return samples, tally


def _files_in_the_end(server: Server, before: int) -> int:
    """The open files once the server had time to notice that all clients are gone."""
    deadline = time.perf_counter() + _SECONDS_TO_HANG_UP
    while (now := server.open_files()) > before and time.perf_counter() < deadline:
        time.sleep(0.1)
    return now


async def _sampled(server: Server, plan: Plan, tally: Tally, begun: float, tell: Progress) -> list[Sample]:
    loop = asyncio.get_running_loop()
    samples: list[Sample] = []
    while (second := loop.time() - begun) < plan.seconds:
        last = Sample(second, server.resident_mb(), server.open_files())
        samples.append(last)
        tell(f"{second:6.0f} s  {last.resident_mb:6.1f} MB  {last.open_files} files  {sum(tally.statuses.values()):,} answers")
        await asyncio.sleep(min(plan.every, max(0.0, begun + plan.seconds - loop.time())))
    return samples


def growth(samples: list[Sample], warming: float) -> tuple[float, float]:
    """Resident MB just after the warming and at the end: medians, so that no single sample decides."""
    counted = [one.resident_mb for one in samples if one.second >= warming] or [samples[-1].resident_mb]
    few = max(1, min(_MOST_AT_EACH_END, len(counted) // 4))
    return median(counted[:few]), median(counted[-few:])


def _judge(samples: list[Sample], tally: Tally, files: tuple[int, int], plan: Plan, chosen: argparse.Namespace) -> int:
    files_before, files_after = files
    first, last = growth(samples, plan.warming)
    percent = 100 * (last - first) / first
    faults = [
        *([f"memory grew by more than {_MOST_GROWTH:g} %"] if percent > _MOST_GROWTH else []),
        *([f"{files_after - files_before} files stayed open"] if files_after > files_before else []),
        *([f"{tally.surprised} answers were not as expected, such as: {one}" for one in tally.surprises[:1]]),
    ]
    answers = ", ".join(f"{count:,} × {status}" for status, count in sorted(tally.statuses.items()))
    rows = (
        (f"resident MB after {plan.warming:,.0f} s", f"{first:.1f}"),
        (f"resident MB at the end, after {plan.seconds:,.0f} s", f"{last:.1f}"),
        ("growth %", f"{percent:+.2f}"),
        ("greatest resident MB", f"{max(one.resident_mb for one in samples):.1f}"),
        ("open files before the load", str(files_before)),
        ("open files, most under load", str(max(one.open_files for one in samples))),
        ("open files after the load", str(files_after)),
        ("answers", f"{sum(tally.statuses.values()):,}"),
        ("requests/s", f"{sum(tally.statuses.values()) / plan.seconds:,.0f}"),
    )
    report = Report(
        title=f"{plan.seconds / 60:g} minutes of mixed load",
        how=f"{plan.clients} clients and {3 * plan.slow_of_each_kind} slow ones, {chosen.customers:,} customers, data "
        f"{'in a directory' if chosen.on_disk else 'in memory'}, a sample every {plan.every:g} s; {machine()}.",
        sheets=(Sheet("Memory and files", ("what", "figure"), rows),),
        remarks=(f"Answers by status: {answers}.", "Nothing to complain about." if not faults else f"FAILED: {'; '.join(faults)}."),
        data={"samples": [asdict(one) for one in samples], "tally": asdict(tally), "growth_percent": percent, "faults": faults,
              "files_before": files_before, "files_after": files_after},
    )  # fmt: skip
    show(report, chosen.markdown, chosen.json)
    return 1 if faults else 0


if __name__ == "__main__":
    run(main)
