"""What is commanded: over HTTP one server for the tests of a module, begun again for each; without, a state of their own."""

from collections.abc import Iterator

import pytest

from tests.control.commanding import Plane
from tests.control.room import Room


@pytest.fixture(scope="module")
def shared_plane() -> Iterator[Plane]:
    plane = Plane()
    yield plane
    plane.close()


@pytest.fixture
def plane(shared_plane: Plane) -> Plane:
    """Empty but for the keys, on real time, with no snapshots."""
    shared_plane.begin_again()
    return shared_plane


@pytest.fixture
def room() -> Iterator[Room]:
    """With two scenarios, at noon."""
    room = Room()
    yield room
    room.workspaces.close()
