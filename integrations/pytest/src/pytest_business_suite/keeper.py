"""Runs a command until this program's input ends, which it does with whoever holds it, or until it is told to end; then nothing of it is left.

It is a program of its own, which knows nothing of the rest: `python keeper.py COMMAND ARGUMENT…`.
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


def main(command: list[str]) -> int:
    """The command's exit code, where it ends by itself."""
    over, is_over = threading.Lock(), threading.Event()

    def end(child: subprocess.Popen[bytes]) -> None:
        if over.acquire(blocking=False):
            is_over.set()
            _end(child)

    def end_with_the_input(child: subprocess.Popen[bytes]) -> None:
        while os.read(0, 1 << 16):
            pass
        end(child)

    if _IS_POSIX and os.getpgrp() != os.getpid():
        os.setsid()  # a group of its own, which is ended as a whole: what is named may start others
    # A function from the start, since a signal that is ignored would be ignored by the command as well.
    told_too_early = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_too_early.set())
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as problem:
        print(f"{command[0]} cannot be run: {problem.strerror}", file=sys.stderr)
        return 127
    # In a thread, since the signal may come while this one waits for the child, and only one may wait at a time.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end, args=(child,)).start())
    if told_too_early.is_set():
        end(child)
    threading.Thread(target=end_with_the_input, args=(child,), daemon=True).start()
    code = child.wait()
    if is_over.is_set():
        threading.Event().wait(_SECONDS_TO_FINISH)  # the end of the group is this program's as well
    return code


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
