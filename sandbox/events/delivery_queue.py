"""The pending deliveries of one workspace, in memory: a line for each endpoint, in order of when they are due.

Endpoints take turns, so that one with thousands in its line, or one that hangs, keeps nobody else waiting. Those whose
last attempt failed come after the others and have no more than half of the places, since each of them may well hold one
for as long as an attempt can take; but every fourth turn is theirs. Nothing here grows with what is pending but by its
logarithm.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

Pending = tuple[int, int, int, bool]
"""A delivery's id, its webhook's, when it is due, in `elapsed` microseconds, and whether its last attempt failed."""
_TURNS_OF_OTHERS = 3
"""So many those may have that did not fail, before it is the turn of one that did."""


class _Line:
    """One endpoint: `waiting` is a heap of (due, delivery), in which some may be outdated; `calling` is the delivery under way.

    Whether its last attempt `failed` is remembered as long as something is pending for it, which after a failure there is.
    """

    __slots__ = ("calling", "failed", "ready", "waiting")

    def __init__(self) -> None:
        self.waiting: list[tuple[int, int]] = []
        self.ready = False
        self.calling: int | None = None
        self.failed = False


class DeliveryQueue:
    """Nothing is taken out of it by `take`: what becomes of a delivery is told by `put` or `drop`, as its document is written.

    `most_failing` endpoints whose last attempt failed may be called at a time.
    """

    def __init__(self, pending: Iterable[Pending] = (), most_failing: int = 4) -> None:
        self._most_failing = most_failing
        self._known: dict[int, tuple[int, int]] = {}  # by delivery: its webhook, and when it is due
        self._lines: dict[int, _Line] = {}
        self._ready: deque[int] = deque()  # endpoints whose turn will come
        self._ready_after_failure: deque[int] = deque()
        self._under_way_after_failure: set[int] = set()  # deliveries
        self._turns_of_others = 0
        self._asleep: list[tuple[int, int]] = []  # a heap of (due, endpoint), for those whose first delivery is not due
        self.fill(pending)

    def __len__(self) -> int:
        return len(self._known)

    def fill(self, pending: Iterable[Pending]) -> None:
        """Hold these and nothing else. Who is being called remains so, unless its delivery is gone: that was another world's."""
        before, self._known, self._lines = self._lines, {}, {}
        for delivery, webhook, due, failed in pending:
            self._known[delivery] = webhook, due
            line = self._lines.setdefault(webhook, _Line())
            line.waiting.append((due, delivery))
            line.failed = line.failed or failed
        for webhook, line in self._lines.items():
            if webhook in before and before[webhook].calling in self._known:
                line.calling = before[webhook].calling
        self._ready.clear()
        self._ready_after_failure.clear()
        self._asleep = []
        for webhook, line in self._lines.items():
            heapify(line.waiting)
            self._put_to_sleep(webhook, line)

    def put_back(self, by: int) -> None:
        """All is due so much earlier, as the clock is by which it was told."""
        self.fill([(delivery, webhook, due - by, self._lines[webhook].failed) for delivery, (webhook, due) in self._known.items()])

    def put(self, delivery: int, webhook: int, due: int) -> None:
        """It is pending, and due then: a new one, or one that is due at another time than before."""
        if self._known.get(delivery) == (webhook, due):
            return
        self._known[delivery] = webhook, due
        line = self._lines.setdefault(webhook, _Line())
        heappush(line.waiting, (due, delivery))
        if line.waiting[0][1] == delivery and line.calling is None and not line.ready:
            heappush(self._asleep, (due, webhook))

    def drop(self, delivery: int) -> None:
        """It is not pending, or not there."""
        self._known.pop(delivery, None)

    def is_due(self, elapsed: int) -> bool:
        """Whether `take` would give something."""
        return self._next_turn(elapsed) is not None

    def take(self, elapsed: int) -> tuple[int, int] | None:
        """The webhook whose turn it is, and its first delivery, if any is due; the webhook has no other turn until `release`."""
        turns = self._next_turn(elapsed)
        if turns is None:
            return None
        webhook = turns.popleft()
        line = self._lines[webhook]
        delivery = line.waiting[0][1]
        line.ready, line.calling = False, delivery
        self._turns_of_others += 1
        if turns is self._ready_after_failure:
            self._turns_of_others = 0
            self._under_way_after_failure.add(delivery)
        return webhook, delivery

    def release(self, webhook: int, delivery: int, failed: bool | None) -> None:
        """The call is over: the webhook takes its place behind all others whose turn will come. `failed` is None where none was made."""
        self._under_way_after_failure.discard(delivery)
        line = self._lines.get(webhook)
        if line is None or line.calling != delivery:
            return  # everything is different by now
        line.calling = None
        line.failed = line.failed if failed is None else failed
        self._put_to_sleep(webhook, line)

    def make_way(self, delivery: int) -> None:
        """It is taken, and waits for its turn at its target: another that failed may be called meanwhile."""
        self._under_way_after_failure.discard(delivery)

    def may_go_on(self, webhook: int, delivery: int) -> bool:
        """Whether one that made way may be called now; then its place is its own again."""
        if self._lines[webhook].failed:
            if len(self._under_way_after_failure) >= self._most_failing:
                return False
            self._under_way_after_failure.add(delivery)
        return True

    def is_taken(self, webhook: int, delivery: int) -> bool:
        """Whether it is still pending, and its webhook waits for what becomes of it."""
        line = self._lines.get(webhook)
        return line is not None and line.calling == delivery and delivery in self._known

    def next_due(self) -> int | None:
        """When the first of those endpoints is due that are neither being called nor waiting for their turn; never too late."""
        return self._asleep[0][0] if self._asleep else None

    def earliest(self) -> int | None:
        """When the first delivery of all is due."""
        return min((due for _, due in self._known.values()), default=None)

    def _next_turn(self, elapsed: int) -> deque[int] | None:
        """Of those whose first may be taken, the endpoints to which the next turn belongs."""
        self._wake(elapsed)
        others = self._some_are_due(self._ready, elapsed)
        if others and self._turns_of_others < _TURNS_OF_OTHERS:
            return self._ready
        if len(self._under_way_after_failure) < self._most_failing and self._some_are_due(self._ready_after_failure, elapsed):
            return self._ready_after_failure
        return self._ready if others else None

    def _wake(self, elapsed: int) -> None:
        while self._asleep and self._asleep[0][0] <= elapsed:
            _, webhook = heappop(self._asleep)
            line = self._lines.get(webhook)
            if line is not None and line.calling is None and not line.ready:
                line.ready = True
                (self._ready_after_failure if line.failed else self._ready).append(webhook)

    def _some_are_due(self, turns: deque[int], elapsed: int) -> bool:
        """Whether the first of them is; those are put to sleep again of which all that was due is gone."""
        while turns:
            line = self._lines[turns[0]]
            if self._first(line) <= elapsed:
                return True
            line.ready = False
            self._put_to_sleep(turns.popleft(), line)
        return False

    def _put_to_sleep(self, webhook: int, line: _Line) -> None:
        if line.calling is not None:
            return
        if self._first(line) == _NEVER:
            del self._lines[webhook]
        else:
            heappush(self._asleep, (line.waiting[0][0], webhook))

    def _first(self, line: _Line) -> float:
        """When its first delivery is due, once what is outdated in front of it is gone."""
        waiting = line.waiting
        while waiting:
            due, delivery = waiting[0]
            known = self._known.get(delivery)
            if known is not None and known[1] == due and self._lines.get(known[0]) is line:
                return due
            heappop(waiting)
        return _NEVER


_NEVER = float("inf")
