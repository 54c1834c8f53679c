"""What the tests of one turn of the loop share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import log
from tests.edge.paths.server import Disk, Room


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr(log, "error", lambda event, **facts: None)
    one = Room(tmp_path, Disk(monkeypatch))
    yield one
    one.close()
