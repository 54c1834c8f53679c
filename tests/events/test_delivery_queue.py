"""The order in which deliveries are made: per endpoint by when they are due, and endpoints in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from sandbox.events.delivery_queue import DeliveryQueue, Pending


def drained(queue: DeliveryQueue, elapsed: int) -> list[tuple[int, int]]:
    """All that is due, each taken, done and dropped before the next."""
    taken = []
    while (one := queue.take(elapsed)) is not None:
        taken.append(one)
        queue.drop(one[1])
        queue.release(*one, failed=False)
    return taken


def pending(*triples: tuple[int, int, int], failed: Iterable[int] = ()) -> list[Pending]:
    """Deliveries with their webhooks and when they are due; the last attempts at some `failed`."""
    return [(*one, one[0] in failed) for one in triples]


def test_a_line_goes_by_when_its_deliveries_are_due_and_then_by_their_ids() -> None:
    queue = DeliveryQueue(pending((3, 1, 50), (1, 1, 70), (2, 1, 50), (4, 1, 200)))
    assert drained(queue, 100) == [(1, 2), (1, 3), (1, 1)]
    assert (queue.next_due(), len(queue)) == (200, 1)
    assert drained(queue, 200) == [(1, 4)]
    assert (queue.next_due(), queue.earliest(), len(queue)) == (None, None, 0)


def test_endpoints_take_turns_however_long_the_line_of_one_is() -> None:
    queue = DeliveryQueue(pending(*((id, 1, 0) for id in range(1, 1001)), (1001, 2, 5), (1002, 2, 5)))
    first = [webhook for webhook, _ in drained(queue, 10)[:4]]
    assert first == [1, 2, 1, 2]


def test_an_endpoint_that_is_being_called_has_no_second_turn() -> None:
    queue = DeliveryQueue(pending((1, 1, 0), (2, 1, 0), (3, 2, 0)))
    assert [queue.take(0), queue.take(0), queue.take(0)] == [(1, 1), (2, 3), None]
    queue.put(1, 1, 50)  # it failed, and is tried again later
    queue.release(1, 1, failed=True)
    assert queue.take(0) == (1, 2)


def test_an_endpoint_that_is_being_called_stays_so_when_everything_else_is_different() -> None:
    queue = DeliveryQueue(pending((1, 1, 0)))
    assert queue.take(0) == (1, 1)
    queue.fill(pending((1, 1, 0), (2, 1, 0), (3, 2, 0)))
    assert [queue.take(0), queue.take(0)] == [(2, 3), None]
    queue.drop(1)
    queue.release(1, 1, failed=False)
    assert queue.take(0) == (1, 2)


def test_a_call_of_another_world_holds_up_nobody_who_has_its_number_in_this_one() -> None:
    queue = DeliveryQueue(pending((1, 1, 0), (2, 2, 0), failed=[1]), most_failing=1)
    assert [queue.take(0), queue.take(0)] == [(2, 2), (1, 1)]
    queue.fill(pending((5, 1, 0)))
    assert queue.take(0) == (1, 5)
    queue.release(1, 1, failed=True)
    assert queue.take(0) is None
    queue.put(5, 1, 1)
    queue.release(1, 5, failed=False)
    assert queue.take(1) == (1, 5)


def test_what_is_not_pending_any_more_is_never_taken() -> None:
    queue = DeliveryQueue(pending((1, 1, 0), (2, 1, 0), (3, 1, 5)))
    for id in (1, 2):
        queue.drop(id)
    assert queue.take(4) is None
    queue.put(2, 1, 3)  # delivered again
    assert drained(queue, 9) == [(1, 2), (1, 3)]


def test_what_becomes_due_earlier_is_not_waited_for() -> None:
    queue = DeliveryQueue(pending((1, 1, 1000)))
    assert (queue.take(10), queue.next_due()) == (None, 1000)
    queue.put(1, 1, 10)
    assert drained(queue, 10) == [(1, 1)]


def test_who_failed_comes_after_the_others_and_is_not_starved_by_them() -> None:
    queue = DeliveryQueue(pending(*((id, 1, 0) for id in range(1, 10)), (10, 2, 0), (11, 3, 0), failed=[10, 11]))
    assert [webhook for webhook, _ in drained(queue, 0)] == [1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1]


def test_who_failed_has_so_many_places_at_most_and_others_have_the_rest() -> None:
    queue = DeliveryQueue(pending(*((id, id, 0) for id in range(1, 9)), failed=range(1, 8)), most_failing=2)
    assert [queue.take(0) for _ in range(4)] == [(8, 8), (1, 1), (2, 2), None]
    assert not queue.is_due(0)
    queue.put(1, 1, 50)
    queue.release(1, 1, failed=True)
    assert [queue.take(0), queue.take(0)] == [(3, 3), None]


def test_a_success_makes_up_for_a_failure() -> None:
    queue = DeliveryQueue(pending((1, 1, 0), (2, 1, 0), (3, 2, 5), failed=[1]))
    assert queue.take(0) == (1, 1)
    queue.drop(1)
    queue.release(1, 1, failed=False)
    assert drained(queue, 5) == [(1, 2), (2, 3)]


@dataclass
class Plain:
    """What the queue stands for, in lists: what is pending, who is being called for which delivery, and whose last attempt failed."""

    pending: dict[int, tuple[int, int]] = field(default_factory=dict)
    calls: dict[int, int] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)

    def firsts(self, moment: int) -> dict[int, tuple[int, int]]:
        """By webhook, of those that may be taken."""
        found: dict[int, tuple[int, int]] = {}
        for delivery, (webhook, due) in self.pending.items():
            if due <= moment and webhook not in self.calls:
                found[webhook] = min(found.get(webhook, (due, delivery)), (due, delivery))
        return found


_STEPS = st.tuples(st.integers(1, 12), st.integers(1, 3), st.integers(0, 8), st.sampled_from(["put", "drop", "take", "fail", "succeed", "fill"]))


@given(st.lists(_STEPS), st.integers(1, 2))
def test_it_gives_what_a_plain_list_would(steps: list[tuple[int, int, int, str]], most_failing: int) -> None:
    queue, plain = DeliveryQueue(most_failing=most_failing), Plain()
    for delivery, webhook, moment, what in steps:
        if what == "put":
            webhook = plain.pending.get(delivery, (webhook, 0))[0]  # a delivery never changes its webhook
            plain.pending[delivery] = webhook, moment
            queue.put(delivery, webhook, moment)
        elif what == "drop":
            plain.pending.pop(delivery, None)
            queue.drop(delivery)
        elif what in ("fail", "succeed") and webhook in plain.calls:
            called = plain.calls.pop(webhook)
            (plain.failed.add if what == "fail" else plain.failed.discard)(webhook)
            queue.release(webhook, called, failed=what == "fail")
        elif what == "fill":
            plain.pending.pop(delivery, None)
            plain.calls = {webhook: one for webhook, one in plain.calls.items() if one in plain.pending}
            queue.fill([(id, webhook, due, False) for id, (webhook, due) in plain.pending.items()])
        elif what == "take":
            _take_one(queue, plain, moment)
        assert len(queue) == len(plain.pending)
        assert queue.earliest() == min((due for _, due in plain.pending.values()), default=None)


def _take_one(queue: DeliveryQueue, plain: Plain, moment: int) -> None:
    firsts = plain.firsts(moment)
    due = queue.is_due(moment)
    taken = queue.take(moment)
    assert due == (taken is not None)
    if taken is not None:
        webhook, delivery = taken
        assert firsts[webhook][1] == delivery
        plain.calls[webhook] = delivery
    elif set(firsts) <= plain.failed:
        free = [due for webhook, due in plain.pending.values() if webhook not in plain.calls and webhook not in firsts]
        assert not free or (queue.next_due() or -1) <= min(free)
    else:
        raise AssertionError(f"nothing was taken of {firsts}")
