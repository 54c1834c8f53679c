"""Worlds by scenario and seed: each is built once and shared, since it is immutable."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from sandbox.errors import StartError
from sandbox.progress import Progress
from sandbox.seeding.build_process import BuildProcess
from sandbox.seeding.fixture_files import Scenario, must_be_known, scenario
from sandbox.seeding.seeder import Seeder
from sandbox.seeding.world_cache import WorldCache, key_of
from sandbox.state.image import Image
from sandbox.state.image_file import read_image

_LARGE = 2_000  # objects: what takes the event loop's breath away is built by a process of its own
_SMALL_CACHE, _MOST_CACHED = "small", 16
_MOST_LARGE, _MOST_SMALL = 4, 32  # worlds in memory; those that were not asked for longest go first
_Name = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Making:
    """A world that is being made, and who wants to know how far it is."""

    outcome: Future[Image] = field(default_factory=Future)
    listeners: list[Progress] = field(default_factory=list)

    def report(self, done: int, altogether: int) -> None:
        for listener in tuple(self.listeners):
            listener(done, altogether)


class WorldLoader:
    """The worlds of one contract, from memory, from `cache` (a directory, which need not exist), or built.

    `spec` is the document that they are of, None for the project's own: a process of its own reads it again, while the
    file that it came from may hold another one by now.
    """

    def __init__(self, spec: bytes | None, seeder: Seeder, cache: Path | None) -> None:
        self._spec, self._seeder = spec, seeder
        self._cache = None if cache is None else WorldCache(cache)
        self._small_cache = None if cache is None else WorldCache(cache / _SMALL_CACHE, _MOST_CACHED)
        self._lock = Lock()
        self._small: dict[_Name, Image] = {}
        self._large: dict[_Name, Image] = {}
        self._making: dict[_Name, _Making] = {}
        self._running: set[BuildProcess] = set()
        self._closed = False

    def known(self, scenario: str) -> None:
        """Raises StartError, with the nearest name, where there is no such scenario."""
        must_be_known(scenario)

    def get(self, scenario: str, seed: int, progress: Progress | None = None) -> Image:
        """A world, prepared; blocks where it must be built, and may be called in any thread.

        `progress` is told in whichever thread builds it. StartError for an unknown scenario, and where it cannot be built.
        """
        name = (scenario, seed)
        with self._lock:
            if (image := self._remembered(name)) is not None:
                return image
            making = self._making.get(name)
            first = making is None
            making = making or self._making.setdefault(name, _Making())
            if progress is not None:
                making.listeners.append(progress)
        return self._make(name, making) if first else making.outcome.result()

    def close(self) -> None:
        """Ends what is being built; those who wait for it get a StartError."""
        with self._lock:
            self._closed = True
            for process in self._running:
                process.stop()

    def _remembered(self, name: _Name) -> Image | None:
        for worlds in (self._small, self._large):
            if name in worlds:
                worlds[name] = worlds.pop(name)  # the last one is the one that was asked for last
                return worlds[name]
        return None

    def _make(self, name: _Name, making: _Making) -> Image:
        try:
            image, is_large = self._cached_or_built(*name, making.report)
            image.prepare(self._seeder.plan)
        except BaseException as error:
            with self._lock:
                del self._making[name]
            making.outcome.set_exception(error)
            raise
        with self._lock:
            worlds, most = (self._large, _MOST_LARGE) if is_large else (self._small, _MOST_SMALL)
            worlds[name] = image
            if len(worlds) > most:
                del worlds[next(iter(worlds))]
            del self._making[name]
        making.outcome.set_result(image)
        return image

    def _cached_or_built(self, name: str, seed: int, progress: Progress) -> tuple[Image, bool]:
        """The world, and whether it is a large one."""
        must_be_known(name)
        key = "" if self._small_cache is None else key_of(self._seeder.contract, name, seed)
        if self._small_cache is not None and (image := self._small_cache.find(key)) is not None:
            return image, False
        chosen = scenario(name)
        if chosen.size > _LARGE:
            return self._large_world(chosen, seed, progress), True
        image = self._seeder.build_scenario(chosen, seed, progress)
        if self._small_cache is not None:
            self._small_cache.keep_image(key, image)
        return image, False

    def _large_world(self, chosen: Scenario, seed: int, progress: Progress) -> Image:
        if self._cache is None:
            with tempfile.TemporaryDirectory(prefix="world-") as room:
                return self._built(chosen.name, seed, Path(room) / "world.image", progress)
        key = key_of(self._seeder.contract, chosen.name, seed)
        if (image := self._cache.find(key)) is not None:
            return image
        with self._cache.room() as room:
            image = self._built(chosen.name, seed, room / "world.image", progress)
            assert image.digest is not None  # whatever was read has one
            self._cache.keep(key, room / "world.image", image.digest)
            return image

    def _built(self, scenario: str, seed: int, target: Path, progress: Progress) -> Image:
        with self._process(scenario, seed, target) as process:
            process.wait(progress)
        return read_image(target)

    @contextmanager
    def _process(self, scenario: str, seed: int, target: Path) -> Iterator[BuildProcess]:
        spec = None
        if self._spec is not None:
            spec = target.with_name("spec")
            spec.write_bytes(self._spec)
        with self._lock:
            if self._closed:
                raise StartError(f"The world {scenario} is not built any more: the server ends, or serves another contract")
            process = BuildProcess(spec, scenario, seed, target)
            self._running.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)
