"""What must not be lost again: for each operation the least ratio to raw by CPU, for each start the most CPU seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.benchmarked_servers import ON_DISK, SANDBOX
from benchmarks.starts import DEMO_THERE, IN_MEMORY, MANY_THERE, Start
from benchmarks.summary_statistics import Figure

LEAST_OF_RAW = {
    (SANDBOX, "GET one"): 1.0,
    (SANDBOX, "list 20"): 1.0,
    (SANDBOX, "list search"): 0.8,
    (SANDBOX, "POST create"): 0.55,
    (ON_DISK, "GET one"): 1.0,
    (ON_DISK, "list 20"): 1.0,
    (ON_DISK, "list search"): 0.8,
    (ON_DISK, "POST create"): 0.5,
}
MOST_CPU_SECONDS = {DEMO_THERE: 0.5, MANY_THERE: 0.5, IN_MEMORY: 0.6}


@dataclass(frozen=True)
class Threshold:
    """One bound, what was measured, and whether it holds."""

    what: str
    bound: str
    measured: str
    holds: bool


def thresholds(figures: Sequence[Figure], starts: Iterable[Start]) -> tuple[Threshold, ...]:
    """Every bound; one whose figure is missing does not hold."""
    ratios = {(one.server, one.operation): one.cpu_ratio for one in figures}
    begun = {one.way: one.cpu for one in starts}
    return (
        *(
            Threshold(f"{operation}, {server}", f"at least {least:.2f} of raw", str(ratio), ratio.median >= least)
            if (ratio := ratios.get((server, operation)))
            else Threshold(f"{operation}, {server}", f"at least {least:.2f} of raw", "not measured", False)
            for (server, operation), least in LEAST_OF_RAW.items()
        ),
        *(
            Threshold(way, f"at most {most:.2f} s", str(begun[way]), begun[way].median <= most)
            if way in begun
            else Threshold(way, f"at most {most:.2f} s", "not measured", False)
            for way, most in MOST_CPU_SECONDS.items()
        ),
    )
