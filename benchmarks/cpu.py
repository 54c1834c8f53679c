"""CPU time of a server as the kernel counts it: user and kernel mode, all threads and child processes, those that ended too.

Four sources were compared on Linux 6.18, with threads and children that had ended:

- The CPU clock of a process (clock_getcpuclockid(3)) counts in nanoseconds, and keeps what its ended threads spent. It knows no
  children. A thread that runs at this very moment is up to one tick of the scheduler behind (4 ms at 250 Hz), an idle one is exact.
- /proc/PID/stat agrees with it, and knows the children that ended and were waited for, but counts in steps of 10 ms.
- /proc/PID/schedstat is that of the first thread alone, whatever the others spent.
- /proc/PID/task/*/schedstat is exact, but loses a thread with all that it spent when it ends.

So a process is read by its clock, its living descendants by theirs, and what ended descendants spent from `stat`. Where the kernel
does not show the clock of another process, `stat` has to do, and `accuracy` says so.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

_SCHEDULER_CLOCK = 2  # CPUCLOCK_SCHED, the lowest bits of a CPU clock's number; the bits above hold the complement of the process
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Seconds used so far by a process and its descendants. Raises ProcessLookupError when there is no such process."""
    spent = _own(pid) + _waited_for(pid)
    for child in _children(pid):
        try:
            spent += cpu_seconds(child)
        except ProcessLookupError:
            continue  # it ended in between
    return spent


def accuracy() -> str:
    """How finely `cpu_seconds` counts here."""
    if _clock(os.getppid() or os.getpid()) is not None:
        return "in nanoseconds"
    return f"in steps of {1000 / _TICKS:g} ms, since this kernel does not show the CPU clock of another process"


def _own(pid: int) -> float:
    exact = _clock(pid)
    return _stat(pid, 11, 12) if exact is None else exact / 1e9


def _clock(pid: int) -> int | None:
    """Nanoseconds; None where the process has no clock that we may read."""
    try:
        return time.clock_gettime_ns((~pid << 3) | _SCHEDULER_CLOCK)
    except OSError:
        return None


def _waited_for(pid: int) -> float:
    return _stat(pid, 13, 14)


def _stat(pid: int, *words: int) -> float:
    """The sum of some of the times in /proc/PID/stat: 11 and 12 are utime and stime, 13 and 14 those of children waited for."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        raise ProcessLookupError(pid) from None
    # The name of the program, in brackets, may hold blanks.
    found = told.rpartition(")")[2].split()
    return sum(int(found[word]) for word in words) / _TICKS


def _children(pid: int) -> Iterator[int]:
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            yield from map(int, listed.read_text(encoding="ascii").split())
        except OSError:
            continue  # the thread ended in between
