"""A workspace's state on disk: a journal, its base image, and the images of snapshots.

A commit is one frame at the journal's end. What replaces everything is an image, often a mere link to one that is there
already, and a new journal above it, which takes the place of the old one in a single step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Literal

from sandbox.errors import StartError
from sandbox.fair_scheduler import Pause, no_pause
from sandbox.state.changes import Changes
from sandbox.state.compaction import Compaction
from sandbox.state.directory_lock import SECONDS_BETWEEN_LOOKS
from sandbox.state.frames import frame, sync_directory
from sandbox.state.fsync import JournalFsync, SyncedLength
from sandbox.state.image import Image
from sandbox.state.image_directory import Images
from sandbox.state.image_file import remove
from sandbox.state.image_retention import RetainedImages
from sandbox.state.image_writing import ImageWriting
from sandbox.state.journal import Journal, encoded
from sandbox.state.persistence import State
from sandbox.state.plain_files import must_be_a_directory
from sandbox.state.replay import replay

LEAST_TAIL = 4 * 1024 * 1024
"""How long a journal may become behind its first frame before it is compacted, however small the state is."""


class DiskPersistence:
    """In the directory of its journal; `pool` is the directory that shares images with others.

    With the durability `power` a commit is `unsynced` until a fsync has brought it to the disk. `verify` raises OSError
    where the data directory is not this server's any more; it is asked before anything is written.
    """

    in_memory = False

    def __init__(
        self,
        journal: Path,
        pool: Path,
        *,
        durability: Literal["os", "power"] = "os",
        executor: Executor | None = None,
        verify: Callable[[], None] = lambda: None,
    ) -> None:
        self._path, self._verify = journal, verify
        self._images = Images(journal.parent, pool, self._remove)
        self.syncs = durability == "power"
        self._executor = executor
        self._opened: Journal | None = None
        self._synced = SyncedLength(0)
        self._retained = RetainedImages(self._images)
        self._compaction: Compaction | None = None
        self._next_compaction = 0
        self._look_again_at = 0.0

    @property
    def recovered_bytes(self) -> int:
        return 0 if self._opened is None else self._opened.recovered_bytes

    @property
    def unsynced(self) -> bool:
        return self.syncs and self._opened is not None and self._synced.end < self._opened.end

    def load(self) -> Image | None:
        """The state that is kept, None where nothing ever was. StartError where it is damaged."""
        self._verify()
        if not os.path.lexists(self._path):
            return None
        must_be_a_directory(self._path.parent)
        self._images.sweep()
        journal, replayed = Journal.open(self._path, self._images.get)
        if self.syncs:
            try:
                os.fsync(journal.descriptor)
            except OSError as error:
                journal.close()
                raise StartError(f"The journal {self._path} cannot be brought to the disk: {error.strerror}.") from error
        self._take_up(journal, replayed.base)
        return replayed.image

    def frame(self, changes: Changes) -> bytes:
        """One commit in the form that is appended. TypeError for a value that JSON does not have."""
        return frame(encoded(changes))

    def append(self, frames: bytes) -> None:
        """Keep some commits more, with one write. OSError where that fails, and then everything is as it was."""
        self._verify()
        if monotonic() >= self._look_again_at:
            self._journal.must_be_there()
            self._look_again_at = monotonic() + SECONDS_BETWEEN_LOOKS
        self._retained.let_go(certain=not self.unsynced)
        self._journal.append(frames)
        self._retained.committed()
        if self._compaction is not None:
            self._compaction.note(frames)

    def verify(self) -> None:
        """OSError where what is written next would be lost: the data directory or the journal is not there any more."""
        self._verify()
        if self._opened is not None:
            self._opened.must_be_there()

    def rewrite(self, base: Image, over: Changes, keep: Collection[str]) -> None:
        """Keep `base` with `over` laid above it and nothing else, in one step; OSError, and then all is as it was."""
        self._verify()
        self._abandon_compaction()
        self._make_directory()
        digest = self._images.put(base) if base.tables else None
        first = encoded(over, digest) if digest else encoded(Changes(over.tables, {**base.counters, **over.counters}))
        self._begin_anew(first, base if digest else None)
        self._images.sweep()
        self.tidy(keep)

    def begin_put(self, world: Image, near: Image | None = None) -> ImageWriting:
        """Begin to put an image aside; what is returned is to be run, in any thread, and handed to `finish_put`. OSError."""
        self._verify()
        self._make_directory()
        return self._retained.begin_put(world, near)

    def finish_put(self, writing: ImageWriting) -> str:
        """The digest, by which `get` finds it. OSError where that fails."""
        return self._retained.finish_put(writing)

    def put(self, world: Image) -> str:
        """Both in this thread: the digest."""
        writing = self.begin_put(world)
        writing.run(no_pause)
        return self.finish_put(writing)

    def get(self, digest: str, pause: Pause = no_pause) -> Image:
        """The image that was put aside; in any thread. StartError where it is damaged."""
        return self._images.get(digest, pause)

    def tidy(self, keep: Collection[str]) -> None:
        """Let go of the images that are neither in `keep` nor the base of the journal."""
        self._retained.tidy(keep, certain=not self.unsynced)

    def consider_compaction(self, state: State, keep: Callable[[], Collection[str]]) -> None:
        """Called before an append: begins, or finishes, to write the state anew and shorter where it is time. Never fails."""
        journal = self._opened
        if self._compaction is None and journal is not None and journal.end - journal.first_end <= self._next_compaction:
            return
        try:
            self._verify()
            if self._compaction is None:
                world, over = state()
                self._compaction = Compaction(self._images.new_file(), self._images.new_file(), world, over, self._executor)
            if self._compaction.is_done:
                self._finish(self._compaction)
                self.tidy(keep())
        except OSError:
            # Nothing is lost by it but room: the journal stays as it is, and this is tried again when it has grown.
            self._abandon_compaction()
            self._next_compaction = self._journal.end - self._journal.first_end + LEAST_TAIL

    def begin_fsync(self) -> JournalFsync:
        """The wait for all that was appended so far."""
        return JournalFsync(self._journal, self._synced)

    def fall_back(self) -> Image:
        """After a wait that failed: the state that has surely reached the disk, which is then the one that is kept.

        OSError where that cannot be read. After a failed fsync the system may forget what it could not write, so that
        nothing which was not settled may be trusted, however well it can be read now.
        """
        self._abandon_compaction()
        self._retained.keep_all()
        durable = self._synced.end
        self._synced.is_cut = durable < self._journal.end
        self._journal.cut_back_to(durable)
        self._synced = SyncedLength(durable)
        try:
            replayed = replay(self._path, self._images.get, until=durable)
        except StartError as error:
            raise OSError(str(error)) from error
        return replayed.image

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        self._abandon_compaction()
        if self._opened is not None:
            self._opened.close()

    def destroy(self) -> None:
        """Close it, and leave nothing of it. OSError where the journal cannot be removed, and then all of it is there."""
        self.close()
        self._path.unlink(missing_ok=True)
        self._retained.drop_all()
        with suppress(OSError):
            self._path.parent.rmdir()

    def _remove(self, path: Path) -> None:
        if self._executor is not None:
            with suppress(RuntimeError):  # nobody works there any more: the next start sweeps it away
                self._executor.submit(remove, path)
        else:
            remove(path)

    @property
    def _journal(self) -> Journal:
        if self._opened is None:
            raise RuntimeError(f"nothing was loaded from {self._path} or written to it")
        return self._opened

    def _finish(self, compaction: Compaction) -> None:
        beginning = compaction.beginning()
        assert compaction.world.digest is not None  # it was written
        self._images.take_in(compaction.new_file, compaction.world.digest)
        self._compaction = None  # from here on what it wrote is either in its place or gone
        self._journal.take_over(beginning, compaction.behind)
        self._took_over(self._journal, compaction.world)

    def _begin_anew(self, first: bytes, base: Image | None) -> None:
        if self._opened is None:
            journal = Journal.create(self._path, first)
        else:
            journal = self._opened
            journal.replace(first)
        self._took_over(journal, base)

    def _took_over(self, journal: Journal, base: Image | None) -> None:
        self._synced.is_replaced = True
        self._take_up(journal, base)

    def _take_up(self, journal: Journal, base: Image | None) -> None:
        """The journal is as it is to be, and on the disk itself."""
        self._opened = journal
        self._synced = SyncedLength(journal.end)
        self._next_compaction = max(LEAST_TAIL, 2 * (journal.first_end + self._retained.build_on(base)))

    def _abandon_compaction(self) -> None:
        if self._compaction is not None:
            self._compaction.abandon()
        self._compaction = None

    def _make_directory(self) -> None:
        directory = self._path.parent
        must_be_a_directory(directory)
        if not directory.exists():
            directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # whose mode `parents` would leave to the umask
            directory.mkdir(mode=0o700)
            sync_directory(directory.parent)
