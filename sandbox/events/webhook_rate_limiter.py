"""How often webhooks call each target, over all workspaces: so many calls in any second, and a line for those that come too early.

Workspaces take turns in a line, so that one with a thousand registrations of a target keeps nobody else from it. Without
this, one event that many webhooks ask for would be a flood for whoever they all name.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from time import monotonic
from typing import Generic, TypeVar

from sandbox.events.call_target import LOOPBACK, CallTarget

CALLS_A_SECOND = 10
MOST_TARGETS = 20_000
Caller = tuple[str, int]
"""A workspace, and a webhook of it."""
_SECOND = 1.05
"""A little more, since the later call may take less time to arrive."""

T = TypeVar("T")


class Begun(Enum):
    """What became of one that was offered its turn."""

    YES = "its call is about to be made"
    NOT_NOW = "it waits for something else too, and keeps its place"
    GONE = "nobody waits any more"


@dataclass(slots=True, eq=False)
class _Calls(Generic[T]):
    """What one target got in the last second, oldest first, and who waits for it: a line for each workspace, in the order of their turns."""

    made: dict[Hashable, float] = field(default_factory=dict)
    turns_given: int = 0
    """To calls that are not made yet."""
    next_turn: float = 0.0
    lines: OrderedDict[str, deque[T]] = field(default_factory=OrderedDict)

    @property
    def in_use(self) -> bool:
        return bool(self.lines) or self.turns_given > 0

    def forget(self, now: float) -> None:
        """The calls of more than a second ago."""
        while self.made:
            first = next(iter(self.made))
            if now < self.made[first] + _SECOND:
                return
            del self.made[first]


class WebhookRateLimiter(Generic[T]):
    """`now` is monotonic, as the event loop's time is. What waits is of whatever kind its caller likes.

    On loopback, unless `strict`, the calls of one webhook within a second count as one: nobody but the own machine is
    called there, whose own load a developer may want to see arrive; one event that is multiplied is stopped there too.
    """

    def __init__(self, calls_a_second: int = CALLS_A_SECOND, now: Callable[[], float] = monotonic, *, strict: bool = False) -> None:
        self._most, self._strict, self.now = calls_a_second, strict, now
        self._between = 1 / calls_a_second
        self._targets: OrderedDict[CallTarget, _Calls[T]] = OrderedDict()
        self._number = count()

    def __len__(self) -> int:
        return len(self._targets)

    def take(self, target: CallTarget, caller: Caller) -> bool:
        """Whether it may be called at once, which counts as a call. Whoever waits comes first."""
        calls, now = self._calls(target), self.now()
        calls.forget(now)
        if self._counts_once(target) and caller in calls.made:
            return True
        if calls.lines or self._is_used_up(calls):
            return False
        self._count(calls, target, caller, now)
        return True

    def wait(self, target: CallTarget, workspace: str, waiting: T) -> None:
        """Behind what waits of the same workspace."""
        self._calls(target).lines.setdefault(workspace, deque()).append(waiting)

    def has_line(self, target: CallTarget) -> bool:
        """Whether somebody waits for it."""
        calls = self._targets.get(target)
        return calls is not None and bool(calls.lines)

    def give_turns(self, target: CallTarget, begin: Callable[[T], Begun]) -> float | None:
        """To those whose turn it is; in how many seconds to look again, None where nobody waits.

        Each turn counts as a call until it is used, or given back.
        """
        calls = self._calls(target)
        while calls.lines:
            now = self.now()
            calls.forget(now)
            if self._is_used_up(calls):
                return self._between if calls.turns_given else next(iter(calls.made.values())) + _SECOND - now
            if now < calls.next_turn:
                return calls.next_turn - now
            if not self._give_turn(calls, begin):
                break
            calls.next_turn = max(calls.next_turn, now - self._between) + self._between  # so that a late timer makes no difference
        return self._between if calls.lines else None

    def use_turn(self, target: CallTarget, caller: Caller) -> None:
        """The call is made now."""
        self.give_turn_back(target)
        self._count(self._calls(target), target, caller, self.now())

    def give_turn_back(self, target: CallTarget) -> None:
        """The call is not made after all."""
        self._calls(target).turns_given -= 1

    def _give_turn(self, calls: _Calls[T], begin: Callable[[T], Begun]) -> bool:
        """To the first workspace in the order of turns that can use it."""
        for workspace, line in list(calls.lines.items()):
            begun = begin(line[0])
            while begun is Begun.GONE and len(line) > 1:
                line.popleft()
                begun = begin(line[0])
            if begun is Begun.NOT_NOW:
                continue
            line.popleft()
            if line:
                calls.lines.move_to_end(workspace)
            else:
                del calls.lines[workspace]
            if begun is Begun.YES:
                calls.turns_given += 1
                return True
        return False

    def _is_used_up(self, calls: _Calls[T]) -> bool:
        return len(calls.made) + calls.turns_given >= self._most

    def _counts_once(self, target: CallTarget) -> bool:
        return target[0] == LOOPBACK and not self._strict

    def _count(self, calls: _Calls[T], target: CallTarget, caller: Caller, now: float) -> None:
        key: Hashable = caller if self._counts_once(target) else next(self._number)
        calls.made.pop(key, None)  # so that the order is that of time
        calls.made[key] = now
        self._targets.move_to_end(target)

    def _calls(self, target: CallTarget) -> _Calls[T]:
        calls = self._targets.get(target)
        if calls is None:
            if len(self._targets) >= MOST_TARGETS:
                self._make_room()
            calls = self._targets[target] = _Calls()
        return calls

    def _make_room(self) -> None:
        """Forget those that were called least recently, a tenth at a time, but nobody who waits."""
        surplus = len(self._targets) - MOST_TARGETS + MOST_TARGETS // 10
        for target in [one for one, calls in self._targets.items() if not calls.in_use][:surplus]:
            del self._targets[target]
