"""Writing a state anew as an image, in a thread, while its journal goes on and remembers what is appended meanwhile."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path

from sandbox.state.images import Abandoned, write_file
from sandbox.state.values import Changes, Image


class Compaction:
    """Begun when it is made; without an executor it is done by then. OSError where it cannot be begun."""

    def __init__(self, beside: Path, world: Image, over: Changes, executor: Executor | None) -> None:
        self.world, self.over = world, over
        self.beside = beside
        self._behind: list[bytes] = []
        self._abandoned = False
        self._written: Future[str] = Future()
        if executor is None:
            self._written.set_result(write_file(beside, world))
            return
        try:
            self._written = executor.submit(write_file, beside, world, lambda: self._abandoned)
        except RuntimeError as error:
            raise OSError("nobody writes images any more") from error

    @property
    def is_done(self) -> bool:
        return self._written.done()

    def digest(self) -> str:
        """Of the image that was written. OSError where it could not be."""
        if self._written.cancelled():
            raise OSError("nobody writes images any more")
        return self._written.result()

    def note(self, frame: bytes) -> None:
        """A frame was appended to the journal, which the image does not hold."""
        self._behind.append(frame)

    @property
    def behind(self) -> bytes:
        """All frames that were noted."""
        return b"".join(self._behind)

    def abandon(self) -> None:
        """Give it up, and leave nothing of it. The thread stops at its next frame, which is waited for."""
        self._abandoned = True
        if not self._written.cancel():
            with suppress(OSError, Abandoned):
                self._written.result()
        with suppress(OSError):
            self.beside.unlink(missing_ok=True)
