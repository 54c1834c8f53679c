"""Deliveries that wait for their turn at a target that was called too often, and who wakes them up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.events.call_target import CallTarget
from sandbox.events.call_turn import CallTurn, Waiting
from sandbox.events.outbox import DELIVERIES
from sandbox.events.webhook_rate_limiter import Begun, WebhookRateLimiter
from sandbox.events.workspace_deliveries import WorkspaceDeliveries

_MOST_CROWDED = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class WaitingCall:
    """A delivery of a webhook's, which has no other under way."""

    deliveries: WorkspaceDeliveries
    webhook: int
    delivery: int
    waiting: Waiting


class WaitingCalls:
    """Of all workspaces, by one `limiter`. `begin` is offered those whose turn it is."""

    def __init__(self, limiter: WebhookRateLimiter[WaitingCall] | None, begin: Callable[[WaitingCall], Begun]) -> None:
        self._limiter, self._begin = limiter, begin
        self._timers: dict[CallTarget, asyncio.TimerHandle] = {}
        self._crowded: dict[str, CallTarget] = {}  # the targets of origins to which a call had to wait

    def turn(self, deliveries: WorkspaceDeliveries, webhook: int) -> CallTurn | None:
        """What an attempt asks that has not waited yet; None where there is no limit."""
        return None if self._limiter is None else CallTurn(self._limiter, (deliveries.workspace.name, webhook))

    def joins_a_line(self, deliveries: WorkspaceDeliveries, webhook: int, delivery: int) -> bool:
        """Whether others wait for where it goes: then it waits behind them, before anybody asks for an address."""
        if not self._crowded:
            return False
        origin = _origin(deliveries, delivery)
        target, turn = self._crowded.get(origin), self.turn(deliveries, webhook)
        if target is None or turn is None:
            return False
        if not turn.must_wait_for(target):
            del self._crowded[origin]
            return False
        self._wait(WaitingCall(deliveries, webhook, delivery, Waiting(turn, target, None)))
        return True

    def add(self, call: WaitingCall) -> None:
        """To be begun in its turn. On the event loop."""
        if len(self._crowded) >= _MOST_CROWDED:
            self._crowded.clear()
        self._crowded[_origin(call.deliveries, call.delivery)] = call.waiting.target
        self._wait(call)

    def _wait(self, call: WaitingCall) -> None:
        target = call.waiting.target
        assert self._limiter is not None  # which sent it here
        self._limiter.wait(target, call.deliveries.workspace.name, call)
        if target not in self._timers:
            self._look_in(target, 0)

    def look(self) -> None:
        """Begin whose turn it is, at every target."""
        for target in list(self._timers):
            self._look(target)

    def stop(self) -> None:
        """Wake nobody up any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _look(self, target: CallTarget) -> None:
        self._timers.pop(target).cancel()
        assert self._limiter is not None
        pause = self._limiter.give_turns(target, self._begin)
        if pause is not None:
            self._look_in(target, pause)

    def _look_in(self, target: CallTarget, seconds: float) -> None:
        self._timers[target] = asyncio.get_running_loop().call_later(seconds, self._look, target)


def _origin(deliveries: WorkspaceDeliveries, delivery: int) -> str:
    """Scheme, host and port to which it goes, as they are written; empty where it is not there any more."""
    document = deliveries.workspace.table(DELIVERIES).at(delivery)
    return "" if document is None else "/".join(document["url"].split("/", 3)[:3])
