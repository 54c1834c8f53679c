"""The rate limit: a fixed window for each key, opened by its first request (decision `rate-window`)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from sandbox.errors import LimitExceeded
from sandbox.state.clock import Clock

_MOST_ADDRESSES = 100_000


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
        self.default = limit
        self._addresses: dict[str, Window] = {}
        self._keys: dict[str, dict[str, Window]] = {}

    def take_for_address(self, address: str, clock: Clock) -> tuple[Window, LimitExceeded | None]:
        """Counts one request of an address: its window, and the refusal where it is used up, which counts no further down."""
        if len(self._addresses) >= _MOST_ADDRESSES:
            self._make_room(clock.now().timestamp())
        return _take(self._addresses, address, clock, self.default)

    def take_for_key(self, workspace: str, key: str, clock: Clock, limit: Limit | None = None) -> tuple[Window, LimitExceeded | None]:
        """The same for a key of a workspace, by that one's clock and its own limit, if any."""
        windows = self._keys.get(workspace)
        if windows is None:
            windows = self._keys[workspace] = {}
        return _take(windows, key, clock, limit or self.default)

    def open_anew(self, workspace: str) -> None:
        """The next request of each of the workspace's keys opens a new window."""
        self._keys.pop(workspace, None)

    def _make_room(self, now: float) -> None:
        """Guessing from many addresses must not fill the memory: windows that are over go, then the older half."""
        self._addresses = {who: window for who, window in self._addresses.items() if now < window.end}
        if len(self._addresses) >= _MOST_ADDRESSES:
            for who in list(self._addresses)[: _MOST_ADDRESSES // 2]:
                del self._addresses[who]


def _take(windows: dict[str, Window], who: str, clock: Clock, limit: Limit) -> tuple[Window, LimitExceeded | None]:
    now = clock.now().timestamp()
    window = windows.get(who)
    if window is None or not window.begin <= now < window.end:
        window = windows[who] = Window(limit.requests, int(now), int(now) + limit.seconds)
    if window.used < window.limit:
        window.used += 1
        return window, None
    wait = max(1, ceil(window.end - now))
    message = f"The limit of {limit.requests} requests in {limit.seconds} seconds is used up; the next one is taken in {wait} seconds"
    return window, LimitExceeded(message, wait)
