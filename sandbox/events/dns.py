"""Asks the system for the addresses of a name, in threads of its own, so that a resolver that hangs holds up nobody else's.

The threads are daemons, each for one question: those of a pool would hold up the end of the process too.
"""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread
from time import monotonic

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, in the order in which to try them; raises OSError, or gives none."""
_GOOD_FOR = 5.0
"""Seconds; the first retry asks anew."""
_MOST_NAMES = 1000
LookUp = Callable[[str, int], list[str]]


def system_look_up(host: str, port: int) -> list[str]:
    # As bytes, so that Python puts no reading of its own (IDNA) on the name.
    return list(dict.fromkeys(str(place[0]) for *_, place in socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)))


class Resolver:
    """At most so many questions at a time; one that nobody waits for any more still counts until it is answered."""

    def __init__(self, threads: int = 32, look_up: LookUp = system_look_up) -> None:
        self._free = asyncio.Semaphore(threads)
        self._look_up = look_up

    async def __call__(self, host: str, port: int) -> list[str]:
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def settle(found: list[str] | BaseException) -> None:
            self._free.release()
            if answer.done():
                return
            if isinstance(found, BaseException):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def ask() -> None:
            found: list[str] | BaseException
            try:
                found = self._look_up(host, port)
            except Exception as problem:
                found = problem
            with suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(settle, found)

        try:
            Thread(target=ask, name=f"resolve {host}", daemon=True).start()
        except RuntimeError as problem:
            self._free.release()
            raise OSError("the system gives no more threads") from problem
        return await answer


class RecentAnswers:
    """Asks once for what many want to know: a question under way is shared, and its answer, also a failure, is good for a moment.

    So a thousand webhooks on one host are no flood of questions to whoever answers for its name. `now` is monotonic.
    """

    def __init__(self, resolve: Resolve, now: Callable[[], float] = monotonic) -> None:
        self._resolve, self._now = resolve, now
        self._asked: OrderedDict[str, tuple[float, asyncio.Task[list[str]]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._asked)

    async def __call__(self, host: str, port: int) -> list[str]:
        began, answer = self._asked.get(host, (0.0, None))
        if answer is None or (answer.done() and (answer.cancelled() or self._now() - began >= _GOOD_FOR)):
            answer = self._ask(host, port)
        return await asyncio.shield(answer)  # whoever waits no longer must not end the wait of the others

    def _ask(self, host: str, port: int) -> asyncio.Task[list[str]]:
        self._asked.pop(host, None)
        while len(self._asked) >= _MOST_NAMES:
            self._asked.popitem(last=False)
        answer = asyncio.get_running_loop().create_task(self._ask_in_earnest(host, port))
        answer.add_done_callback(lambda one: None if one.cancelled() else one.exception())  # which nobody may be left to ask for
        self._asked[host] = self._now(), answer
        return answer

    async def _ask_in_earnest(self, host: str, port: int) -> list[str]:
        return await self._resolve(host, port)
