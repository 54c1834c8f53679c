"""Work that waits ends with its key, in good order, whatever it waits for and however it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from sandbox import log
from sandbox.edge.key_confirmation import WhileValid
from sandbox.errors import Unauthenticated


class Desk:
    """A key that can be revoked, and a note of what was done for it."""

    def __init__(self) -> None:
        self.valid = True
        self.done: list[str] = []
        self.lock = asyncio.Lock()
        self.turns = asyncio.Semaphore(1)
        self.news = asyncio.Event()

    def confirm(self) -> None:
        if not self.valid:
            raise Unauthenticated

    def revoke(self) -> None:
        self.valid = False
        self.news.set()


async def a_moment(desk: Desk) -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def a_thread(desk: Desk) -> None:
    await asyncio.to_thread(int)


async def news(desk: Desk) -> None:
    await desk.news.wait()


async def news_for_a_while(desk: Desk) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()


async def news_in_another_way(desk: Desk) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)


async def what_fails(desk: Desk) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise OSError("the disk")

    with suppress(OSError):
        await asyncio.create_task(fail())


async def many(desk: Desk) -> None:
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.001))


async def another_work(desk: Desk) -> None:
    await asyncio.shield(asyncio.ensure_future(asyncio.sleep(0.001)))


WAITS: list[Callable[[Desk], Awaitable[None]]] = [
    a_moment, a_thread, news, news_for_a_while, news_in_another_way, what_fails, many, another_work,
]  # fmt: skip


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
@pytest.mark.parametrize("revoked", [False, True])
def test_what_comes_after_a_wait_is_done_for_a_valid_key_alone(wait: Callable[[Desk], Awaitable[None]], revoked: bool) -> None:
    async def main() -> list[str]:
        desk = Desk()

        async def work() -> str:
            try:
                desk.done.append("before")
                await wait(desk)
                desk.done.append("after")
                return "shown"
            finally:
                desk.done.append("tidied up")

        asyncio.get_running_loop().call_soon(desk.revoke if revoked else desk.news.set)
        if revoked:
            with pytest.raises(Unauthenticated):
                await WhileValid(work(), desk.confirm)
        else:
            assert await WhileValid(work(), desk.confirm) == "shown"
        return desk.done

    assert asyncio.run(asyncio.wait_for(main(), 20)) == (["before", "tidied up"] if revoked else ["before", "after", "tidied up"])


@pytest.mark.parametrize("what", ["lock", "turns"])
def test_a_turn_is_passed_on(what: str) -> None:
    async def main() -> list[str]:
        desk = Desk()
        turn: asyncio.Lock | asyncio.Semaphore = getattr(desk, what)

        async def work(name: str) -> None:
            async with turn:
                desk.done.append(name)

        async def fails() -> None:
            with pytest.raises(Unauthenticated):
                await WhileValid(work("revoked"), desk.confirm)

        async with turn:
            tasks = [asyncio.create_task(fails()), asyncio.create_task(work("next"))]
            await asyncio.sleep(0)
            desk.revoke()
        await asyncio.gather(*tasks)
        assert not turn.locked()
        return desk.done

    assert asyncio.run(asyncio.wait_for(main(), 20)) == ["next"]


def test_work_that_will_not_end_waits_for_nothing_more() -> None:
    async def main() -> None:
        desk = Desk()

        async def work() -> None:
            try:
                while True:
                    with suppress(asyncio.CancelledError):
                        await asyncio.sleep(0)
            finally:
                desk.done.append("tidied up")

        asyncio.get_running_loop().call_soon(desk.revoke)
        with pytest.raises(Unauthenticated):
            await WhileValid(work(), desk.confirm)
        assert desk.done == ["tidied up"]

    asyncio.run(asyncio.wait_for(main(), 20))


def test_a_request_that_is_cancelled_stays_cancelled() -> None:
    async def main() -> None:
        desk = Desk()
        task = asyncio.ensure_future(_awaited(WhileValid(asyncio.Event().wait(), desk.confirm)))
        await asyncio.sleep(0)
        desk.revoke()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(asyncio.wait_for(main(), 20))


def test_what_cannot_be_tidied_up_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[object] = []
    monkeypatch.setattr(log, "error", lambda event, **facts: logged.append(facts["exc_info"]))

    async def main() -> None:
        desk = Desk()

        async def work() -> None:
            try:
                await asyncio.sleep(0)
            finally:
                raise OSError("No space left on device")

        asyncio.get_running_loop().call_soon(desk.revoke)
        with pytest.raises(Unauthenticated):
            await WhileValid(work(), desk.confirm)

    asyncio.run(asyncio.wait_for(main(), 20))
    assert [str(one) for one in logged] == ["No space left on device"]


async def _awaited(work: Awaitable[object]) -> None:
    await work
