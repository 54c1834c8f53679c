"""`make bench-memory`: what 10,000 customers take in memory, before and after each was read and listed; also of another checkout."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.client import client, fill
from benchmarks.command import CUSTOMERS, output, progress, run
from benchmarks.contestants import sandbox_command
from benchmarks.operations import OURS, PER_PAGE, Request, World, world
from benchmarks.processes import ROOT, cores, free_port, started
from benchmarks.report import Report, Sheet, machine, show


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
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help=f"customers that are there (default {CUSTOMERS})")
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds (default 3)")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="measure the sandbox of another checkout too, and give the ratio")
    output(parser)
    chosen = parser.parse_args(arguments)
    asked, tell = world(chosen.customers), progress()
    checkouts = {"this checkout": ROOT, **({"the other checkout": chosen.against.resolve()} if chosen.against else {})}
    found: dict[str, list[Memory]] = {}
    for number in range(1, chosen.rounds + 1):
        for name, root in checkouts.items():
            for store in ("memory", "data directory"):
                tell(f"round {number} of {chosen.rounds}: {name}, {store}")
                found.setdefault(f"{name}, {store}", []).append(_measured(f"{name}, {store}", root, store, asked))
    rows = tuple(_row(name, all_of) for name, all_of in found.items())
    remarks = tuple(
        f"{store}: {_middle(found[f'this checkout, {store}']) / _middle(found[f'the other checkout, {store}']):.2f} of the other checkout"
        for store in ("memory", "data directory")
        if chosen.against
    )
    report = Report(
        title="Memory",
        how=f"{chosen.rounds} alternating rounds, {chosen.customers:,} customers; {machine()}. Medians.",
        sheets=(Sheet("Resident MB", ("server", "idle", "filled", "read and listed"), rows),),
        remarks=remarks,
        data={"memory": [asdict(one) for all_of in found.values() for one in all_of]},
    )
    show(report, chosen.markdown, chosen.json)
    return 0


def _measured(name: str, root: Path, store: str, asked: World) -> Memory:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        directory, port = Path(place), free_port()
        options = ["--data-dir", str(directory / "data")] if store == "data directory" else []
        headers = OURS.head(f"http://127.0.0.1:{port}")
        command = sandbox_command(port, *options)
        with started(command, directory, port, cores().server, "/api/v2/customers?limit=1", headers, variables={"PYTHONPATH": str(root)}) as server:
            idle = server.resident_mb()
            fill(server.address, asked)
            filled = server.resident_mb()
            with client(server.address, OURS) as asker:
                for number in range(1, len(asked.customers) + 1):
                    asker.insist(Request("GET", f"/api/v2/customers/{number}"))
                for page in range(1, -(-len(asked.customers) // PER_PAGE) + 1):
                    asker.insist(Request("GET", f"/api/v2/customers?page={page}&limit={PER_PAGE}"))
            return Memory(name, idle, filled, server.resident_mb())


def _middle(all_of: list[Memory]) -> float:
    return median(one.read_mb for one in all_of)


def _row(name: str, all_of: list[Memory]) -> tuple[str, ...]:
    return (name, *(f"{median(getattr(one, field) for one in all_of):.1f}" for field in ("idle_mb", "filled_mb", "read_mb")))


if __name__ == "__main__":
    run(main)
