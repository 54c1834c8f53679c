"""Asks the system for the addresses of a name, in threads of its own, so that a resolver that hangs holds up nobody else's.

The threads are daemons, each for one question: those of a pool would hold up the end of the process too.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, in the order in which to try them; raises OSError, or gives none."""
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
