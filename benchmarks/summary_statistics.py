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
class Spread:
    """The median of what the rounds gave, with the least and the greatest of them."""

    median: float
    least: float
    greatest: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.least)}–{_short(self.greatest)})"


@dataclass(frozen=True)
class Figure:
    """One operation on one server: medians over the rounds, and `cpu_us` in microseconds a request with its bounds.

    No ratio stands where the other server was not measured.
    """

    server: str
    operation: str
    rounds: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: Spread
    ratio: Spread | None
    cpu_ratio: Spread | None


def figures(samples: Sequence[Sample], to: str) -> tuple[Figure, ...]:
    """One for each operation and server, operation by operation, with ratios to the server `to`."""
    servers = list(dict.fromkeys(one.server for one in sorted(samples, key=lambda one: one.server != to)))
    return tuple(_figure(server, operation, samples, to) for operation in OPERATIONS for server in servers if _loads(samples, server, operation))


def _figure(server: str, operation: str, samples: Sequence[Sample], to: str) -> Figure:
    ours, theirs = _loads(samples, server, operation), _loads(samples, to, operation)

    def middle(what: Callable[[Load], float]) -> float:
        return median(what(load) for load in ours.values())

    spent = spread_of(load.cpu_us for load in ours.values())
    assert spent is not None
    return Figure(
        server,
        operation,
        len(ours),
        middle(lambda load: load.per_second),
        middle(lambda load: load.p50_ms),
        middle(lambda load: load.p99_ms),
        spent,
        spread_of(ours[number].per_second / theirs[number].per_second for number in ours if number in theirs),
        spread_of(theirs[number].cpu_us / ours[number].cpu_us for number in ours if number in theirs and ours[number].cpu_us),
    )


def spread_of(numbers: Iterable[float]) -> Spread | None:
    """None when there are none."""
    known = list(numbers)
    return Spread(median(known), min(known), max(known)) if known else None


def _short(number: float) -> str:
    """Three digits or so."""
    if number >= 1000:
        return f"{number:,.0f}"
    if number >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if number >= 0.1 else f"{number:.2g}"


def _loads(samples: Sequence[Sample], server: str, operation: str) -> dict[int, Load]:
    return {one.round: one.load for one in samples if (one.server, one.operation) == (server, operation)}
