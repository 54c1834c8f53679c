"""DeliveryWorkers at work: one in memory, or one after another upon the same data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from sandbox.events.delivery_worker import Pace
from sandbox.state.clock import ManualClock
from sandbox.state.workspace_loader import Durability
from tests.events.deliveries import NOON, Room


class Begin(Protocol):
    def __call__(self, durability: Durability = "os", pace: Pace | None = None) -> Room: ...


@pytest.fixture
def room() -> Iterator[Room]:
    """In memory, with a delivery worker at work."""
    room = Room()
    room.start()
    yield room
    room.close()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts a delivery worker upon the same data; the one before must be closed."""
    rooms: list[Room] = []
    clock = ManualClock(NOON)

    def again(durability: Durability = "os", pace: Pace | None = None) -> Room:
        rooms.append(Room(tmp_path, durability, pace, clock))
        rooms[-1].start()
        return rooms[-1]

    yield again
    rooms[-1].close()
