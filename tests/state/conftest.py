"""What the tests of the state share: one plan, one moment, and a workspace on each of the stores."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.state.clock import ManualClock
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.persistence import MemoryPersistence, Persistence
from sandbox.state.workspace import Workspace

START = datetime(2024, 1, 15, 10, 0, 0, 250_000, tzinfo=UTC)
STORES = ("memory", "os", "power")

PLAN = {
    "customers": IndexPlan(
        equal=frozenset({"country", "joined"}),
        folded=frozenset({"email"}),
        search=("account", "email", "phone"),
    ),
    "invoices": IndexPlan(equal=frozenset({"customer_id", "status"})),
}


def place_of(store: str, directory: Path) -> Persistence:
    """Where a workspace is kept: in memory, or in the directory with one of the durabilities."""
    if store == "memory":
        return MemoryPersistence()
    (directory / "images").mkdir(parents=True, exist_ok=True)
    return DiskPersistence(directory / "workspaces" / "alpha" / "journal", directory / "images", durability="power" if store == "power" else "os")


def begun(place: Persistence, clock: ManualClock) -> Workspace:
    """A workspace as the place tells it, or an empty one that is begun there."""
    image = place.load()
    workspace = Workspace("alpha", clock, PLAN, place, image)
    if image is None:
        workspace.reset(Image())
    return workspace


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def workspace(clock: ManualClock) -> Workspace:
    return Workspace("alpha", clock, PLAN)


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Persistence:
    return place_of(request.param, tmp_path)


@pytest.fixture
def kept(place: Persistence, clock: ManualClock) -> Iterator[Workspace]:
    workspace = begun(place, clock)
    yield workspace
    workspace.close()


@pytest.fixture(params=STORES[1:])
def reopened(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Callable[[], Workspace]]:
    """Opens a workspace on disk, the one that was opened before being closed."""
    opened: list[Workspace] = []

    def again() -> Workspace:
        for one in opened:
            one.close()
        opened.append(begun(place_of(request.param, tmp_path), clock))
        return opened[-1]

    yield again
    for one in opened:
        one.close()
