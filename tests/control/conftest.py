"""One server for the tests of a module that command it over HTTP, begun again for each of them."""

from collections.abc import Iterator

import pytest

from tests.control.commanding import Plane


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
