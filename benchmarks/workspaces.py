"""A server with many workspaces: how long they take to make, and how its memory grows with those that are used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.benchmarked_servers import sandbox_command
from benchmarks.client import Client
from benchmarks.operations import Dialect, Request, encoded
from benchmarks.processes import BenchmarkError, Server, cores, free_port, started
from benchmarks.rounds import Progress

IN_USE = 20
_REQUESTS = 10  # of each workspace that is used, half of them writes
_PROBE = "/api/v2/customers?limit=1"


@dataclass(frozen=True)
class Population:
    """Resident MB of the server: idle, with so many workspaces created, with 20 of them in use, and when all were used once.

    `open_files` is how many more there are at the end than in the beginning.
    """

    workspaces: int
    idle_mb: float
    created_mb: float
    in_use_mb: float
    touched_mb: float
    open_files: int
    create_ms: float
    first_use_ms: float


def populated(directory: Path, workspaces: int, tell: Progress) -> Population:
    """Creates them, each with a key and the demo's data, over the socket for commands; then uses 20 of them, then all."""
    with serving(directory, "demo") as server:
        _command(directory / "data", "workspaces_list")  # loads what commands need, which is no part of a workspace
        server.settle()
        idle, files = server.resident_mb(), server.open_files()
        tell(f"creating {workspaces:,} workspaces")
        begun = time.perf_counter()
        keys = [_created(directory / "data", f"workspace-{number}") for number in range(workspaces)]
        create_ms = 1000 * (time.perf_counter() - begun) / workspaces
        server.settle()
        created = server.resident_mb()
        tell(f"using {IN_USE} of them")
        first_uses = [_timed_list(server, key) for key in keys[:IN_USE]]
        for key in keys[:IN_USE]:
            _use(server, key)
        server.settle()
        in_use = server.resident_mb()
        tell("using all of them once")
        first_uses += [_timed_list(server, key) for key in keys[IN_USE:]]
        server.settle()
        more_files = server.open_files() - files
        return Population(workspaces, idle, created, in_use, server.resident_mb(), more_files, create_ms, 1000 * median(first_uses))


@contextmanager
def serving(directory: Path, scenario: str) -> Iterator[Server]:
    """The sandbox upon `data` in this directory; the seconds to its first answer are the server's own."""
    port = free_port()
    command = sandbox_command(port, "--data-dir", str(directory / "data"), scenario=scenario)
    headers = Dialect().head(f"http://127.0.0.1:{port}")
    with started(command, directory, port, cores().server, _PROBE, headers) as server:
        yield server


def _created(data: Path, name: str) -> str:
    _command(data, "workspaces_create", name=name)
    key: str = _command(data, "keys_create", workspace=name, label="first", role="administrator")["key"]
    return key


def _command(data: Path, command: str, **arguments: Any) -> Any:
    from sandbox.control.admin_socket import NobodyListens, call

    try:
        return call(data, command, arguments)
    except NobodyListens:
        raise BenchmarkError("the server takes no commands") from None


def _use(server: Server, key: str) -> None:
    client = _client(server, key)
    try:
        for number in range(_REQUESTS // 2):
            client.must_send(Request("POST", "/api/v2/customers", encoded({"account": f"Customer {number}"})))
            client.must_send(Request("GET", "/api/v2/customers?search=customer"))
    finally:
        client.close()


def _timed_list(server: Server, key: str) -> float:
    client = _client(server, key)
    try:
        begun = time.perf_counter()
        client.must_send(Request("GET", _PROBE))
        return time.perf_counter() - begun
    finally:
        client.close()


def _client(server: Server, key: str) -> Client:
    return Client(server.address, Dialect(headers={"Authorization": f"Bearer {key}"}))
