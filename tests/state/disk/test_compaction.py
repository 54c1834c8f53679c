"""A compaction puts an image in the place of a long tail, and loses nothing that comes meanwhile."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import StartError
from sandbox.state import disk_persistence
from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from tests.state.damage import WORLD
from tests.state.disk.workspace_files import LaterExecutor, WorkspaceFiles, size, write


def test_an_image_that_no_commit_names_yet_survives_a_compaction(later: tuple[WorkspaceFiles, LaterExecutor]) -> None:
    one, executor = later
    one.append(write(0, "x" * 400))
    one.append(write(1))
    executor.run()
    digest = one.persistence.put(WORLD)
    one.append(Changes({"_snapshots": {1: {"id": 1, "digest": digest}}}))
    assert one.persistence.get(digest) == WORLD
    assert len(one.files()) == 3
    one.persistence.tidy(())
    with pytest.raises(StartError, match="it is missing"):
        one.persistence.get(digest)
    assert one.reread() == one.state


def test_a_long_tail_is_compacted_at_once_where_there_is_no_executor(kept: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 300)
    kept.rewrite(Image())
    sizes = []
    for number in range(100):
        kept.append(write(0, f"always the same document, {number} times"))
        sizes.append(size(kept.path))
        assert kept.reread() == kept.state
    assert max(sizes) < 2_000
    assert len(kept.files()) == 2


def test_a_tail_that_is_short_beside_its_base_is_left_alone(kept: WorkspaceFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 300)
    kept.rewrite(Image({"customers": {number: {"id": number, "account": "x" * 100} for number in range(1, 100)}}))
    files = kept.files()
    base, begin = size(next(kept.path.parent.glob("*.image"))), size(kept.path)
    before = begin
    while kept.files() == files:
        before = size(kept.path)
        kept.append(write(0))
    assert 2 * base < before - begin < 3 * base
    assert kept.reread() == kept.state


def test_what_is_appended_while_a_thread_writes_stays_behind_the_new_base(later: tuple[WorkspaceFiles, LaterExecutor]) -> None:
    one, executor = later
    one.append(write(0, "x" * 400))
    for number in range(1, 6):
        one.append(write(number))
        assert one.reread() == one.state
    long = size(one.path)
    executor.run()
    assert one.reread() == one.state
    one.append(Changes({"customers": {100: None}}))
    assert size(one.path) < long
    assert one.reread() == one.state
    assert sorted(one.state.tables["customers"]) == [101, 102, 103, 104, 105]


@pytest.mark.parametrize("written", [True, False])
def test_a_rewrite_drops_the_compaction_that_is_under_way(later: tuple[WorkspaceFiles, LaterExecutor], written: bool) -> None:
    one, executor = later
    one.append(write(0, "x" * 400))
    one.append(write(1))
    if written:
        executor.run()
    one.rewrite(WORLD)
    executor.run()
    one.append(write(2))
    assert one.reread() == one.state
    assert len(one.files()) == 2


def test_closing_drops_the_compaction_that_is_under_way(later: tuple[WorkspaceFiles, LaterExecutor]) -> None:
    one, executor = later
    one.append(write(0, "x" * 400))
    one.append(write(1))
    one.persistence.close()
    one.persistence.close()
    executor.run()
    assert one.reread() == one.state
    assert one.files() == {"journal"}


def test_a_compaction_in_a_real_thread_keeps_every_commit(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 2_000)
    with ThreadPoolExecutor(1) as executor:
        one = WorkspaceFiles(DiskPersistence(journal, journal.parent / "pool", executor=executor), journal)
        one.rewrite(WORLD)
        before, compactions = 0, 0
        for number in range(100_000):
            one.append(write(number % 50, f"{number}"))
            compactions += size(journal) < before
            before = size(journal)
            if compactions == 3:
                break
        one.persistence.close()
    assert compactions == 3
    assert one.reread() == one.state


def test_an_executor_that_has_ended_fails_no_append(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 100)
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    one = WorkspaceFiles(DiskPersistence(journal, journal.parent / "pool", executor=executor), journal)
    one.rewrite(WORLD)
    for number in range(50):
        one.append(write(number))
    one.persistence.close()
    assert one.reread() == one.state


def test_a_compaction_that_was_cancelled_with_its_executor_is_given_up(later: tuple[WorkspaceFiles, LaterExecutor]) -> None:
    one, executor = later
    futures: list[Future[Any]] = []
    submit = executor.submit
    executor.submit = lambda *args, **kwargs: futures.append(submit(*args, **kwargs)) or futures[-1]  # type: ignore[func-returns-value,method-assign]
    one.append(write(0, "x" * 400))
    one.append(write(1))
    assert futures[0].cancel()
    one.append(write(2))
    assert one.reread() == one.state
    assert one.files() == {"journal"}
