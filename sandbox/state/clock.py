"""The source of time. Everything else is passed a clock; only this file calls `datetime.now()`."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

_A_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Tells an aware moment in UTC, microseconds kept."""

    def now(self) -> datetime: ...


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Stands still until it is moved: for seeding and for tests."""

    def __init__(self, start: datetime) -> None:
        self._now = _in_utc(start)

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        self._now = _in_utc(moment)

    def advance(self, by: timedelta) -> None:
        self._now += by


class OffsetClock:
    """A workspace's clock: runs with another one, `offset` ahead of it (behind, where negative)."""

    def __init__(self, base: Clock, offset: timedelta = timedelta(0)) -> None:
        self._base = base
        self.offset = offset

    def now(self) -> datetime:
        return self._base.now() + self.offset

    def set(self, moment: datetime) -> None:
        """Make this `moment` the present; the clock runs on from there."""
        self.offset = _in_utc(moment) - self._base.now()

    def advance(self, by: timedelta) -> None:
        self.offset += by


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, never rounded up: `2024-01-15T10:00:00Z`."""
    return _text_of((_in_utc(moment) - _EPOCH) // _A_SECOND)


@lru_cache(maxsize=16)
def _text_of(second: int) -> str:
    """Many documents are written in one second, so its text is kept."""
    return f"{(_EPOCH + timedelta(seconds=second)).isoformat()[:19]}Z"


def microseconds(moment: datetime) -> int:
    """Since the beginning of 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; a clock needs an aware moment")
    return moment.astimezone(UTC)
