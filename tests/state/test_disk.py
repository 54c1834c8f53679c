"""What is kept on disk is what was committed, whether it was appended, rewritten, compacted or brought to the disk."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import StartError
from sandbox.state import disk
from sandbox.state.disk import DiskPersistence
from sandbox.state.image import Image
from sandbox.state.values import Changes
from tests.state.damage import WORLD, after

OWN = Changes({"_facts": {1: {"id": 1, "scenario": "demo"}}}, {"id/_facts": 1})
BEGUN = after(WORLD, OWN)


def write(number: int, text: str = "Bob") -> Changes:
    return Changes({"customers": {100 + number: {"id": 100 + number, "account": text}}}, {"id/customers": 100 + number})


class LaterExecutor(Executor):
    """Runs what it was given when it is told to, so that a test says when a thread is done."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def work() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except Exception as error:
                    future.set_exception(error)

        self.waiting.append(work)
        return future

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


class Kept:
    """A keeping, and the state that it must hold by now."""

    def __init__(self, persistence: DiskPersistence, path: Path) -> None:
        self.persistence, self.path, self.state = persistence, path, Image()

    def rewrite(self, world: Image, keep: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self.persistence.rewrite(world, OWN, keep)
        self.state = after(world, OWN)

    def append(self, changes: Changes) -> None:
        self.persistence.consider_compaction(self.now, lambda: ())
        self.persistence.append(self.persistence.frame(changes))
        self.state = after(self.state, changes)

    def now(self) -> tuple[Image, Changes]:
        own = self.state.own()
        return self.state.world(), Changes(own.tables, own.counters)

    def files(self) -> set[str]:
        return {path.name for path in self.path.parent.iterdir()}

    def reread(self) -> Image | None:
        """What a server would find that began now: on a copy, since opening clears away what is being written."""
        with tempfile.TemporaryDirectory() as place:
            shutil.copytree(self.path.parent, Path(place) / "copy")
            other = DiskPersistence(Path(place) / "copy" / "journal", Path(place) / "pool")
            try:
                return other.load()
            finally:
                other.close()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "alpha" / "journal"


@pytest.fixture
def kept(journal: Path) -> Iterator[Kept]:
    persistence = DiskPersistence(journal, journal.parent.parent / "pool")
    yield Kept(persistence, journal)
    persistence.close()


@pytest.fixture
def powerful(journal: Path) -> Iterator[Kept]:
    persistence = DiskPersistence(journal, journal.parent.parent / "pool", durability="power")
    yield Kept(persistence, journal)
    persistence.close()


@pytest.fixture
def later(journal: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Kept, LaterExecutor]]:
    """A keeping that compacts soon, when the executor is told to run."""
    monkeypatch.setattr(disk, "LEAST_TAIL", 300)
    executor = LaterExecutor()
    persistence = DiskPersistence(journal, journal.parent.parent / "pool", executor=executor)
    one = Kept(persistence, journal)
    one.rewrite(Image())
    yield one, executor
    persistence.close()


def size(path: Path) -> int:
    return path.stat().st_size


def test_what_was_never_begun_is_nothing(kept: Kept) -> None:
    assert kept.persistence.load() is None
    with pytest.raises(RuntimeError, match="nothing was loaded"):
        kept.persistence.append(kept.persistence.frame(write(1)))
    assert not kept.path.parent.exists()


def test_commits_are_there_after_the_next_start(kept: Kept) -> None:
    kept.rewrite(WORLD)
    for number in range(5):
        kept.append(write(number))
    kept.append(Changes({"customers": {1: None}}))
    assert kept.reread() == kept.state
    assert kept.persistence.recovered_bytes == 0


def test_only_its_owner_can_read_what_is_kept(kept: Kept) -> None:
    kept.rewrite(WORLD)
    assert kept.path.parent.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.path.parent.iterdir())


def test_what_was_cut_off_is_told(kept: Kept) -> None:
    kept.rewrite(WORLD)
    kept.persistence.close()
    with kept.path.open("ab") as file:
        file.write(b"half")
    other = DiskPersistence(kept.path, kept.path.parent.parent / "pool")
    assert other.load() == kept.state
    assert other.recovered_bytes == 4
    other.close()


def test_a_rewrite_replaces_everything_and_keeps_only_the_images_it_is_told_to(kept: Kept) -> None:
    first, second = Image({"a": {1: {"id": 1}}}), Image({"b": {1: {"id": 1}}})
    kept.rewrite(WORLD)
    digests = [kept.persistence.put(first), kept.persistence.put(second)]
    kept.append(write(1))
    kept.rewrite(Image({"c": {1: {"id": 1}}}), {digests[0]})
    assert kept.reread() == kept.state
    assert kept.persistence.get(digests[0]) == first
    with pytest.raises(StartError, match="it is missing"):
        kept.persistence.get(digests[1])
    assert len(kept.files()) == 3


def test_an_empty_world_needs_no_image(kept: Kept) -> None:
    kept.rewrite(Image({}, {"id/customers": 5}))
    assert kept.reread() == Image(dict(OWN.tables), {"id/customers": 5, "id/_facts": 1})  # type: ignore[arg-type]
    assert kept.files() == {"journal"}


def test_what_a_kill_left_half_written_is_gone_after_the_next_opening(kept: Kept) -> None:
    kept.rewrite(WORLD)
    (kept.path.parent / "image.1.new").write_text("half an image")
    before = kept.files()
    kept.persistence.close()
    other = DiskPersistence(kept.path, kept.path.parent.parent / "pool")
    assert other.load() == kept.state
    other.close()
    assert kept.files() == before - {"image.1.new"}


def test_the_present_world_is_put_aside_without_being_written_when_it_is_its_base(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.rewrite(WORLD)
    present = Image({name: dict(table) for name, table in WORLD.tables.items()}, dict(WORLD.counters))
    changed = Image({**present.tables, "invoices": {1: dict(present.tables["invoices"][1])}}, present.counters)

    def refuse(*_: object) -> None:
        raise OSError("something is written")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        assert kept.persistence.put(present) == WORLD.digest
        with pytest.raises(OSError, match="something is written"):
            kept.persistence.put(changed)
        with pytest.raises(OSError, match="something is written"):
            kept.persistence.put(Image(present.tables, {**present.counters, "more": 1}))
    assert kept.persistence.get(kept.persistence.put(present)) == WORLD


def test_an_image_that_no_commit_names_yet_survives_a_compaction(later: tuple[Kept, LaterExecutor]) -> None:
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


def test_a_long_tail_is_compacted_at_once_where_there_is_no_executor(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST_TAIL", 300)
    kept.rewrite(Image())
    sizes = []
    for number in range(100):
        kept.append(write(0, f"always the same document, {number} times"))
        sizes.append(size(kept.path))
        assert kept.reread() == kept.state
    assert max(sizes) < 2_000
    assert len(kept.files()) == 2


def test_a_tail_that_is_short_beside_its_base_is_left_alone(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST_TAIL", 300)
    kept.rewrite(Image({"customers": {number: {"id": number, "account": "x" * 100} for number in range(1, 100)}}))
    files = kept.files()
    base, begin = size(next(kept.path.parent.glob("*.image"))), size(kept.path)
    before = begin
    while kept.files() == files:
        before = size(kept.path)
        kept.append(write(0))
    assert 2 * base < before - begin < 3 * base
    assert kept.reread() == kept.state


def test_what_is_appended_while_a_thread_writes_stays_behind_the_new_base(later: tuple[Kept, LaterExecutor]) -> None:
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
def test_a_rewrite_drops_the_compaction_that_is_under_way(later: tuple[Kept, LaterExecutor], written: bool) -> None:
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


def test_closing_drops_the_compaction_that_is_under_way(later: tuple[Kept, LaterExecutor]) -> None:
    one, executor = later
    one.append(write(0, "x" * 400))
    one.append(write(1))
    one.persistence.close()
    one.persistence.close()
    executor.run()
    assert one.reread() == one.state
    assert one.files() == {"journal"}


def test_a_compaction_in_a_real_thread_keeps_every_commit(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST_TAIL", 2_000)
    with ThreadPoolExecutor(1) as executor:
        one = Kept(DiskPersistence(journal, journal.parent / "pool", executor=executor), journal)
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
    monkeypatch.setattr(disk, "LEAST_TAIL", 100)
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    one = Kept(DiskPersistence(journal, journal.parent / "pool", executor=executor), journal)
    one.rewrite(WORLD)
    for number in range(50):
        one.append(write(number))
    one.persistence.close()
    assert one.reread() == one.state


def test_a_compaction_that_was_cancelled_with_its_executor_is_given_up(later: tuple[Kept, LaterExecutor]) -> None:
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


def test_with_the_durability_of_the_system_nothing_is_ever_unsynced(kept: Kept) -> None:
    kept.rewrite(WORLD)
    kept.append(write(1))
    assert not kept.persistence.unsynced


def test_with_the_durability_against_power_cuts_a_commit_waits_for_the_synced(powerful: Kept) -> None:
    powerful.rewrite(WORLD)
    assert not powerful.persistence.unsynced
    powerful.append(write(1))
    assert powerful.persistence.unsynced
    fsync = powerful.persistence.begin_fsync()
    powerful.append(write(2))
    fsync.run()
    fsync.finish()
    assert powerful.persistence.unsynced
    fsync = powerful.persistence.begin_fsync()
    fsync.run()
    fsync.finish()
    assert not powerful.persistence.unsynced


def test_what_is_replaced_as_a_whole_need_not_be_waited_for(powerful: Kept) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    fsync = powerful.persistence.begin_fsync()
    powerful.rewrite(Image())
    assert not powerful.persistence.unsynced
    fsync.run()
    fsync.finish()
    powerful.append(write(2))
    assert powerful.persistence.unsynced


def failing(*_: object) -> None:
    raise OSError("the disk failed")


def test_after_a_failed_wait_only_what_was_settled_stays(powerful: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    fsync = powerful.persistence.begin_fsync()
    fsync.run()
    fsync.finish()
    settled = powerful.state
    powerful.append(write(2))
    fsync, sister = powerful.persistence.begin_fsync(), powerful.persistence.begin_fsync()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="the disk failed"):
            fsync.run()
    sister.run()
    powerful.state = powerful.persistence.fall_back()
    assert powerful.state == settled
    assert not powerful.persistence.unsynced
    with pytest.raises(OSError, match="taken back"):
        sister.finish()
    powerful.append(write(3))
    assert powerful.persistence.unsynced
    assert powerful.reread() == powerful.state


@pytest.mark.parametrize("call", ["ftruncate", "fsync"])
@pytest.mark.parametrize("healed_by", ["an append", "a rewrite"])
def test_while_not_even_cutting_back_works_nothing_is_appended(powerful: Kept, monkeypatch: pytest.MonkeyPatch, call: str, healed_by: str) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        powerful.state = powerful.persistence.fall_back()
        assert powerful.state == BEGUN
        for _ in range(2):
            with pytest.raises(OSError, match="cannot be undone"):
                powerful.append(write(2))
    if healed_by == "a rewrite":
        powerful.rewrite(Image())
    powerful.append(write(3))
    assert powerful.reread() == powerful.state


def settle(kept: Kept) -> None:
    fsync = kept.persistence.begin_fsync()
    fsync.run()
    fsync.finish()


def test_an_image_goes_only_when_the_commit_that_needs_it_no_more_is_settled(powerful: Kept) -> None:
    powerful.rewrite(WORLD)
    digest = powerful.persistence.put(Image({"a": {1: {"id": 1}}}))
    powerful.append(Changes({"_snapshots": {1: {"id": 1, "digest": digest}}}))
    settle(powerful)
    for taken_back in (True, False):
        powerful.append(Changes({"_snapshots": {1: None}}))
        powerful.persistence.tidy(())
        assert powerful.persistence.get(digest).tables == {"a": {1: {"id": 1}}}
        if taken_back:
            powerful.state = powerful.persistence.fall_back()
    settle(powerful)
    powerful.append(write(1))
    with pytest.raises(StartError, match="it is missing"):
        powerful.persistence.get(digest)


def test_an_image_that_is_put_aside_again_before_it_has_gone_stays(powerful: Kept) -> None:
    other = Image({"a": {1: {"id": 1}}})
    powerful.rewrite(WORLD)
    digest = powerful.persistence.put(other)
    powerful.append(write(1))
    powerful.persistence.tidy(())
    assert powerful.persistence.put(other) == digest
    settle(powerful)
    powerful.append(write(2))
    assert powerful.persistence.get(digest) == other


def test_a_wait_that_fails_after_all_was_replaced_does_not_matter(powerful: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    fsync = powerful.persistence.begin_fsync()
    powerful.rewrite(WORLD)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        fsync.run()
    fsync.finish()
    assert powerful.persistence.fall_back() == powerful.state


def test_a_wait_that_cannot_be_begun_fails_when_it_is_run(powerful: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "dup", failing)
        fsync = powerful.persistence.begin_fsync()
    with pytest.raises(OSError, match="the disk failed"):
        fsync.run()
    assert powerful.persistence.fall_back() == BEGUN


def test_what_cannot_be_read_again_after_a_failed_wait_is_an_error_of_the_disk(powerful: Kept) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    next(powerful.path.parent.glob("*.image")).unlink()
    with pytest.raises(OSError, match="it is missing"):
        powerful.persistence.fall_back()


def test_what_an_ended_server_left_unsynced_is_settled_before_it_is_shown(powerful: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    powerful.rewrite(WORLD)
    powerful.append(write(1))
    other = DiskPersistence(powerful.path, powerful.path.parent.parent / "pool", durability="power")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        with pytest.raises(StartError, match="cannot be brought to the disk"):
            other.load()
    assert other.load() == powerful.state
    assert not other.unsynced
    other.close()


def test_destroying_leaves_nothing(kept: Kept) -> None:
    kept.rewrite(WORLD)
    kept.persistence.put(Image({"a": {1: {"id": 1}}}))
    kept.append(write(1))
    kept.persistence.destroy()
    assert not kept.path.parent.exists()


def test_destroying_spares_what_others_keep_in_the_directory(kept: Kept) -> None:
    kept.rewrite(WORLD)
    (kept.path.parent / "lock").touch()
    kept.persistence.destroy()
    assert kept.files() == {"lock"}
