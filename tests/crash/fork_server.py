"""Runs sandboxes so that they can be killed well: `python -m tests.crash.fork_server` is a nursery that starts one after another.

A nursery has loaded the server once and forks itself for each start, which so takes a tenth of the time. Its children
compact their journals early if asked, and kill themselves: a kill from outside seldom falls between two system calls,
and never into the middle of one, so a child can be told to end itself with -9 at its n-th call that changes a file:
before it, after it, or, where it writes, half-way.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

CALLS = ("open", "write", "fsync", "replace", "ftruncate", "link", "unlink", "mkdir")
MOMENTS = ("before", "half", "after")
_FEW = 50  # documents: with early compaction, images are also written as layers early


def main() -> None:
    """For each line on stdin, which is JSON, one child: its pid on stdout, and when it has ended, its exit code."""
    from sandbox import cli, serving  # noqa: F401  # what a start would load

    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(_serve(asked))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _serve(asked: Mapping[str, Any]) -> int:
    """In the child: the command `sandbox`, and its exit code."""
    from sandbox import cli
    from sandbox.state import disk_persistence, image_writing

    os.chdir(asked["place"])
    os.environ.update(asked["settings"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "server.out"), (2, "server.err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    if asked["tail"]:
        disk_persistence.LEAST_TAIL, image_writing.LEAST_BELOW = asked["tail"], _FEW
    if asked["strike"]:
        strike_at(asked["strike"], asked["moment"])
    try:
        cli.main(asked["arguments"])
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def strike_at(number: int, moment: str) -> None:
    """Counts all calls from now on, and dies at this one."""
    numbers = count(1)
    for name in CALLS:
        setattr(os, name, _counted(getattr(os, name), numbers, number, moment))


def _counted(call: Callable[..., Any], numbers: count[int], fatal: int, moment: str) -> Callable[..., Any]:
    def counted(*arguments: Any, **more: Any) -> Any:
        if next(numbers) != fatal:
            return call(*arguments, **more)
        if moment == "half" and call.__name__ == "write":
            descriptor, data = arguments
            call(descriptor, bytes(data)[: len(data) // 2])
        elif moment == "after":
            call(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("this process has ended")

    return counted


if __name__ == "__main__":
    main()
