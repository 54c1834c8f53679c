"""When a window of the rate limit ends: `Reset` is a moment of real time, which `Date` agrees with."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import observer, promise
from contract_tests.promises.rate_limit import RESET, listing

_FAMILY = "rate limit"
_DECISION = "rate-window"
AN_HOUR = 3600
SKEW = 2
"""So many seconds may lie between two ways to tell the time: both are rounded, and an answer takes a moment."""


def real_time(probe: Probe, exchange: Exchange) -> int:
    """When an answer was given, in epoch seconds of real time: by its `Date`, by this machine's clock where it has none."""
    return _date(exchange) or int(probe.context.now().timestamp())


def _date(exchange: Exchange) -> int | None:
    try:
        return int(parsedate_to_datetime(exchange.got.header("date") or "").timestamp())
    except ValueError:
        return None


@promise("reset-is-steady-and-ahead", family=_FAMILY, inferred=_DECISION, weight=6)
def reset_is_steady_and_ahead(probe: Probe) -> None:
    """`X-RateLimit-Reset` lies ahead, at most an hour, and does not move from one request to the next."""
    operation = listing(probe)
    for attempt in range(2):
        asked = [probe.call(operation), probe.send("GET", "/contract-tests"), probe.call(operation)]
        resets = [exchange.got.integer(RESET) for exchange in asked]
        if None in resets:
            raise Unable("the answers do not say when the window ends")
        steady = len(set(resets)) == 1 or probe.reading(_DECISION) == "rolling"
        if steady or attempt:  # a window may have ended in between, but not twice
            probe.check(steady, asked[2], f"{RESET}: {resets[0]}, as in the answer before", f"{resets}", before=asked[:2])
            break
    _check_ahead(probe, asked[2], real_time(probe, asked[2]))


@observer("reset-agrees-with-date", family=_FAMILY, inferred=_DECISION)
def reset_is_in_real_time(probe: Probe, exchange: Exchange) -> None:
    """`X-RateLimit-Reset` is a moment of real time: from the answer's `Date` to an hour after it, whatever the target's own clock says."""
    moment = _date(exchange)
    if moment is not None and exchange.got.integer(RESET) is not None:
        _check_ahead(probe, exchange, moment)


def _check_ahead(probe: Probe, exchange: Exchange, moment: int) -> None:
    reset = exchange.got.integer(RESET) or 0
    wanted = f"{RESET} from {moment}, when this was answered, to an hour later"
    probe.check(moment - SKEW <= reset <= moment + AN_HOUR + SKEW, exchange, wanted, f"{RESET}: {reset}, {reset - moment} seconds after it")
