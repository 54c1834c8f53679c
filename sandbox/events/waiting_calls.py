"""Deliveries that wait for their turn at a target that was called too often, and who wakes them up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.events.call_target import CallTarget
from sandbox.events.call_turn import CallTurn, Waiting
from sandbox.events.webhook_rate_limiter import Begun, WebhookRateLimiter
from sandbox.events.workspace_deliveries import WorkspaceDeliveries


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

    def turn(self, deliveries: WorkspaceDeliveries, webhook: int) -> CallTurn | None:
        """What an attempt asks that has not waited yet; None where there is no limit."""
        return None if self._limiter is None else CallTurn(self._limiter, (deliveries.workspace.name, webhook))

    def add(self, call: WaitingCall) -> None:
        """To be begun in its turn. On the event loop."""
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
