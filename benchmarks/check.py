"""`make bench-check`: a short run that fails where a threshold is missed. Ratios of one run, so that any machine can tell."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.benchmarked_servers import RAW, raw, record_sandbox, sandbox, sandbox_on_disk
from benchmarks.command import how, options, progress, run
from benchmarks.load import Generator
from benchmarks.operations import world
from benchmarks.processes import cores
from benchmarks.report import Report, Sheet, show
from benchmarks.rounds import measure
from benchmarks.starts import starts
from benchmarks.summary_statistics import figures
from benchmarks.thresholds import thresholds


def main(arguments: list[str] | None = None) -> int:
    """Gives 1 where a threshold is missed, and names it."""
    parser = options("benchmarks.check", __doc__, rounds=3, seconds=2)
    parser.add_argument("--starts", type=int, default=5, help="how many starts of each kind to time (default 5)")
    chosen = parser.parse_args(arguments)
    pins, tell = cores(), progress()
    generator = Generator(chosen.generator, pins.load, chosen.connections)
    asked = world(chosen.customers)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        servers = [raw(record_sandbox(asked, Path(place), pins.server), asked), sandbox(asked), sandbox_on_disk(asked)]
        measured = measure(servers, asked, chosen.rounds, chosen.seconds, pins, generator, tell)
    begun = starts(asked, chosen.starts, pins, tell) if chosen.starts else ()
    held = thresholds(figures(measured.samples, RAW), begun)
    rows = tuple((one.what, one.bound, one.measured, "holds" if one.holds else "MISSED") for one in held)
    missed = [one for one in held if not one.holds]
    report = Report(
        title="Thresholds",
        how=how(chosen, pins, generator),
        sheets=(Sheet("Ratios to raw by CPU, and CPU seconds of starts", ("what", "threshold", "measured (min–max)", ""), rows),),
        remarks=tuple(f"{one.what} is {one.measured}, and must be {one.bound}" for one in missed),
        data={"floors": [asdict(one) for one in held]},
    )
    show(report, chosen.markdown, chosen.json)
    return 1 if missed else 0


if __name__ == "__main__":
    run(main)
