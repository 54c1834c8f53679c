"""A workspace's files on disk beside the state that they must tell, and an executor whose thread runs when a test says so."""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from sandbox.state.changes import Changes
from sandbox.state.disk_persistence import DiskPersistence
from sandbox.state.image import Image
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


class WorkspaceFiles:
    """Persistence, and the state that it must hold by now."""

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


def size(path: Path) -> int:
    return path.stat().st_size
