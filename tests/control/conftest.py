"""What is commanded: over HTTP one server for the tests of a module, begun again for each; without, a state of their own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.plane import Edit, Plane, PlaneOf
from tests.control.resets import Room
from tests.engine.spec_edits import own_document


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
def plane_of(tmp_path: Path) -> Iterator[PlaneOf]:
    """Begins servers of contracts as a spec author may edit them."""
    planes: list[Plane] = []

    def begin(edit: Edit) -> Plane:
        document = own_document()
        edit(document)
        file = tmp_path / "edited.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        planes.append(Plane(spec=file))
        return planes[-1]

    yield begin
    for plane in planes:
        plane.close()


@pytest.fixture
def room() -> Iterator[Room]:
    """With two scenarios, at noon."""
    room = Room()
    yield room
    room.workspaces.close()
