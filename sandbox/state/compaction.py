"""Writing a state anew, in a thread, while its journal goes on and remembers what is appended meanwhile.

Two files come of it: an image of the world, and beside the journal the beginning of the one that follows it.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path

from sandbox.state.changes import Changes
from sandbox.state.image import Image
from sandbox.state.image_file import Abandoned, remove, write_file
from sandbox.state.journal import Beginning, encoded_in_pieces, new_journal_file


class Compaction:
    """Begun when it is made; without an executor it is done by then. OSError where it cannot be begun."""

    def __init__(self, new_file: Path, journal: Path, world: Image, over: Changes, executor: Executor | None) -> None:
        self.world = world
        self.new_file = new_file
        self._journal, self._over = journal, over
        self._behind: list[bytes] = []
        self._abandoned = False
        self._written: Future[Beginning] = Future()
        if executor is None:
            self._written.set_result(self._write())
            return
        try:
            self._written = executor.submit(self._write)
        except RuntimeError as error:
            raise OSError("nobody writes images any more") from error

    def _write(self) -> Beginning:
        digest = write_file(self.new_file, self.world, lambda: self._abandoned)
        try:
            first = encoded_in_pieces(self._over, digest)
            if self._abandoned:
                raise Abandoned
            return new_journal_file(self._journal, first)
        except Exception:
            remove(self.new_file)
            raise

    @property
    def is_done(self) -> bool:
        return self._written.done()

    def beginning(self) -> Beginning:
        """What was written beside the journal, above the image. OSError where it could not be."""
        if self._written.cancelled():
            raise OSError("nobody writes images any more")
        return self._written.result()

    def note(self, frames: bytes) -> None:
        """Frames were appended to the journal, which the image does not hold."""
        self._behind.append(frames)

    @property
    def behind(self) -> bytes:
        """All frames that were noted."""
        return b"".join(self._behind)

    def abandon(self) -> None:
        """Give it up, and leave nothing of it. The thread stops at its next frame, which is waited for."""
        self._abandoned = True
        if not self._written.cancel():
            with suppress(OSError, Abandoned):
                self._written.result().drop()
        with suppress(OSError):
            self.new_file.unlink(missing_ok=True)
