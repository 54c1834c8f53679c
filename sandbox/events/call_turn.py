"""What one attempt may dial: it asks before each connection, and is sent away to wait for its turn where its target was called too often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sandbox.events.call_target import CallTarget, target_of
from sandbox.events.webhook_rate_limiter import Caller, WebhookRateLimiter
from sandbox.events.webhook_url import WebhookUrl

_FRESH = 60.0
"""Seconds for which the addresses of a name are good that had to wait."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that is to be made in its turn; `url` has the addresses that were not tried yet, and is None where none was asked for."""

    turn: CallTurn
    target: CallTarget
    url: WebhookUrl | None


class NotYet(Exception):
    """The target was called as often as may be: nobody was, and the call is to be made in its turn. No failure."""

    def __init__(self, waiting: Waiting) -> None:
        self.waiting = waiting
        super().__init__(waiting.target)


class CallTurn:
    """Of one attempt of a webhook's."""

    def __init__(self, limiter: WebhookRateLimiter[Any], caller: Caller) -> None:
        self._limiter, self.caller = limiter, caller
        self._given: CallTarget | None = None
        self._known: WebhookUrl | None = None
        self._known_since = 0.0

    def must_wait_for(self, target: CallTarget) -> bool:
        """Whether others wait for it already."""
        return self._limiter.has_line(target)

    def give(self, waiting: Waiting) -> None:
        """It may call what it waited for, once."""
        self._given, self._known = waiting.target, waiting.url

    def give_back(self) -> None:
        """What it was given and has not used. A second call does nothing."""
        given, self._given = self._given, None
        if given is not None:
            self._limiter.give_turn_back(given)

    def known(self) -> WebhookUrl | None:
        """The target with its checked addresses, where they were found before it waited, and not long ago."""
        return self._known if self._limiter.now() - self._known_since < _FRESH else None

    def found(self, url: WebhookUrl) -> WebhookUrl:
        """The target as it was admitted now; the address for which it waited comes first."""
        self._known_since = self._limiter.now()
        return replace(url, addresses=tuple(sorted(url.addresses, key=lambda address: target_of(address, url.port) != self._given)))

    def take(self, url: WebhookUrl) -> None:
        """Before the first of its addresses is dialled. Raises NotYet."""
        target = target_of(url.addresses[0], url.port)
        if target == self._given:
            self._given = None
            self._limiter.use_turn(target, self.caller)
        elif not self._limiter.take(target, self.caller):
            raise NotYet(Waiting(self, target, url))
