"""What many samples say: medians over the rounds, and ratios to another server taken within each round.

`cpu_ratio` is the other server's CPU time a request, divided by this one's: above 1 means that this one is cheaper. It
swings less than `ratio`, which is of requests a second, since it does not count what the machine does besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load import Load
from benchmarks.operations import OPERATIONS
from benchmarks.rounds import Sample


@dataclass(frozen=True)
class Ratio:
    """The median of the rounds' ratios, with the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.least)}–{_short(self.greatest)})"


@dataclass(frozen=True)
class Figure:
    """One operation on one server: medians over the rounds. No ratio stands where the other server was not measured."""

    server: str
    operation: str
    rounds: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    ratio: Ratio | None
    cpu_ratio: Ratio | None


def figures(samples: Sequence[Sample], to: str) -> tuple[Figure, ...]:
    """One for each operation and server, operation by operation, with ratios to the server `to`."""
    servers = list(dict.fromkeys(one.server for one in sorted(samples, key=lambda one: one.server != to)))
    return tuple(_figure(server, operation, samples, to) for operation in OPERATIONS for server in servers if _loads(samples, server, operation))


def _figure(server: str, operation: str, samples: Sequence[Sample], to: str) -> Figure:
    ours, theirs = _loads(samples, server, operation), _loads(samples, to, operation)

    def middle(what: Callable[[Load], float]) -> float:
        return median(what(load) for load in ours.values())

    return Figure(
        server,
        operation,
        len(ours),
        middle(lambda load: load.per_second),
        middle(lambda load: load.p50_ms),
        middle(lambda load: load.p99_ms),
        middle(lambda load: load.cpu_us),
        ratio_of(ours[number].per_second / theirs[number].per_second for number in ours if number in theirs),
        ratio_of(theirs[number].cpu_us / ours[number].cpu_us for number in ours if number in theirs and ours[number].cpu_us),
    )


def ratio_of(ratios: Iterable[float]) -> Ratio | None:
    """None when there is nothing to compare."""
    known = list(ratios)
    return Ratio(median(known), min(known), max(known)) if known else None


def _short(number: float) -> str:
    return f"{number:.2f}" if number >= 0.1 else f"{number:.2g}"


def _loads(samples: Sequence[Sample], server: str, operation: str) -> dict[int, Load]:
    return {one.round: one.load for one in samples if (one.server, one.operation) == (server, operation)}
