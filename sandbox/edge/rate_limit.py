"""The rate limit: a fixed window for each key, opened by its first request (decision `rate-window`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import NamedTuple

from sandbox.errors import LimitExceeded

_MOST_ADDRESSES = 100_000


class Limit(NamedTuple):
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
    lines: tuple[bytes, bytes] = field(init=False)
    """The same headers in HTTP/1.1: what stands before the number of requests that are left, and behind it."""

    def __post_init__(self) -> None:
        self.lines = (b"x-ratelimit-limit: %d\r\nx-ratelimit-remaining: " % self.limit, b"\r\nx-ratelimit-reset: %d\r\n" % self.end)

    @property
    def remaining(self) -> int:
        """How many requests are left."""
        return max(0, self.limit - self.used)


def rate_headers(window: Window) -> tuple[tuple[bytes, bytes], ...]:
    """The three headers that tell of a window."""
    return (
        (b"x-ratelimit-limit", b"%d" % window.limit),
        (b"x-ratelimit-remaining", b"%d" % window.remaining),
        (b"x-ratelimit-reset", b"%d" % window.end),
    )


class RateLimiter:
    """Counts requests by key or address. Windows live in memory, and need not outlive the server."""

    def __init__(self, limit: Limit) -> None:
        self.default = limit
        self._addresses: dict[str, Window] = {}
        self._keys: dict[str, dict[str, Window]] = {}

    def take_for_address(self, address: str, now: datetime) -> tuple[Window, LimitExceeded | None]:
        """Counts one request of an address: its window, and the refusal where it is used up, which counts no further down."""
        if len(self._addresses) >= _MOST_ADDRESSES:
            self._make_room(now.timestamp())
        return _take(self._addresses, address, now.timestamp(), self.default)

    def take_for_key(self, workspace: str, key: str, now: datetime, limit: tuple[int, int] | None = None) -> tuple[Window, LimitExceeded | None]:
        """The same for a key of a workspace, by the time of that one's clock and its own limit, if any."""
        windows = self._keys.get(workspace)
        if windows is None:
            windows = self._keys[workspace] = {}
        return _take(windows, key, now.timestamp(), limit or self.default)

    def open_anew(self, workspace: str) -> None:
        """The next request of each of the workspace's keys opens a new window."""
        self._keys.pop(workspace, None)

    def _make_room(self, now: float) -> None:
        """Guessing from many addresses must not fill the memory: windows that are over go, then the older half."""
        self._addresses = {who: window for who, window in self._addresses.items() if now < window.end}
        if len(self._addresses) >= _MOST_ADDRESSES:
            for who in list(self._addresses)[: _MOST_ADDRESSES // 2]:
                del self._addresses[who]


def _take(windows: dict[str, Window], who: str, now: float, limit: tuple[int, int]) -> tuple[Window, LimitExceeded | None]:
    window = windows.get(who)
    if window is None or not window.begin <= now < window.end:
        window = windows[who] = Window(limit[0], int(now), int(now) + limit[1])
    if window.used < window.limit:
        window.used += 1
        return window, None
    wait = max(1, ceil(window.end - now))
    message = f"The limit of {limit[0]} requests in {limit[1]} seconds is used up; the next one is taken in {wait} seconds"
    return window, LimitExceeded(message, wait)
