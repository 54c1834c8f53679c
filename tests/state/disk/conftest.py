"""Persistence on disk as the tests of this folder need it: by the system, against power cuts, and compacting when it is told to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.state import disk_persistence
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from tests.state.disk.workspace_files import LaterExecutor, WorkspaceFiles


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "alpha" / "journal"


@pytest.fixture
def kept(journal: Path) -> Iterator[WorkspaceFiles]:
    persistence = DiskPersistence(journal, journal.parent.parent / "pool")
    yield WorkspaceFiles(persistence, journal)
    persistence.close()


@pytest.fixture
def powerful(journal: Path) -> Iterator[WorkspaceFiles]:
    persistence = DiskPersistence(journal, journal.parent.parent / "pool", durability="power")
    yield WorkspaceFiles(persistence, journal)
    persistence.close()


@pytest.fixture
def later(journal: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WorkspaceFiles, LaterExecutor]]:
    """Persistence that compacts soon, when the executor is told to run."""
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 300)
    executor = LaterExecutor()
    persistence = DiskPersistence(journal, journal.parent.parent / "pool", executor=executor)
    one = WorkspaceFiles(persistence, journal)
    one.rewrite(Image())
    yield one, executor
    persistence.close()
