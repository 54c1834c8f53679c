"""Where a workspace's state is stored between two starts: on disk (`disk_persistence.py`), or here, in memory, until the server stops."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import count
from typing import Protocol

from sandbox.fair_scheduler import Pause, no_pause
from sandbox.state.changes import Changes
from sandbox.state.image import Image
from sandbox.state.image_writing import ImageWriting, NothingToWrite

State = Callable[[], tuple[Image, Changes]]
"""A workspace's state when it is called: the world, and above it what is the workspace's own."""


class Fsync(Protocol):
    """The wait until all that was appended so far has reached the disk."""

    def run(self) -> None:
        """Blocks until it is; in any thread. OSError where the disk failed: the caller then asks for `fall_back`."""

    def finish(self) -> None:
        """Takes note of the success, on the thread that appends."""


class Persistence(Protocol):
    """One workspace's place. All but `Fsync.run` and `get` is called on one thread, or before the workspace is handed out."""

    in_memory: bool
    """Whether the images that are put aside take memory."""

    @property
    def recovered_bytes(self) -> int:
        """How much of a last, unacknowledged frame was cut off when the place was opened."""

    @property
    def unsynced(self) -> bool:
        """Whether something that was appended must still reach the disk before it may be acknowledged."""

    def load(self) -> Image | None:
        """The state that is kept, None where nothing ever was. StartError where it is damaged."""

    @property
    def syncs(self) -> bool:
        """Whether what is appended must reach the disk before it may be acknowledged."""

    def frame(self, changes: Changes) -> bytes:
        """One commit in the form that is appended. TypeError for a value that JSON does not have."""

    def append(self, frames: bytes) -> None:
        """Keep some commits more, with one write. OSError where that fails, and then everything is as it was."""

    def verify(self) -> None:
        """OSError where what is written next would be lost, since its place is not there any more."""

    def rewrite(self, base: Image, over: Changes, keep: Collection[str]) -> None:
        """Keep `base` with `over` laid above it and nothing else, in one step; OSError, and then all is as it was.

        Images that were put aside and are not in `keep` may go.
        """

    def begin_put(self, world: Image, near: Image | None = None) -> ImageWriting:
        """Begin to put an image aside; what is returned is to be run, in any thread, and handed to `finish_put`. OSError.

        `near` is an image that was put aside and may share most documents with it.
        """

    def finish_put(self, writing: ImageWriting) -> str:
        """The digest, by which `get` finds it; a commit must follow that names it. OSError where that fails."""

    def get(self, digest: str, pause: Pause = no_pause) -> Image:
        """The image that was put aside; in any thread. StartError where it is damaged."""

    def tidy(self, keep: Collection[str]) -> None:
        """Let go of the images that are not in `keep`."""

    def consider_compaction(self, state: State, keep: Callable[[], Collection[str]]) -> None:
        """Called before an append, while all that is in force is kept: writes the state anew and shorter where it is time. Never fails."""

    def begin_fsync(self) -> Fsync:
        """The wait for all that was appended so far."""

    def fall_back(self) -> Image:
        """After a wait that failed: the state that has surely reached the disk, which is then the one that is kept."""

    def close(self) -> None:
        """Let go of it; a second call does nothing."""

    def destroy(self) -> None:
        """Close it, and leave nothing of it."""


class MemoryPersistence:
    """Keeps nothing but the images that are put aside: the workspace's own tables are all there is."""

    in_memory = True
    recovered_bytes = 0
    unsynced = False
    syncs = False

    def __init__(self) -> None:
        self._images: dict[str, Image] = {}
        self._names = map("memory-{}".format, count(1))

    def load(self) -> Image | None:
        return None

    def frame(self, changes: Changes) -> bytes:
        return b""

    def verify(self) -> None:
        """Memory stays where it is."""

    def append(self, frames: bytes) -> None:
        pass

    def rewrite(self, base: Image, over: Changes, keep: Collection[str]) -> None:
        self.tidy(keep)

    def begin_put(self, world: Image, near: Image | None = None) -> ImageWriting:
        return NothingToWrite(world, lambda: self._keep(world))

    def finish_put(self, writing: ImageWriting) -> str:
        return writing.finish()

    def get(self, digest: str, pause: Pause = no_pause) -> Image:
        return self._images[digest]

    def _keep(self, world: Image) -> str:
        digest = next(self._names)
        self._images[digest] = world
        return digest

    def tidy(self, keep: Collection[str]) -> None:
        self._images = {digest: image for digest, image in self._images.items() if digest in keep}

    def consider_compaction(self, state: State, keep: Callable[[], Collection[str]]) -> None:
        pass

    def begin_fsync(self) -> Fsync:
        return _Synced()

    def fall_back(self) -> Image:
        raise RuntimeError("what is in memory alone never waits for a disk")

    def close(self) -> None:
        pass

    def destroy(self) -> None:
        self._images.clear()


class _Synced:
    def run(self) -> None:
        pass

    def finish(self) -> None:
        pass
