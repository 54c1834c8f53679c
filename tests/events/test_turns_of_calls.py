"""What asks for a turn is each connection, at the address that is dialled: also the second address of a host whose first refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox.events.call_turn import CallTurn, NotYet, Waiting
from sandbox.events.dns import RecentAnswers
from sandbox.events.http_client import Sender
from sandbox.events.ssrf_guard import SsrfGuard
from sandbox.events.webhook_rate_limiter import WebhookRateLimiter
from tests.events.loopback_receiver import OK, named, receiver, sends
from tests.events.network import watched_network

FIRST, SECOND = "93.184.215.14", "93.184.215.15"
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Calls:
    """Calls by the sender itself, on a network where only this machine answers, at a time that a test moves."""

    def __init__(self, resolve: Resolve) -> None:
        self.now = 1000.0
        self.limiter: WebhookRateLimiter[Waiting] = WebhookRateLimiter(now=lambda: self.now, strict=True)
        self.sender = Sender(SsrfGuard(("127.0.0.0/8", "::1"), resolve))
        self._numbers = 0

    async def post(self, url: str = "http://hooks.example/") -> str | None:
        """The error; raises NotYet."""
        self._numbers += 1
        return (await self.sender.post(url, {}, b"{}", CallTurn(self.limiter, ("default", self._numbers)))).error


def test_each_address_that_is_dialled_counts_and_none_more() -> None:
    calls = Calls(named(FIRST, SECOND))
    with watched_network() as network:

        async def work() -> None:
            for _ in range(10):
                assert await calls.post() == "The connection was refused"
            with pytest.raises(NotYet):
                await calls.post()

        asyncio.run(work())
    assert network.dialled == [FIRST, SECOND] * 10


def test_a_second_address_that_was_called_too_often_is_waited_for_and_the_first_is_not_dialled_again() -> None:
    calls = Calls(named(FIRST, SECOND))
    with watched_network() as network:

        async def work() -> None:
            for _ in range(10):
                await calls.post(f"http://{SECOND}/")
            with pytest.raises(NotYet) as caught:
                await calls.post()
            waiting = caught.value.waiting
            assert (waiting.target, waiting.url.addresses) == ((SECOND, 80), (SECOND,))
            calls.limiter.wait(waiting.target, "default", waiting)
            network.dialled.clear()
            calls.now += 2
            waiting.turn.give(waiting)
            calls.limiter._calls(waiting.target).turns_given += 1
            outcome = await calls.sender.post("http://hooks.example/", {}, b"{}", waiting.turn)
            assert outcome.error == "The connection was refused"

        asyncio.run(work())
    assert network.dialled == [SECOND]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "a.localhost", "localhost.", "hooks.example", "127.0.0.7", "LOCALHOST"])
def test_names_of_this_machine_are_one_target(host: str) -> None:
    calls = Calls(named("127.0.0.1"))

    async def work() -> None:
        async with receiver(sends(OK)) as target:
            for number in range(10):
                assert await calls.post(f"http://127.0.0.1:{target.port}/{number}") is None
            with pytest.raises(NotYet):
                await calls.post(f"http://{host}:{target.port}/")
            assert target.connections == 10

    asyncio.run(work())


def test_addresses_that_were_found_long_ago_are_asked_for_again() -> None:
    answers = [[FIRST], [SECOND]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    calls = Calls(resolve)
    with watched_network() as network:

        async def work() -> None:
            for _ in range(10):
                await calls.post(f"http://{FIRST}/")
            with pytest.raises(NotYet) as caught:
                await calls.post()
            calls.now += 61
            await calls.sender.post("http://hooks.example/", {}, b"{}", caught.value.waiting.turn)

        asyncio.run(work())
    assert network.dialled == [FIRST] * 10 + [SECOND]


# Questions for addresses.


def test_a_name_is_asked_for_once_by_all_who_want_it_within_five_seconds() -> None:
    asked, now = list[str](), [0.0]
    gate = asyncio.Event()

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        await gate.wait()
        return [FIRST]

    async def work() -> None:
        recent = RecentAnswers(resolve, lambda: now[0])
        waiting = [asyncio.create_task(recent("hooks.example", port)) for port in range(1, 1000)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.set()
        answers = await asyncio.gather(*waiting[1:])
        assert answers == [[FIRST]] * 998
        for moment, times in ((4.9, 1), (5.0, 2), (9.9, 2), (10.0, 3)):
            now[0] = moment
            await recent("hooks.example", 443)
            assert len(asked) == times

    asyncio.run(work())


def test_a_failure_is_an_answer_too_and_few_names_are_remembered() -> None:
    asked = list[str]()

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        raise OSError("no such name")

    async def work() -> None:
        recent = RecentAnswers(resolve, lambda: 0.0)
        for number in range(3000):
            for _ in range(2):
                with pytest.raises(OSError, match="no such name"):
                    await recent(f"{number}.example", 443)
            assert len(recent) <= 1000
        assert len(asked) == 3000

    asyncio.run(work())
