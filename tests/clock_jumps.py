"""From where to where a server's clock may jump, for the tests of all that goes by a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
BY = {
    "none": timedelta(0),
    "half a second": SECOND / 2,
    "a second": SECOND,
    "a minute": MINUTE,
    "an hour": HOUR,
    "23 hours": 23 * HOUR,
    "a day": DAY,
    "25 hours": 25 * HOUR,
    "two days": 2 * DAY,
    "60 days": 60 * DAY,
    "a year": 365 * DAY,
    "ten years": 3653 * DAY,
}
JUMPS: dict[str, tuple[datetime, datetime]] = {
    **{f"{name} ahead": (NOON, NOON + by) for name, by in BY.items()},
    **{f"{name} back": (NOON, NOON - by) for name, by in BY.items() if by},
    "from 1970": (datetime(1970, 1, 1, tzinfo=UTC), NOON),
    "from the last second of 1969": (datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC), NOON),
    "to 1970": (NOON, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
    "to before 1970": (NOON, datetime(1969, 12, 31, 12, 0, 0, 250_000, tzinfo=UTC)),
    "to 9999": (NOON, datetime(9999, 6, 1, tzinfo=UTC)),
    "from 9999": (datetime(9999, 6, 1, tzinfo=UTC), NOON),
}
ENDS: dict[str, tuple[datetime, datetime]] = {
    "to the calendar's last day": (NOON, datetime(9999, 12, 31, 1, tzinfo=UTC)),
    "to the calendar's last moment": (NOON, datetime.max.replace(tzinfo=UTC)),
    "from the calendar's last moment": (datetime.max.replace(tzinfo=UTC), NOON),
    "to the calendar's first moment": (NOON, datetime.min.replace(tzinfo=UTC)),
    "from the calendar's first moment": (datetime.min.replace(tzinfo=UTC), NOON),
}
"""Nothing can be due after those; but nothing may break either."""
