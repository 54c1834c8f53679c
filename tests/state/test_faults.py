"""Whichever call of the system fails, and wherever the program is killed, what is on disk is the state before or after, whole."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path

import pytest

from sandbox.state import disk_persistence, image_writing
from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
from tests.state.damage import WORLD, after
from tests.state.faults import Faults, Killed, Manner

OWN = Changes({"_facts": {1: {"id": 1}}}, {"id/_facts": 1})
OTHER = Image({"products": {number: {"id": number, "name": "x" * 30} for number in range(1, 30)}}, {"id/products": 40})
POWER = {"os": False, "power": True}


class Run:
    """A run of commits, rewrites, images and compactions on one keeping, beside a model of what must be there."""

    def __init__(self, path: Path, powerful: bool) -> None:
        self.path = path
        self.persistence = DiskPersistence(path / "alpha" / "journal", path / "pool", durability="power" if powerful else "os")
        self.state: Image | None = None
        self.settled: Image | None = None
        self.next: Image | None = None
        self.images: dict[str, Image] = {}
        self.doubtful: list[Image | None] = []
        self.base = Image()

    def steps(self) -> Iterator[Callable[[], None]]:
        yield lambda: self.rewrite(WORLD)
        for number in range(4):
            yield lambda number=number: self.append(number)  # type: ignore[misc]
        yield self.settle
        yield lambda: self.put(OTHER)
        yield lambda: self.append(4)
        yield lambda: self.put(None)
        yield lambda: self.rewrite(OTHER)
        yield lambda: self.append(5)
        yield lambda: self.put(None)
        for number in range(6, 14):
            yield lambda number=number: self.append(number)  # type: ignore[misc]
        yield self.settle
        yield lambda: self.put(None)
        yield lambda: self.append(14)
        yield lambda: self.rewrite(Image())
        yield lambda: self.append(15)
        yield self.settle

    def rewrite(self, world: Image) -> None:
        base = self.base = Image(world.tables, world.counters)
        self.next = after(base, OWN)
        self.persistence.rewrite(base, OWN, self.images)
        self.state = self.settled = self.next
        self.doubtful.clear()

    def append(self, number: int) -> None:
        begun = self._begun()
        changes = Changes({"customers": {50 + number % 3: {"id": 50 + number % 3, "text": "y" * 60, "n": number}}}, {"id/customers": 50 + number})
        self.next = after(begun, changes)
        self.persistence.consider_compaction(self._now, lambda: self.images)
        self.persistence.append(self.persistence.frame(changes))
        self.state = self.next
        if not self.persistence.unsynced:
            self.settled = self.state

    def put(self, world: Image | None) -> None:
        world = world or self._begun().world()
        digest = self.persistence.put(Image(world.tables, world.counters))
        self.images[digest] = world

    def settle(self) -> None:
        self._begun()
        if not self.persistence.unsynced:
            return
        fsync = self.persistence.begin_fsync()
        try:
            fsync.run()
        except OSError:
            told = self.persistence.fall_back()
            assert told in (self.settled, self.state)
            self.doubtful.append(self.state)
            self.state = self.settled = self.next = told
            raise
        fsync.finish()
        self.settled = self.state

    def read(self) -> Image | None:
        """What a server would find that began now, on a copy, since it would repair what is cut short."""
        copy = self.path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.path / "alpha", copy) if (self.path / "alpha").exists() else None
        persistence = DiskPersistence(copy / "journal", copy / "pool")
        try:
            image = persistence.load()
            assert all(persistence.get(digest) == image for digest, image in self.images.items())
        finally:
            persistence.close()
        return image

    def _begun(self) -> Image:
        if self.state is None:
            self.rewrite(WORLD)
        assert self.state is not None
        return self.state

    def _now(self) -> tuple[Image, Changes]:
        own = self._begun().own()
        return self._begun().world(), Changes(own.tables, own.counters)


@pytest.fixture(autouse=True)
def _compaction_and_layers_come_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_persistence, "LEAST_TAIL", 300)
    monkeypatch.setattr(image_writing, "LEAST_BELOW", 10)


def runs(path: Path, powerful: bool, manner: Manner) -> Iterator[tuple[Run, Faults]]:
    """One run for each call of the system that a run without faults makes."""
    for number in count(1):
        run = Run(path / str(number), powerful)
        run.path.mkdir()
        faults = Faults(number, manner)
        yield run, faults
        shutil.rmtree(run.path)
        if not faults.hit:
            assert number > 60
            return


@pytest.mark.parametrize("durability", POWER)
def test_the_failure_of_any_one_call_leaves_the_state_whole(tmp_path: Path, durability: str) -> None:
    for run, faults in runs(tmp_path, POWER[durability], "once"):
        for step in run.steps():
            before, hit_before = run.state, faults.hit
            try:
                with faults.injected():
                    step()
            except OSError:
                assert run.state in (before, run.settled)
            if faults.hit and not hit_before:
                assert run.read() == run.state
        assert run.read() == run.state
        run.persistence.close()


@pytest.mark.parametrize("durability", POWER)
def test_a_disk_that_fails_for_a_while_costs_only_what_was_refused(tmp_path: Path, durability: str) -> None:
    for run, faults in runs(tmp_path, POWER[durability], "from then on"):
        refused = 0
        for step in run.steps():
            try:
                with faults.injected() if refused < 3 else nullcontext():
                    step()
            except OSError:
                refused += 1
                # What was taken back in memory, but could not be on a disk that takes nothing more, may be there after all.
                assert run.read() in (run.state, run.next, *run.doubtful)
        assert run.read() in (run.state, *run.doubtful)
        run.persistence.close()


@pytest.mark.parametrize("durability", POWER)
def test_a_kill_anywhere_leaves_the_state_before_or_after(tmp_path: Path, durability: str) -> None:
    for run, faults in runs(tmp_path, POWER[durability], "kill"):
        try:
            with faults.injected():
                for step in run.steps():
                    step()
        except Killed:
            faults.let_go()
            assert run.read() in (run.state, run.next)
            again = DiskPersistence(run.path / "alpha" / "journal", run.path / "pool")
            begun = again.load()
            again.rewrite(begun or Image(), Changes(), run.images)
            again.close()
            assert not list(run.path.glob("alpha/*.new"))
        else:
            run.persistence.close()
