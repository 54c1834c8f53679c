"""The rate limit: a fixed window for each key, opened by its first request (decision `rate-window`)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sandbox.errors import LimitExceeded
from sandbox.state.clock import Clock

_MOST_WINDOWS = 100_000
ADDRESS = "address "
"""How the name of a window begins that belongs to no key."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in so many seconds."""

    requests: int
    seconds: int


@dataclass(slots=True)
class Window:
    """What one key, or one address, has used: it ends at `end`, in epoch seconds, and began `seconds` before."""

    limit: int
    begin: int
    end: int
    used: int = 0

    @property
    def remaining(self) -> int:
        """How many requests are left."""
        return max(0, self.limit - self.used)


class RateLimiter:
    """Counts requests by key or address. Windows live in memory, and need not outlive the server."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._windows: dict[str, Window] = {}

    def take(self, who: str, clock: Clock) -> tuple[Window, LimitExceeded | None]:
        """Counts one request of `who`: its window, and the refusal where it is used up, which counts no further down."""
        now = clock.now().timestamp()
        window = self._windows.get(who)
        if window is None or not window.begin <= now < window.end:
            self._make_room(now)
            window = self._windows[who] = Window(self._limit.requests, int(now), int(now) + self._limit.seconds)
        if window.used < window.limit:
            window.used += 1
            return window, None
        wait = max(1, ceil(window.end - now))
        limit = self._limit
        message = f"The limit of {limit.requests} requests in {limit.seconds} seconds is used up; the next one is taken in {wait} seconds"
        return window, LimitExceeded(message, wait)

    def _make_room(self, now: float) -> None:
        """Guessing from many addresses must not fill the memory: windows that are over go, then the older half of the addresses."""
        if len(self._windows) < _MOST_WINDOWS:
            return
        self._windows = {who: window for who, window in self._windows.items() if now < window.end}
        if len(self._windows) >= _MOST_WINDOWS:
            addresses = [who for who in self._windows if who.startswith(ADDRESS)]
            for who in addresses[: len(addresses) // 2 + 1]:
                del self._windows[who]
