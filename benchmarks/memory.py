"""`make bench-memory`: what 10,000 customers take in memory, before and after each was read and listed; also of another checkout."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.benchmarked_servers import sandbox_command
from benchmarks.client import client, fill
from benchmarks.command import CUSTOMERS, output, positive, progress, run
from benchmarks.operations import OURS, PER_PAGE, Request, World, world
from benchmarks.processes import ROOT, BenchmarkError, cores, free_port, started
from benchmarks.report import Report, Sheet, machine, show
from benchmarks.summary_statistics import spread_of

ON_DISK = "--data-dir"
STORES = ("memory", ON_DISK)
HERE = "this checkout"
OTHER = "the other checkout"


@dataclass(frozen=True)
class Memory:
    """Resident MB of one server: idle, filled, and when every customer was read and every page listed."""

    server: str
    idle_mb: float
    filled_mb: float
    read_mb: float


def main(arguments: list[str] | None = None) -> int:
    """Prints a report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--customers", type=positive(int), default=CUSTOMERS, help=f"customers that are there (default {CUSTOMERS})")
    parser.add_argument("--rounds", type=positive(int), default=3, help="alternating rounds (default 3)")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="measure the sandbox of another checkout too, and give the ratio")
    output(parser)
    chosen = parser.parse_args(arguments)
    asked, tell = world(chosen.customers), progress()
    checkouts = {HERE: ROOT, **({OTHER: _checkout(chosen.against)} if chosen.against else {})}
    found: dict[tuple[str, str], list[Memory]] = {}
    for number in range(1, chosen.rounds + 1):
        for store in STORES:
            for name, root in checkouts.items():
                tell(f"round {number} of {chosen.rounds}: {name}, {store}")
                found.setdefault((name, store), []).append(_measured(f"{name}, {store}", root, store, asked))
    rows = tuple(_row(all_of) for all_of in found.values())
    remarks = tuple(_compared(store, found[HERE, store], found[OTHER, store]) for store in STORES if chosen.against)
    report = Report(
        title="Memory",
        how=f"{chosen.rounds} alternating rounds, {chosen.customers:,} customers; {machine()}. Medians; a ratio is taken within its round.",
        sheets=(Sheet("Resident MB", ("server", "before filling", "filled", "read and listed"), rows),),
        remarks=remarks,
        data={"memory": [asdict(one) for all_of in found.values() for one in all_of]},
    )
    show(report, chosen.markdown, chosen.json)
    return 0


def _measured(name: str, root: Path, store: str, asked: World) -> Memory:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        directory, port = Path(place), free_port()
        options = ["--data-dir", str(directory / "data")] if store == ON_DISK else []
        headers = OURS.head(f"http://127.0.0.1:{port}")
        command = sandbox_command(port, *options)
        with started(command, directory, port, cores().server, "/api/v2/customers?limit=1", headers, variables={"PYTHONPATH": str(root)}) as server:
            idle = server.resident_mb()
            fill(server.address, asked)
            filled = server.resident_mb()
            with client(server.address, OURS) as asker:
                for number in range(1, len(asked.customers) + 1):
                    asker.must_send(Request("GET", f"/api/v2/customers/{number}"))
                for page in range(1, -(-len(asked.customers) // PER_PAGE) + 1):
                    asker.must_send(Request("GET", f"/api/v2/customers?page={page}&limit={PER_PAGE}"))
            return Memory(name, idle, filled, server.resident_mb())


def _row(all_of: Sequence[Memory]) -> tuple[str, ...]:
    middles = (median(getattr(one, field) for one in all_of) for field in ("idle_mb", "filled_mb", "read_mb"))
    return (all_of[0].server, *(f"{one:.1f}" for one in middles))


def _compared(store: str, ours: Sequence[Memory], theirs: Sequence[Memory]) -> str:
    filled = spread_of(one.filled_mb / other.filled_mb for one, other in zip(ours, theirs, strict=True))
    read = spread_of(one.read_mb / other.read_mb for one, other in zip(ours, theirs, strict=True))
    return f"{store}: filled, {filled} of the other checkout; read and listed, {read}"


def _checkout(directory: Path) -> Path:
    """Raises BenchmarkError where no sandbox is: Python would look for it elsewhere, and find this one."""
    if not (directory / "sandbox" / "__main__.py").is_file():
        raise BenchmarkError(f"{directory} is no checkout of the sandbox")
    return directory.resolve()


if __name__ == "__main__":
    run(main)
