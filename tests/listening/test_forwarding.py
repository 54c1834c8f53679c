"""What is forwarded arrives as a delivery of the sandbox would: signed, in order, tried again on the same schedule."""

import asyncio
import json
from collections import deque
from datetime import timedelta

from standardwebhooks import Webhook

from sandbox.commands.listen.forwarder import Attempt, Forwarder
from sandbox.commands.listen.output import summary
from sandbox.events.retry_schedule import RETRY_AFTER
from sandbox.state.clock import SystemClock
from tests.listening.fakes import FakeReceiver, Passing, came, event, ids

SECRET = "whsec_C2FtcGxlU2VjcmV0Rm9yVGhlRG9jdW1lbnRz"


class Forwarding:
    """A forwarder to a fake receiver, for as long as an `async with` lasts."""

    def __init__(self, receiver: FakeReceiver) -> None:
        self.receiver, self.pace = receiver, Passing()
        self.attempts: list[Attempt] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> "Forwarding":
        self.forwarder = Forwarder(self.receiver, "http://127.0.0.1:1/hook", SECRET, self.pace, SystemClock(), self._tell)
        self._task = asyncio.create_task(self.forwarder.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def attempted(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.attempts) < number:
                self._news.clear()
                await self._news.wait()

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            await self._task

    def _tell(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self._news.set()

    def order(self) -> list[int]:
        return [int(one.event_id.split("_")[1]) for one in self.attempts]


def test_an_event_is_forwarded_with_the_bytes_and_the_signature_of_a_delivery() -> None:
    async def story() -> None:
        receiver = FakeReceiver()
        async with Forwarding(receiver) as forwarding:
            forwarding.forwarder.take(event(1))
            await forwarding.attempted(1)
        ((headers, body),) = receiver.calls
        assert Webhook(SECRET).verify(body, dict(headers)) == {
            "id": event(1)["id"],
            "type": "invoice.created",
            "created_at": "2025-07-01T09:00:00Z",
            "data": {"id": 1},
        }
        assert list(json.loads(body)) == ["id", "type", "created_at", "data"]
        assert headers["webhook-id"] == event(1)["id"]

    asyncio.run(story())


def test_events_go_one_after_the_other_in_their_order() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver()) as forwarding:
            for number in range(1, 101):
                forwarding.forwarder.take(event(number))
            await forwarding.attempted(100)
            assert forwarding.order() == list(range(1, 101))
            assert (forwarding.forwarder.delivered, forwarding.forwarder.pending()) == (100, [])

    asyncio.run(story())


def test_what_fails_is_tried_again_on_the_schedule_of_a_delivery_and_then_given_up() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver(deque([500] * 10))) as forwarding:
            forwarding.forwarder.take(event(1))
            await forwarding.attempted(10)
            assert tuple(one.again_in for one in forwarding.attempts) == (*RETRY_AFTER, None)
            assert forwarding.pace.waits == [one.total_seconds() for one in RETRY_AFTER]
            assert [one.number for one in forwarding.attempts] == list(range(1, 11))
            assert (forwarding.forwarder.delivered, forwarding.forwarder.given_up, forwarding.forwarder.pending()) == (0, 1, [])
            assert len({headers["webhook-id"] for headers, _ in forwarding.receiver.calls}) == 1

    asyncio.run(story())


def test_an_event_that_fails_holds_up_none_that_comes_after_it() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver(deque([None]))) as forwarding:
            for number in (1, 2, 3):
                forwarding.forwarder.take(event(number))
            await forwarding.attempted(4)
            assert forwarding.order() == [1, 2, 3, 1]
            assert forwarding.attempts[0].error == "The connection was refused"
            assert forwarding.forwarder.delivered == 3

    asyncio.run(story())


def test_a_receiver_that_asks_for_a_pause_gets_it() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver(deque([came(503, retry_after=timedelta(seconds=90))]))) as forwarding:
            forwarding.forwarder.take(event(1))
            await forwarding.attempted(2)
            assert forwarding.attempts[0].again_in == timedelta(seconds=90)

    asyncio.run(story())


def test_410_gives_an_event_up_at_once() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver(deque([410]))) as forwarding:
            forwarding.forwarder.take(event(1))
            await forwarding.attempted(1)
            assert forwarding.attempts[0].again_in is None
            assert (forwarding.forwarder.given_up, forwarding.forwarder.pending()) == (1, [])

    asyncio.run(story())


def test_what_is_under_way_is_finished_and_nothing_begun_after_it() -> None:
    async def story() -> None:
        receiver = FakeReceiver()
        async with Forwarding(receiver) as forwarding:
            for number in (1, 2):
                forwarding.forwarder.take(event(number))
            await receiver.called.wait()
            forwarding.forwarder.finish()
            await forwarding.ended()
            assert (forwarding.order(), [one.event_id for one in forwarding.forwarder.pending()]) == ([1], ids(2))

    asyncio.run(story())


def test_what_is_waited_for_when_it_ends_is_waited_for_no_longer() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver()) as forwarding:
            forwarding.forwarder.finish()
            await forwarding.ended()

    asyncio.run(story())


def test_what_is_cut_off_when_it_ends_counts_as_not_delivered() -> None:
    async def story() -> list[str]:
        async with Forwarding(FakeReceiver(hangs=True)) as forwarding:
            for number in (1, 2):
                forwarding.forwarder.take(event(number))
            await forwarding.receiver.called.wait()
        return [one.event_id for one in forwarding.forwarder.pending()]

    assert asyncio.run(story()) == ids(1, 2)


def test_the_end_says_what_was_done_and_how_the_rest_comes_later() -> None:
    async def story() -> None:
        async with Forwarding(FakeReceiver(hangs=True)) as forwarding:
            forwarder = forwarding.forwarder
            assert summary(0, 0, forwarder.pending()) == "Forwarded 0 events."
            forwarder.take(event(4))
            forwarder.log_is_gone()
            assert summary(1, 2, forwarder.pending()) == "Forwarded 1 event. Gave 2 events up. 1 event of a log that is gone will not be sent."
            forwarder.take(event(5))
            forwarder.take(event(6))
            assert summary(1000, 0, forwarder.pending()).endswith(f"2 events not delivered yet; this brings them: --replay-since {event(5)['id']}")

    asyncio.run(story())
