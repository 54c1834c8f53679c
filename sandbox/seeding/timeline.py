"""When things happen in a scenario: during working hours, in order, and never after its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

_OPENS, _CLOSES = 8, 18
_FRIDAY = 4


def working_moments(rng: Random, starts: datetime, ends: datetime, count: int) -> list[datetime]:
    """So many moments between two, evenly spread but for chance, in order; the first is `starts` itself."""
    slot = (ends - starts) / max(count, 1)
    later = (starts + slot * (place + rng.random()) for place in range(1, count))
    moments = [starts][:count] + [min(max(_at_work(rng, moment), starts), ends) for moment in later]
    return sorted(moments)


def some_time_after(rng: Random, moment: datetime, shortest: timedelta, longest: timedelta, ends: datetime) -> datetime:
    """A moment at work, not before `moment` and not after `ends`, even where that is sooner than `shortest`."""
    until = min(moment + longest, ends)
    since = min(moment + shortest, until)
    return min(max(_at_work(rng, since + (until - since) * rng.random()), moment), ends)


def _at_work(rng: Random, moment: datetime) -> datetime:
    weekend = max(moment.weekday() - _FRIDAY, 0)
    hour, minute, second = rng.randrange(_OPENS, _CLOSES), rng.randrange(60), rng.randrange(60)
    return moment.replace(hour=hour, minute=minute, second=second, microsecond=0) - timedelta(days=weekend)
