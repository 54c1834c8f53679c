"""Keeps worlds on disk from one start to the next, each under a key of all that it was made of.

It is a convenience and nothing more: what cannot be read is built anew, and where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import orjson

import openapi
import sandbox
from openapi.contract import Contract
from sandbox.cache_directory import evict
from sandbox.errors import StartError
from sandbox.seeding import fixture_files
from sandbox.state.image import Image
from sandbox.state.image_file import read_image, write_image

_MOST = 4  # large worlds, of some 30 MB each; those that were not asked for longest go first
_MADE_BY = ("domain", "engine", "seeding", "state")
_BUILDING = "building-"


def key_of(contract: Contract, scenario: str, seed: int) -> str:
    """The same only for what gives the same bytes: contract, scenario, recipes, seed, and the code that makes a world of them."""
    made_of = (
        orjson.dumps(dict(contract.document)),
        scenario.encode(),
        str(seed).encode(),
        (fixture_files.folder() / "scenarios" / f"{scenario}.yaml").read_bytes(),
        (fixture_files.folder() / "recipes.yaml").read_bytes(),
        sandbox.version().encode(),
        ".".join(map(str, sys.version_info[:2])).encode(),
        _faker(),
        _code(_MADE_BY),
    )
    return _digest(*made_of).hex()


def _faker() -> bytes:
    """Faker's own file that says its version; to load it, or to ask for the distribution, would take longer."""
    spec = find_spec("faker")
    return Path(spec.origin).read_bytes() if spec is not None and spec.origin is not None else b""


@cache
def _code(rooms: tuple[str, ...]) -> bytes:
    """The digest of the code that is loaded: it does not change while this process runs."""
    package = Path(sandbox.__file__).parent
    sources = [*Path(openapi.__file__).parent.glob("*.py"), *(path for room in rooms for path in (package / room).rglob("*.py"))]
    return _digest(*(path.read_bytes() for path in sorted(sources)))


def _digest(*parts: bytes) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


class WorldCache:
    """A directory for nobody but this user. Every server of theirs may use the same one."""

    def __init__(self, directory: Path, most: int | None = None) -> None:
        self._directory, self._most = directory, most

    def find(self, key: str) -> Image | None:
        """The world under a key; None where there is none, and where it is damaged or another than its name says."""
        for path in self._directory.glob(f"{key}-*.image"):
            try:
                image = read_image(path, path.stem.removeprefix(f"{key}-"))
            except StartError:
                with suppress(OSError):
                    path.unlink()
                continue
            with suppress(OSError):
                os.utime(path)
            return image
        return None

    @contextmanager
    def room(self) -> Iterator[Path]:
        """A directory to build a world in, which is gone afterwards."""
        with self._in_use() as usable, tempfile.TemporaryDirectory(prefix=_BUILDING, dir=self._directory if usable else None) as room:
            yield Path(room)

    def keep(self, key: str, built: Path, digest: str) -> None:
        """Take in the world that was built in a room, as far as that can be."""
        with suppress(OSError):
            kept = self._directory / f"{key}-{digest}.image"
            os.replace(built, kept)
            evict(self._directory, "*.image", self._most or _MOST, kept)

    def keep_image(self, key: str, image: Image) -> None:
        """Take in a world that was built in this process, as far as that can be."""
        with suppress(OSError), self.room() as room:
            self.keep(key, room / "world.image", write_image(room / "world.image", image))

    @contextmanager
    def _in_use(self) -> Iterator[bool]:
        """Holds the directory, together with all others that build in it; whoever comes first sweeps what was never finished."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._directory.chmod(0o700)
            descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for left in self._directory.glob(f"{_BUILDING}*"):
                    shutil.rmtree(left, ignore_errors=True)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield True
        finally:
            os.close(descriptor)
