"""Waits until what was appended to a journal has reached the disk, not only the memory of the system."""

from __future__ import annotations

import os

from sandbox.state.journal import Journal


class SyncedLength:
    """How much of a journal has surely reached the disk. Begun anew whenever the journal is, or something is cut off it."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.is_replaced = False
        """Another journal, all of which has reached the disk, has taken the place of this one."""
        self.is_cut = False
        """What had not reached the disk was taken back."""


class JournalFsync:
    """One wait, for all that the journal holds when it is begun."""

    def __init__(self, journal: Journal, synced: SyncedLength) -> None:
        self._synced, self._end = synced, journal.end
        self._descriptor = -1
        self._fault: OSError | None = None
        try:
            # The journal's own descriptor may be closed, and its number given to another file, while this waits.
            self._descriptor = os.dup(journal.descriptor)
        except OSError as error:
            self._fault = error

    def run(self) -> None:
        """Blocks until it is over; in any thread. OSError where the disk failed: the caller then asks for `fall_back`."""
        if self._fault is not None:
            raise self._fault
        try:
            os.fsync(self._descriptor)
        except OSError:
            if not self._synced.is_replaced:
                raise
        finally:
            os.close(self._descriptor)

    def finish(self) -> None:
        """Takes note of the success, on the thread that appends. OSError where meanwhile a `fall_back` took it back."""
        if self._synced.is_cut:
            raise OSError("what was waited for was taken back when the disk failed")
        self._synced.end = max(self._synced.end, self._end)
