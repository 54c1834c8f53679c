"""What the commands share: their options, their words on how they measure, and one sentence instead of a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from benchmarks.cpu import accuracy
from benchmarks.load import GENERATORS, Generator, best_generator
from benchmarks.processes import BenchmarkError, Cores
from benchmarks.report import machine
from benchmarks.rounds import Progress

CUSTOMERS = 10_000


def options(name: str, what: str | None, rounds: int, seconds: float, connections: int = 16) -> argparse.ArgumentParser:
    """A parser with what all commands take."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=what)
    parser.add_argument("--rounds", type=positive(int), default=rounds, help=f"how many rounds (default {rounds})")
    parser.add_argument("--seconds", type=positive(float), default=seconds, help=f"seconds of each measurement (default {seconds:g})")
    parser.add_argument("--connections", type=positive(int), default=connections, help=f"connections of the load (default {connections})")
    parser.add_argument("--customers", type=positive(int), default=CUSTOMERS, help=f"customers that are there (default {CUSTOMERS})")
    parser.add_argument("--generator", choices=GENERATORS, default=best_generator(), help="what makes the load (default: wrk if it is there)")
    output(parser)
    return parser


def output(parser: argparse.ArgumentParser) -> None:
    """Adds what says where the figures go."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    parser.add_argument("--markdown", action="store_true", help="print Markdown instead of tables for a terminal")


def positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    """Reads an option that must be a number above 0."""

    def read(text: str) -> float:
        number = kind(text)
        if number <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return number

    return read


def how(chosen: argparse.Namespace, cores: Cores, generator: Generator) -> str:
    """One paragraph that says how the figures were taken."""
    made = "wrk" if generator.name == "wrk" else "the Python generator (a fast server outruns it, so its ratios to raw flatter)"
    apart = f"the server on core {cores.server}, the load on core {cores.load}" if cores.apart else "server and load on one core"
    return (
        f"{chosen.rounds} alternating rounds of {chosen.seconds:g} s, {generator.connections} connections, load by {made}; {apart}; "
        f"{chosen.customers:,} customers; {machine()}. Medians over the rounds; a ratio is taken within its "
        f"round. CPU is the server's, counted {accuracy()}."
    )


def progress() -> Progress:
    """Says on stderr what is being done, so that stdout holds figures only."""
    console = Console(stderr=True)
    return lambda what: console.print(what, style="dim", markup=False, highlight=False)


def run(command: Callable[[], int]) -> None:
    """Ends the process with what the command returns, or with 1 and a sentence when a figure could not be taken."""
    try:
        sys.exit(command())
    except BenchmarkError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
