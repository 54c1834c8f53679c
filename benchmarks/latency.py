"""Single acts that must not be felt: a search, a snapshot taken and restored, a reset. Through the whole application, in this process."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from benchmarks.operations import KEY, World
from benchmarks.processes import BenchmarkError
from benchmarks.rounds import Progress
from benchmarks.scaling import image_of
from sandbox.app import Server, build
from sandbox.settings import load_settings

DOCUMENTS = 10_000
STORES = ("memory", "disk")
_API, _CONTROL = "/api/v2", "/_sandbox"
_NO_LIMIT = "100000000/3600"


@dataclass(frozen=True)
class Latency:
    """One act on one store: milliseconds, over so many times, and how many it may take at most."""

    act: str
    store: str
    times: int
    median_ms: float
    least_ms: float
    greatest_ms: float
    aim_ms: float


class Caller:
    """Asks an application as a server would, and waits for its whole answer."""

    def __init__(self, server: Server) -> None:
        self._app: ASGIApp = server.app
        self.server = server
        self._runner = asyncio.Runner()

    def ask(self, method: str, target: str, body: Any = None) -> float:
        """Milliseconds from the call to the end of the answer. Raises BenchmarkError where it is no success."""
        content = b"" if body is None else json.dumps(body).encode()
        path, _, query = target.partition("?")
        headers = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + KEY.encode())]
        if content:
            headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        scope: Scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path,
            "raw_path": path.encode(), "root_path": "", "query_string": query.encode(), "headers": headers,
            "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8000), "state": {},
        }  # fmt: skip
        return self._runner.run(_timed(self._app, scope, content))

    def customer(self) -> None:
        """A change, so that nothing is as it was the last time."""
        self.ask("POST", f"{_API}/customers", {"account": "One more"})

    def close(self) -> None:
        self._runner.close()
        self.server.close()


async def _timed(app: ASGIApp, scope: Scope, content: bytes) -> float:
    answer: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message)

    begun = time.perf_counter()
    await app(scope, receive, send)
    taken = 1000 * (time.perf_counter() - begun)
    if not 200 <= answer[0]["status"] < 300:
        raise BenchmarkError(f"{scope['method']} {scope['path']} gave {answer[0]['status']}: {answer[1]['body'][:200]!r}")
    return taken


def searches(directory: Path, asked: World, rounds: int, tell: Progress) -> Iterator[Latency]:
    """A list of customers with a term, when nothing was written since the last one, and just after a write."""
    tell("searches")
    terms = asked.terms * -(-rounds // len(asked.terms))
    with _caller(directory / "searches", "memory", len(asked.customers)) as caller:
        targets = [f"{_API}/customers?search={term}&limit=20" for term in terms[:rounds]]
        for target in targets[:20]:
            caller.ask("GET", target)
        yield _latency("list with search", "memory", 2, [caller.ask("GET", target) for target in targets])
        after_writes = []
        for target in targets:
            caller.customer()
            after_writes.append(caller.ask("GET", target))
        yield _latency("list with search, after a write", "memory", 2, after_writes)


def snapshots(directory: Path, documents: int, rounds: int, tell: Progress) -> Iterator[Latency]:
    """Each after a change, so that no image is one that is there already."""
    for store in STORES:
        tell(f"snapshots, {store}")
        with _caller(directory / f"snapshots {store}", store, documents) as caller:
            caller.ask("GET", f"{_CONTROL}/clock")  # which builds the control plane
            taken, restored = [], []
            for number in range(rounds):
                caller.customer()
                taken.append(caller.ask("POST", f"{_CONTROL}/snapshots", {"name": f"taken-{number}"}))
                caller.customer()
                restored.append(caller.ask("POST", f"{_CONTROL}/snapshots/taken-{number}/restore"))
                caller.ask("DELETE", f"{_CONTROL}/snapshots/taken-{number}")
            yield _latency(f"snapshot of {documents:,} documents", store, 50, taken)
            yield _latency(f"restore of {documents:,} documents", store, 50, restored)
            caller.customer()
            caller.ask("POST", f"{_CONTROL}/snapshots", {"name": "kept"})
        if store == "disk":
            taken_up = [_restored_anew(directory / f"snapshots {store}") for _ in range(max(1, rounds // 4))]
            yield _latency(f"restore of {documents:,} documents, the first of a server", store, 50, taken_up)


def _restored_anew(directory: Path) -> float:
    """Milliseconds for a snapshot that has to be read from its file."""
    with _caller(directory, "disk") as caller:
        caller.ask("GET", f"{_CONTROL}/clock")
        caller.customer()
        return caller.ask("POST", f"{_CONTROL}/snapshots/kept/restore")


def resets(directory: Path, scenario: str, rounds: int, tell: Progress) -> Iterator[Latency]:
    """To a scenario that was built before: the first in a new server, from its image on disk, and those after it."""
    with _own_cache(directory / "cache"):
        for store in STORES:
            tell(f"resets to {scenario}, {store}; the first one builds it")
            with _caller(directory / f"resets {store}", store, 1) as caller:
                _reset(caller, scenario)
                caller.customer()
                again = []
                for _ in range(rounds):
                    again.append(_reset(caller, scenario))
                    caller.customer()
            yield _latency(f"reset to {scenario}, again", store, 100, again)
            with _caller(directory / f"resets {store}", store, 1) as caller:
                yield _latency(f"reset to {scenario}, the first of a server", store, 0, [_reset(caller, scenario)])


def _reset(caller: Caller, scenario: str) -> float:
    caller.ask("GET", f"{_CONTROL}/clock")
    return caller.ask("POST", f"{_CONTROL}/reset", {"scenario": scenario, "seed": 1})


@contextmanager
def _own_cache(directory: Path) -> Iterator[None]:
    """A server in memory keeps worlds where the user's caches are; here that is a directory that goes away again."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(directory)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


@contextmanager
def _caller(directory: Path, store: str, customers: int | None = None) -> Iterator[Caller]:
    """A new server, upon what it finds there, or upon so many customers."""
    data = None if store == "memory" else directory
    caller = Caller(build(load_settings({"scenario": "empty", "data_dir": data, "rate_limit": _NO_LIMIT, "reset_at": "never"})))
    try:
        if customers is not None:
            caller.server.workspaces.get("default").restore(image_of(customers))
        yield caller
    finally:
        caller.close()


def _latency(act: str, store: str, aim_ms: float, taken: list[float]) -> Latency:
    return Latency(act, store, len(taken), median(taken), min(taken), max(taken), aim_ms)
