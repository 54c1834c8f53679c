"""A server in process for the attacks of a file, begun again for each; and one that others can reach, with secret keys of its own."""

from collections.abc import Iterator

import pytest

from tests.control.plane import Plane


@pytest.fixture(scope="module")
def shared_plane() -> Iterator[Plane]:
    plane = Plane()
    yield plane
    plane.close()


@pytest.fixture
def plane(shared_plane: Plane) -> Plane:
    """Empty but for the keys, with no snapshots."""
    shared_plane.begin_again()
    return shared_plane


@pytest.fixture(scope="module")
def hosted() -> Iterator[tuple[Plane, dict[str, str]]]:
    """A server off loopback, where test keys are off, and a key for each role."""
    plane = Plane(host="192.0.2.7")
    roles = ("administrator", "staff", "read-only")
    yield plane, {role: str(plane.server.admin_commands.keys_create("default", role, role)["key"]) for role in roles}
    plane.close()
