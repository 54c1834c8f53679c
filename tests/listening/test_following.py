"""The log is followed over every cut: nothing is lost, nothing taken twice, and what happened is told."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.commands.listen.event_log_client import EventLogClient
from sandbox.commands.listen.reconnecting_stream import ReconnectingStream
from sandbox.errors import StartError
from tests.listening.fakes import AS_USUAL, NOTHING_CAME, FakeLog, Passing, event, ids, refusal

SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"


class Following:
    """A follower of a fake log, for as long as an `async with` lasts."""

    def __init__(self, log: FakeLog, since: str | datetime | None = None) -> None:
        self.log, self.since, self.pace = log, since, Passing()
        self.taken: list[str] = []
        self.told: list[str] = []
        self.gone = 0
        self._news = asyncio.Event()

    async def __aenter__(self) -> "Following":
        self._client = self.log.client()
        follower = ReconnectingStream(EventLogClient(self._client), self.pace, take=self._take, gone=self._gone, notify=self._tell)
        await follower.begin(self.since)
        self._task = asyncio.create_task(follower.follow())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._client.aclose()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self._news.clear()
                waiting = asyncio.create_task(self._news.wait())
                await asyncio.wait([waiting, self._task], return_when=asyncio.FIRST_COMPLETED)
                if self._task.done():
                    self._task.result()

    def _take(self, one: dict[str, Any]) -> None:
        self.taken.append(one["id"])
        self._news.set()

    def _gone(self) -> None:
        self.gone += 1

    def _tell(self, sentence: str) -> None:
        self.told.append(sentence)
        self._news.set()


def test_what_was_there_before_is_not_forwarded_and_what_comes_is() -> None:
    async def story() -> None:
        log = FakeLog([event(1), event(2)])
        async with Following(log) as following:
            log.add(event(3), event(4))
            await following.until(lambda: len(following.taken) == 2)
            assert following.taken == ids(3, 4)
            assert following.told == []

    asyncio.run(story())


def test_the_first_event_of_an_empty_log_is_forwarded() -> None:
    async def story() -> None:
        log = FakeLog()
        async with Following(log) as following:
            log.add(event(1))
            await following.until(lambda: following.taken == ids(1))

    asyncio.run(story())


def test_a_replay_begins_with_the_event_that_is_named() -> None:
    async def story() -> None:
        async with Following(FakeLog([event(1), event(2), event(3)]), since=event(2)["id"]) as following:
            await following.until(lambda: following.taken == ids(2, 3))

    asyncio.run(story())


def test_a_replay_since_a_time_brings_what_happened_from_then_on_also_where_the_clock_was_put_back() -> None:
    async def story() -> None:
        log = FakeLog([event(number, minute=minute) for number, minute in ((1, 5), (2, 30), (3, 10), (4, 20))])
        async with Following(log, since=datetime(2025, 7, 1, 9, 20, tzinfo=UTC)) as following:
            assert following.taken == ids(2, 4)
            log.add(event(5, minute=1))
            await following.until(lambda: following.taken == ids(2, 4, 5))

    asyncio.run(story())


def test_a_replay_since_an_event_that_is_gone_is_refused() -> None:
    async def story() -> None:
        async with Following(FakeLog([event(1)]), since=event(7)["id"]):
            pass

    with pytest.raises(StartError, match=r"--replay-since evt_7_a+: the log has no such event"):
        asyncio.run(story())


CUTS = [
    httpx.ConnectError("refused"),
    httpx.ReadError("cut"),
    httpx.RemoteProtocolError("cut in the middle of an answer"),
    httpx.ReadTimeout("late"),
    httpx.Response(502, text="<html>Bad gateway</html>"),
    httpx.Response(404, text="not here"),
    httpx.Response(200, content=b'{"success": true, "data": [{"id"'),
    httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    refusal(500, "Internal server error"),
    refusal(503, "Not now"),
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: repr(cut))
def test_a_cut_loses_and_doubles_nothing_and_is_told_once(cut: Any) -> None:
    async def story() -> None:
        log = FakeLog([event(1)])
        async with Following(log) as following:
            log.add(event(2))
            await following.until(lambda: following.taken == ids(2))
            log.happens.extend([cut] * 8)
            log.add(event(3), event(4))
            await following.until(lambda: len(following.told) == 2 and len(following.taken) > 1)
            log.add(event(5))
            await following.until(lambda: following.taken == ids(2, 3, 4, 5))
            lost, back = following.told
            assert lost.startswith("The sandbox is lost: ")
            assert back.startswith("The sandbox is back, after ")
            assert following.gone == 0

    asyncio.run(story())


def test_a_sandbox_that_is_lost_is_asked_less_and_less_often_but_every_five_seconds_at_least() -> None:
    async def story() -> None:
        log = FakeLog([event(1)])
        async with Following(log) as following:
            log.happens.extend([httpx.ConnectError("refused")] * 8)
            log.add(event(2))
            await following.until(lambda: following.taken == ids(2) and len(following.told) == 2)
            log.happens.extend([httpx.ConnectError("refused")] * 2)
            log.add(event(3))
            await following.until(lambda: following.taken == ids(2, 3) and len(following.told) == 4)
            waits = following.pace.waits
            assert [one for one in waits if one][:10] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 0.2, 0.4]
            assert following.told[1] == "The sandbox is back, after 21.2 s."

    asyncio.run(story())


def test_a_reset_is_told_and_followed() -> None:
    async def story() -> None:
        log = FakeLog([event(1), event(2)])
        async with Following(log) as following:
            log.happens.extend([NOTHING_CAME, refusal(404, "There is no such event")])
            await following.until(lambda: len(following.told) == 1)
            assert following.told == ["The sandbox was reset; what it does from now on is followed."]
            assert following.gone == 1
            log.add(event(3))
            await following.until(lambda: following.taken == ids(3))

    asyncio.run(story())


def test_another_log_is_told_and_followed_from_its_beginning() -> None:
    async def story() -> None:
        log = FakeLog([event(1), event(2)])
        async with Following(log) as following:
            log.events = [event(1, log="b"), event(2, log="b")]
            log.came.set()
            await following.until(lambda: following.taken == ids(1, 2, log="b"))
            assert len(following.told) == 1
            assert following.told[0].startswith("The sandbox has a new log")
            assert following.gone == 1

    asyncio.run(story())


def test_a_sandbox_that_refuses_even_the_beginning_counts_as_lost() -> None:
    async def story() -> None:
        log = FakeLog()
        async with Following(log) as following:
            log.happens.extend([refusal(400, "Validation failed", {"after": "After is none"})] * 2)
            await following.until(lambda: len(following.told) == 2)
            assert following.told[0] == "The sandbox is lost: it answers 400: After is none. Trying again until it is back."

    asyncio.run(story())


def test_a_wait_that_ends_early_for_no_reason_is_not_begun_again_at_once() -> None:
    async def story() -> None:
        log = FakeLog([event(1)])
        async with Following(log) as following:
            log.happens.extend([NOTHING_CAME, AS_USUAL, NOTHING_CAME, AS_USUAL])
            log.add(event(2))
            await following.until(lambda: following.taken == ids(2))
            assert following.told == []
            assert all(wait == 0.2 for wait in following.pace.waits)

    asyncio.run(story())


def test_a_key_that_opens_nothing_any_more_ends_it() -> None:
    async def story() -> None:
        log = FakeLog([event(1)])
        async with Following(log) as following:
            log.happens.append(refusal(401, "Invalid API key or unauthorized access"))
            log.add(event(2))
            await following.until(lambda: len(following.taken) == 2)

    with pytest.raises(StartError, match="The sandbox refuses the key: Invalid API key or unauthorized access"):
        asyncio.run(story())
