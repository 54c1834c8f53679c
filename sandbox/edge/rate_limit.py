"""The rate limit: a fixed window for each key, opened by its first request (decision `rate-window`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor
from typing import NamedTuple

from openapi.wording import counted
from sandbox.edge.client_address import counted_as
from sandbox.errors import LimitExceeded
from sandbox.quotas import LOCAL

_MICROSECONDS = 6  # digits that count
_NOT_AHEAD = timedelta(0)


class Limit(NamedTuple):
    """So many requests in so many seconds."""

    requests: int
    seconds: int

    def lets_through(self, other: tuple[int, int]) -> bool:
        """Whether another limit takes no more than this one, neither at once nor in the long run."""
        return other[0] <= self.requests and other[0] * self.seconds <= self.requests * other[1]


@dataclass(slots=True)
class Window:
    """What one key, or one address, has used from `begin` to `end`, in epoch seconds of real time."""

    limit: int
    begin: float
    end: float
    used: int = 0
    lines: tuple[bytes, bytes] = field(init=False)
    """The same headers in HTTP/1.1: what stands before the number of requests that are left, and behind it."""

    def __post_init__(self) -> None:
        self.lines = (b"x-ratelimit-limit: %d\r\nx-ratelimit-remaining: " % self.limit, b"\r\nx-ratelimit-reset: %d\r\n" % self.reset)

    @property
    def remaining(self) -> int:
        """How many requests are left."""
        return max(0, self.limit - self.used)

    @property
    def reset(self) -> int:
        """Its end in whole seconds, none too early, as answers tell it."""
        return ceil(round(self.end, _MICROSECONDS))

    def earlier(self, by: float) -> Window:
        """The same window when so many seconds of it have passed at once."""
        return Window(self.limit, self.begin - by, self.end - by, self.used)


class _OfAWorkspace(dict[str, Window]):
    """The windows of a workspace's keys, each of which lasts so long of its clock; that runs with real time, `offset` ahead."""

    def __init__(self, offset: timedelta) -> None:
        self.offset = offset

    def follow(self, offset: timedelta) -> None:
        """The clock was moved: what it went ahead has passed of each window, and windows open anew where it was put back."""
        if offset < self.offset:
            self.clear()
        elif offset > self.offset:
            by = (offset - self.offset).total_seconds()
            self.update({who: window.earlier(by) for who, window in self.items()})
        self.offset = offset


def rate_headers(window: Window) -> tuple[tuple[bytes, bytes], ...]:
    """The three headers that tell of a window."""
    return (
        (b"x-ratelimit-limit", b"%d" % window.limit),
        (b"x-ratelimit-remaining", b"%d" % window.remaining),
        (b"x-ratelimit-reset", b"%d" % window.reset),
    )


class RateLimiter:
    """Counts requests by key or address. Windows live in memory, and need not outlive the server.

    A workspace's own limit holds as far as it is below the `ceiling`, if there is one.
    """

    def __init__(self, limit: Limit, ceiling: Limit | None = None, most_addresses: int = LOCAL.max_addresses) -> None:
        self.default, self.ceiling = limit, ceiling
        self._most_addresses = most_addresses
        self._addresses: dict[str, Window] = {}
        self._keys: dict[str, _OfAWorkspace] = {}

    def take_for_address(self, address: str, now: datetime) -> tuple[Window, LimitExceeded | None]:
        """Counts one request of an address: its window, and the refusal where it is used up, which counts no further down."""
        if len(self._addresses) >= self._most_addresses:
            self._make_room(now.timestamp())
        return _take(self._addresses, counted_as(address), now.timestamp(), self.default)

    @property
    def addresses(self) -> int:
        """How many are counted."""
        return len(self._addresses)

    def take_for_key(
        self, workspace: str, key: str, now: datetime, offset: timedelta = _NOT_AHEAD, limit: tuple[int, int] | None = None
    ) -> tuple[Window, LimitExceeded | None]:
        """The same for a key of a workspace, whose clock is `offset` ahead of real time, and which may have a limit of its own."""
        windows = self._keys.get(workspace)
        if windows is None:
            windows = self._keys[workspace] = _OfAWorkspace(offset)
        elif windows.offset is not offset:
            windows.follow(offset)
        return _take(windows, key, now.timestamp(), self.in_force(limit))

    def allows(self, own: tuple[int, int]) -> bool:
        """Whether a workspace may have such a limit of its own."""
        return self.ceiling is None or self.ceiling.lets_through(own)

    def in_force(self, own: tuple[int, int] | None) -> tuple[int, int]:
        """The limit of a workspace; it may have got its own from a server with a higher ceiling."""
        if own is None:
            return self.default
        return own if self.ceiling is None or self.allows(own) else self.ceiling

    def open_anew(self, workspace: str) -> None:
        """The next request of each of the workspace's keys opens a new window."""
        self._keys.pop(workspace, None)

    def _make_room(self, now: float) -> None:
        """Guessing from many addresses must not fill the memory: windows that are over go, then the older half."""
        self._addresses = {who: window for who, window in self._addresses.items() if now < window.end}
        if len(self._addresses) >= self._most_addresses:
            for who in list(self._addresses)[: max(1, self._most_addresses // 2)]:
                del self._addresses[who]


def rate(limit: tuple[int, int]) -> str:
    """In words: `1000 requests in 3600 seconds`."""
    return f"{counted(limit[0], 'request')} in {counted(limit[1], 'second')}"


def _take(windows: dict[str, Window], who: str, now: float, limit: tuple[int, int]) -> tuple[Window, LimitExceeded | None]:
    window = windows.get(who)
    if window is None or not window.begin <= now < window.end:
        window = windows[who] = Window(limit[0], floor(now), floor(now) + limit[1])
    if window.used < window.limit:
        window.used += 1
        return window, None
    # So that `Date`, which has no fractions either, and this make `reset`.
    wait = max(1, window.reset - floor(now))
    return window, LimitExceeded(f"The limit of {rate(limit)} is used up; the next one is taken in {counted(wait, 'second')}", wait)
