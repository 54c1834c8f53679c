"""Work that waits, done for a key: after each wait the key is confirmed, before anything more is done or shown.

It stands around the work as a whole, so that no operation has to think of it: whatever it waits for (a thread, a turn, a
body, news), it goes on only while its key is valid.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

from sandbox import log
from sandbox.errors import Unauthenticated

Done = TypeVar("Done")


class _Revoked(asyncio.CancelledError):
    """Ends the work where it waits. It is a cancellation, the one thing that locks and turns expect while somebody waits for them."""


class WhileValid(Generic[Done]):
    """Awaited, it gives what the work gives. `confirm` raises Unauthenticated where the key is gone, and then so does this.

    Work that was ended may still tidy up, but wait for nothing more.
    """

    def __init__(self, work: Awaitable[Done], confirm: Callable[[], None]) -> None:
        self._work, self._confirm = work, confirm

    def __await__(self) -> Generator[Any, Any, Done]:
        work, cancelled = self._work.__await__(), _cancellations()
        go_on: Callable[[], Any] = partial(next, work)
        while True:
            try:
                waited_for = go_on()
            except StopIteration as end:
                done: Done = end.value
                return done
            go_on = yield from _resumed(work, waited_for)
            try:
                self._confirm()
            except Unauthenticated as refusal:
                _end(work)
                if _cancellations() > cancelled:  # the request itself was cancelled in the same moment
                    raise asyncio.CancelledError from None
                raise refusal from None


def _resumed(work: Generator[Any, Any, Any], waited_for: Any) -> Generator[Any, Any, Callable[[], Any]]:
    """Waits, and gives how the work goes on afterwards."""
    try:
        value = yield waited_for
    except GeneratorExit:
        work.close()
        raise
    except BaseException as problem:  # such as that the wait took too long
        return partial(work.throw, problem)
    return partial(work.send, value)


def _end(work: Generator[Any, Any, Any]) -> None:
    try:
        work.throw(_Revoked())
        work.close()  # it would wait for something else
    except (StopIteration, asyncio.CancelledError):
        pass
    except Exception as problem:
        log.error("work whose key was revoked could not be tidied up", exc_info=problem)


def _cancellations() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()
