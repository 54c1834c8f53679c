"""What creating and reading one object costs by how many there are already: engine and store alone, in this process."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.operations import world
from benchmarks.rounds import Progress
from benchmarks.summary_statistics import Spread, spread_of
from openapi.contract import Contract
from sandbox.app import build
from sandbox.domain import ALL_RULES
from sandbox.engine import Engine, bind
from sandbox.settings import load_settings
from sandbox.state import Image, Workspace

STORES = ("memory", "disk", "disk, durability power")
FEW, MANY = 1_000, 100_000
_EACH = 50  # of each operation in each round
_SEED = 11
_DIFFERENT = 10_000


@dataclass(frozen=True)
class Scaling:
    """One operation on one store: medians of µs with few and with many objects, and the rounds' ratios of the two."""

    store: str
    operation: str
    few_us: float
    many_us: float
    ratio: Spread


class Bench:
    """A workspace with so many customers, to which the two operations are done as a request does them."""

    def __init__(self, contract: Contract, workspace: Workspace, customers: int) -> None:
        self._workspace = workspace
        self._engine = Engine(contract, bind(contract, ALL_RULES, lenient=False), secrets.token_bytes)
        self._create, self._get = contract.operations["createCustomer"], contract.operations["getCustomer"]
        self._bodies = [dict(one) for one in world(_EACH).customers]
        self._ids = range(1, customers + 1)
        self._dice = random.Random(_SEED)
        workspace.restore(image_of(customers))

    def create(self) -> float:
        """Seconds for one, in a block of them; on the disk itself, where that is promised."""
        begun = time.perf_counter()
        for body in self._bodies:
            with self._workspace.transaction() as tx:
                self._engine.perform(tx, self._create, {}, body)
            if self._workspace.unsynced:
                settling = self._workspace.begin_fsync()
                settling.run()
                settling.finish()
        return (time.perf_counter() - begun) / _EACH

    def get(self) -> float:
        """Seconds for one, in a block of them."""
        asked = [{"id": one} for one in self._dice.choices(self._ids, k=_EACH)]
        begun = time.perf_counter()
        for params in asked:
            with self._workspace.transaction() as tx:
                self._engine.perform(tx, self._get, params, None)
        return (time.perf_counter() - begun) / _EACH


def image_of(customers: int) -> Image:
    """A world with so many customers and nothing else."""
    moment = {"created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z"}
    made = world(min(customers, _DIFFERENT)).customers
    table = {number: {"id": number, **made[number % len(made)], **moment} for number in range(1, customers + 1)}
    return Image({"customers": table}, {"id/customers": customers})


def measure_scaling(directory: Path, rounds: int, few: int, many: int, tell: Progress) -> Iterator[Scaling]:
    """Alternating rounds, so that a ratio is taken between neighbours in time."""
    for store in STORES:
        tell(f"create and get by id, {store}")
        with _bench(directory / f"{store} few", store, few) as small, _bench(directory / f"{store} many", store, many) as large:
            for operation in ("create", "get by id"):
                yield _compared(store, operation, rounds, *((one.create if operation == "create" else one.get) for one in (small, large)))


def _compared(store: str, operation: str, rounds: int, small: Callable[[], float], large: Callable[[], float]) -> Scaling:
    pairs = []
    for number in range(rounds + 1):
        # Whoever came first in one round comes last in the next.
        if number % 2:
            few, many = small(), large()
        else:
            many, few = large(), small()
        pairs.append((few, many))
    pairs = pairs[1:]  # the first round warms up
    ratio = spread_of(many / few for few, many in pairs)
    assert ratio is not None
    return Scaling(store, operation, 1e6 * median(few for few, _ in pairs), 1e6 * median(many for _, many in pairs), ratio)


@contextmanager
def _bench(directory: Path, store: str, customers: int) -> Iterator[Bench]:
    data = None if store == "memory" else directory
    server = build(load_settings({"scenario": "empty", "data_dir": data, "durability": "power" if "power" in store else "os", "reset_at": "never"}))
    try:
        yield Bench(server.contract, server.workspaces.get("default"), customers)
    finally:
        server.close()
