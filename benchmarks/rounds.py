"""Alternating rounds: in each, every server is started anew and filled, and each operation is measured on all of them in turn.

Neighbours in time share what the machine does besides, so a ratio is taken within a round and never across two.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.benchmarked_servers import BenchmarkedServer
from benchmarks.client import client
from benchmarks.load import Generator, Load, warm
from benchmarks.operations import OPERATIONS, Request, World
from benchmarks.processes import BenchmarkError, Cores, Server

Progress = Callable[[str], None]

_MOST_SECONDS_OF_WARMING = 0.5


@dataclass(frozen=True)
class Sample:
    """One operation on one server in one round."""

    round: int
    server: str
    operation: str
    load: Load


@dataclass(frozen=True)
class Run:
    """All samples, and what else was seen of each server.

    That is its memory when it was filled, the seconds of its starts, and the length of a list that it answered. `absent` says
    why one could not be measured, whole or for one operation.
    """

    samples: tuple[Sample, ...]
    resident_mb: dict[str, float]
    start_seconds: dict[str, list[float]]
    list_bytes: dict[str, int]
    absent: dict[str, str]


@dataclass(frozen=True)
class _Running:
    benchmarked: BenchmarkedServer
    server: Server
    requests: dict[str, tuple[Request, ...]]


def measure(
    servers: Sequence[BenchmarkedServer], world: World, rounds: int, seconds: float, cores: Cores, generator: Generator, tell: Progress
) -> Run:
    """Raises BenchmarkError when a server that is required cannot be measured whole.

    Of the others, an operation that failed is left out from then on, and named in what is returned.
    """
    samples: list[Sample] = []
    resident: dict[str, float] = {}
    begun: dict[str, list[float]] = {}
    lists: dict[str, int] = {}
    absent: dict[str, str] = {}
    for number in range(1, rounds + 1):
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
            present = [one for one in servers if one.name not in absent]
            running = list(_start(present, world, directory, cores, stack, absent))
            for one in running:
                resident.setdefault(one.benchmarked.name, one.server.resident_mb())
                begun.setdefault(one.benchmarked.name, []).append(one.server.seconds)
                lists.setdefault(one.benchmarked.name, _list_bytes(one))
            # Whoever came first in one round comes last in the next.
            turn = running if number % 2 else running[::-1]
            for operation in OPERATIONS:
                for one in turn:
                    name = one.benchmarked.name
                    if operation not in one.requests or f"{name}, {operation}" in absent:
                        continue
                    tell(f"round {number} of {rounds}: {operation}, {name}")
                    try:
                        samples.append(Sample(number, name, operation, _play(one, operation, seconds, generator)))
                    except (BenchmarkError, OSError) as error:
                        absent[f"{name}, {operation}"] = str(error)
        _require([one for one in servers if one.required], absent)
    return Run(tuple(samples), resident, begun, lists, absent)


def _require(required: Sequence[BenchmarkedServer], absent: dict[str, str]) -> None:
    for what, why in absent.items():
        if what.partition(",")[0] in {one.name for one in required}:
            raise BenchmarkError(f"{what}: {why}")


def _start(
    servers: Sequence[BenchmarkedServer], world: World, directory: Path, cores: Cores, stack: ExitStack, absent: dict[str, str]
) -> Iterator[_Running]:
    for place, one in enumerate(servers):
        own = directory / str(place)
        own.mkdir()
        try:
            server = stack.enter_context(one.running(own, cores.server))
        except (BenchmarkError, OSError) as error:
            absent[one.name] = str(error)
            continue
        yield _Running(one, server, world.requests(one.dialect))


def _list_bytes(one: _Running) -> int:
    with client(one.server.address, one.benchmarked.dialect) as asker:
        return len(asker.send(one.requests["list 20"][0]).body)


def _play(one: _Running, operation: str, seconds: float, generator: Generator) -> Load:
    headers = one.benchmarked.dialect.head(one.server.address)
    requests = one.requests[operation]
    warm(one.server, requests, headers, generator.connections, min(_MOST_SECONDS_OF_WARMING, seconds / 4))
    one.server.settle()
    try:
        return generator.play(one.server, requests, headers, seconds)
    finally:
        one.server.settle()
