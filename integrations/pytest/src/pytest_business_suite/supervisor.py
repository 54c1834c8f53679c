"""Runs a command until this program's input ends, which it does with whoever holds it, or until it is told to end; then nothing of it is left.

It is a program of its own, which knows nothing of the rest: `python supervisor.py COMMAND ARGUMENT…`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

_SECONDS_TO_FINISH = 5
_IS_POSIX = os.name == "posix"


class Supervisor:
    """Holds a command, until it ends or is to be ended."""

    def __init__(self, command: list[str]) -> None:
        self._ending = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        # A function, since a signal that is ignored would be ignored by the command as well.
        signal.signal(signal.SIGTERM, lambda *_: self._told_to_end())
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        if self._ending.is_set():
            _end(self._child)

    def wait(self) -> int:
        """The command's exit code, where it ends by itself; else this does not return."""
        assert self._child is not None
        if _IS_POSIX:  # the signal is for this thread, whose wait it interrupts
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=self._end_with_the_input, daemon=True).start()
        if _IS_POSIX:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        code = self._child.wait()
        if self._ending.is_set():
            threading.Event().wait(_SECONDS_TO_FINISH)  # the end of the group is this program's as well
        return code

    def _end_with_the_input(self) -> None:
        while os.read(0, 1 << 16):
            pass
        self._told_to_end()

    def _told_to_end(self) -> None:
        """In any thread; the group is told as well, and so this program once more."""
        if not self._ending.is_set():
            self._ending.set()
            if self._child is not None:
                threading.Thread(target=_end, args=(self._child,), daemon=True).start()


def main(command: list[str]) -> int:
    """The command's exit code, where it ends by itself."""
    if _IS_POSIX and os.getpgrp() != os.getpid():
        os.setsid()  # a group of its own, which is ended as a whole: what is named may start others
    try:
        supervisor = Supervisor(command)
    except OSError as problem:
        print(f"{command[0]} cannot be run: {problem.strerror}", file=sys.stderr)
        return 127
    return supervisor.wait()


def _end(child: subprocess.Popen[bytes]) -> None:
    if not _IS_POSIX:
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False)
        os._exit(0)
    os.killpg(0, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_SECONDS_TO_FINISH)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
