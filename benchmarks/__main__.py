"""`make bench`: the sandbox with everything on, beside an application that sends the same bytes and does nothing else."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.benchmarked_servers import RAW, STOCK, has_stock_stack, raw, record_sandbox, sandbox, sandbox_on_disk
from benchmarks.command import how, options, progress, run
from benchmarks.load import Generator
from benchmarks.operations import world
from benchmarks.processes import BenchmarkError, cores
from benchmarks.report import Report, Sheet, figure_sheets, show
from benchmarks.rounds import Run, measure
from benchmarks.starts import Start, starts
from benchmarks.summary_statistics import figures


def main(arguments: list[str] | None = None) -> int:
    """Prints a report. Raises BenchmarkError when the sandbox or the limit cannot be measured."""
    parser = options("benchmarks", __doc__, rounds=7, seconds=4)
    parser.add_argument("--stock", action="store_true", help="measure `--stack stock` too, where the sandbox has it")
    parser.add_argument("--starts", type=int, default=5, help="how many starts of each kind to time (default 5)")
    chosen = parser.parse_args(arguments)
    pins, tell = cores(), progress()
    generator = Generator(chosen.generator, pins.load, chosen.connections)
    asked = world(chosen.customers)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        tell("recording what the sandbox answers")
        servers = [raw(record_sandbox(asked, Path(place), pins.server), asked), sandbox(asked), sandbox_on_disk(asked)]
        if chosen.stock:
            if not has_stock_stack():
                raise BenchmarkError("--stock: this sandbox has no option --stack")
            servers.append(sandbox(asked, "--stack", "stock", name=STOCK))
        measured = measure(servers, asked, chosen.rounds, chosen.seconds, pins, generator, tell)
    begun = starts(asked, chosen.starts, pins, tell) if chosen.starts else ()
    found = figures(measured.samples, RAW)
    report = Report(
        title="The sandbox beside the limit of its HTTP server",
        how=how(chosen, pins, generator),
        sheets=(*figure_sheets(found, "raw"), *_resources(begun, measured, chosen.customers)),
        figures=found,
        remarks=tuple(f"{name} was not measured: {why}" for name, why in measured.absent.items()),
        data={"starts": [asdict(one) for one in begun], "resident_mb": measured.resident_mb, "absent": measured.absent},
    )
    show(report, chosen.markdown, chosen.json)
    return 0


def _resources(begun: tuple[Start, ...], measured: Run, customers: int) -> tuple[Sheet, ...]:
    timed = tuple((one.way, str(one.cpu), str(one.seconds), f"{one.resident_mb:.0f}") for one in begun)
    filled = tuple((f"{name}, filled with {customers:,}", f"{size:.0f}") for name, size in measured.resident_mb.items() if name != RAW)
    first = Sheet("From start to first answer", ("start", "CPU s (min–max)", "seconds (min–max)", "resident MB, idle"), timed)
    second = Sheet("Resident memory after filling over the API", ("server", "MB"), filled)
    return (first, second) if timed else (second,)


if __name__ == "__main__":
    run(main)
