"""`make bench-state`: what the state costs as it grows: objects, snapshots, resets, workspaces, and starts upon what is on disk."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.command import output, progress, run
from benchmarks.latency import DOCUMENTS, Latency, resets, searches, snapshots
from benchmarks.operations import world
from benchmarks.report import Report, Sheet, machine, show
from benchmarks.rounds import Progress
from benchmarks.scaling import FEW, MANY, Scaling, image_of, measure_scaling
from benchmarks.workspaces import IN_USE, Population, populated, serving
from sandbox.app import build
from sandbox.settings import load_settings

_MOST_RATIO = 1.5
_MOST_MB = 250


@dataclass(frozen=True)
class Start:
    """Seconds from a start upon so many documents on disk to the first answer, and the memory then."""

    documents: int
    seconds: float
    least: float
    greatest: float
    resident_mb: float


def main(arguments: list[str] | None = None) -> int:
    """Gives 1 when a figure misses its aim."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.state", description=__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="alternating rounds for the ratios, and times for each act (default 41)")
    parser.add_argument("--few", type=int, default=FEW, help=f"objects of the small store (default {FEW:,})")
    parser.add_argument("--many", type=int, default=MANY, help=f"objects of the large store, and of the start (default {MANY:,})")
    parser.add_argument("--documents", type=int, default=DOCUMENTS, help=f"documents that are searched and put aside (default {DOCUMENTS:,})")
    parser.add_argument("--scenario", default="busy", help="what is reset to (default busy)")
    parser.add_argument("--workspaces", type=int, default=1000, help="how many workspaces (default 1000)")
    parser.add_argument("--starts", type=int, default=5, help="how many starts to time (default 5)")
    output(parser)
    chosen = parser.parse_args(arguments)
    tell = progress()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        directory = Path(place)
        scalings = tuple(measure_scaling(directory, chosen.rounds, chosen.few, chosen.many, tell))
        latencies = (
            *searches(directory, world(chosen.documents), 5 * chosen.rounds, tell),
            *snapshots(directory, chosen.documents, chosen.rounds, tell),
            *resets(directory, chosen.scenario, max(1, chosen.rounds // 4), tell),
        )
        population = populated(directory, chosen.workspaces, tell)
        starts = tuple(_started(directory, count, chosen.starts, tell) for count in (chosen.few, chosen.many))
    missed = _missed(scalings, latencies, population)
    report = Report(
        title="The state as it grows",
        how=f"{chosen.rounds} alternating rounds for each ratio, taken between neighbours; medians, with the least and the greatest; {machine()}.",
        sheets=_sheets(scalings, latencies, population, starts, chosen.few, chosen.many),
        remarks=tuple(f"MISSED: {one}." for one in missed) or ("Every aim is reached.",),
        data={
            "growth": [asdict(one) for one in scalings],
            "moments": [asdict(one) for one in latencies],
            "population": asdict(population),
            "starts": [asdict(one) for one in starts],
            "missed": missed,
        },
    )
    show(report, chosen.markdown, chosen.json)
    return 1 if missed else 0


def _started(directory: Path, documents: int, times: int, tell: Progress) -> Start:
    """Upon an image with so many customers, as a reset, a restore or a compaction leaves them."""
    place = directory / f"start {documents}"
    place.mkdir()
    server = build(load_settings({"scenario": "empty", "data_dir": place / "data", "reset_at": "never"}))
    try:
        server.workspaces.get("default").restore(image_of(documents))
    finally:
        server.close()
    seconds, memory = [], []
    for number in range(1, times + 1):
        tell(f"start upon {documents:,} documents, {number} of {times}")
        with serving(place, "empty") as one:
            seconds.append(one.seconds)
            memory.append(one.resident_mb())
    return Start(documents, median(seconds), min(seconds), max(seconds), median(memory))


def _missed(scalings: Sequence[Scaling], latencies: Sequence[Latency], population: Population) -> list[str]:
    slow = [f"{one.operation}, {one.store}, costs {one.ratio.median:.2f} times as much" for one in scalings if one.ratio.median > _MOST_RATIO]
    late = [f"{one.act}, {one.store}, takes {one.median_ms:.1f} ms" for one in latencies if one.median_ms > one.aim_ms > 0]
    sizes = (population.in_use_mb, population.touched_mb)
    return [*slow, *late, *(f"{population.workspaces:,} workspaces take {size:.0f} MB" for size in sizes if size > _MOST_MB)]


def _sheets(
    scalings: Sequence[Scaling], latencies: Sequence[Latency], population: Population, starts: Sequence[Start], few: int, many: int
) -> tuple[Sheet, ...]:
    by_size = tuple((one.operation, one.store, f"{one.few_us:,.0f}", f"{one.many_us:,.0f}", str(one.ratio), f"{_MOST_RATIO}") for one in scalings)
    acts = tuple(
        (one.act, one.store, f"{one.median_ms:.2f}", f"{one.least_ms:.2f}–{one.greatest_ms:.2f}", f"{one.aim_ms:g}" if one.aim_ms else "–")
        for one in latencies
    )
    memory = (
        ("idle", f"{population.idle_mb:.0f}", "–"),
        (f"{population.workspaces:,} workspaces created", f"{population.created_mb:.0f}", str(_MOST_MB)),
        (f"{IN_USE} of them in use", f"{population.in_use_mb:.0f}", str(_MOST_MB)),
        ("all of them used once", f"{population.touched_mb:.0f}", str(_MOST_MB)),
    )
    begun = tuple((f"{one.documents:,}", f"{one.seconds:.2f}", f"{one.least:.2f}–{one.greatest:.2f}", f"{one.resident_mb:.0f}") for one in starts)
    return (
        Sheet("Create and get by id", ("operation", "store", f"µs of {few:,}", f"µs of {many:,}", "ratio (min–max)", "aim"), by_size, left=2),
        Sheet("Single acts, in the server", ("act", "store", "ms", "min–max", "aim"), acts, left=2),
        Sheet("Resident memory with many workspaces, on disk", ("server", "MB", "aim"), memory),
        Sheet("From start to first answer, upon what is on disk", ("documents", "seconds", "min–max", "resident MB"), begun),
    )


if __name__ == "__main__":
    run(main)
