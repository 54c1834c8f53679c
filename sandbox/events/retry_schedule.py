"""When a failed delivery is retried: the schedule that the Standard Webhooks specification proposes."""

from __future__ import annotations

from datetime import timedelta

RETRY_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
LONGEST = RETRY_AFTER[-1]
"""No receiver can ask for a longer pause."""


def next_due(failures: int, now: int, asked: timedelta | None = None) -> int | None:
    """When to try again after so many failures in a row, in microseconds as `now` is; None where that was the last try.

    A longer pause that the receiver `asked` for (Retry-After) is kept.
    """
    if failures > len(RETRY_AFTER):
        return None
    pause = max(RETRY_AFTER[failures - 1], min(asked or timedelta(0), LONGEST))
    return now + pause // timedelta(microseconds=1)


def believable(due: int, failures: int, now: int) -> int:
    """When a delivery is due: now, where that lies further ahead than any pause after so many failures; then the clock was ahead once."""
    longest = LONGEST // timedelta(microseconds=1) if failures else 0
    return due if due - now <= longest else now
