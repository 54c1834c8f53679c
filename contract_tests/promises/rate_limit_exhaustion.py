"""The rate limit, used up: 429 after exactly so many requests, what it says and does, and how its window opens anew.

It is used up on the control plane's terms, a few requests in a window that the clock is moved through; where there is no
control plane only with a limit that may be spent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from contract_tests.errors import Unable
from contract_tests.http.control_plane import Control
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe
from contract_tests.judging.registry import Needs, promise, reading
from contract_tests.judging.requests import body_for
from contract_tests.promises.rate_limit import LIMIT, REMAINING, RESET, listing, now, said
from contract_tests.promises.rate_limit_reset import SKEW, real_time

_FAMILY = "rate limit"
_WHERE = "Rate Limiting"
_DECISION = "rate-window"
_CONTROLLED = Needs(control=True)
_FEW, _HOUR, _MINUTE = 3, 3600, 60
_MOST_SPENT = 5000


@contextmanager
def _limited(probe: Probe, limit: int) -> Iterator[Control]:
    """A limit of so many requests an hour, in an hour of the clock that has just begun; afterwards it is lifted again, if it was."""
    control, lifted = probe.require_control(), probe.target.limit_lifted
    try:
        moment = now(probe, Exchange(0, probe.target.exchanges[-1].request, None)) if probe.target.exchanges else None
        if moment is not None:
            control.advance(f"PT{_HOUR - moment % _HOUR + 1}S")
        control.set_limit(limit, _HOUR)
        probe.target.limit_lifted = True  # the limit is met on purpose
        yield control
    finally:
        if lifted:
            control.lift_limit()
        else:
            control.take_limit_away()


@reading(_DECISION, family=_FAMILY, needs=_CONTROLLED)
def which_window_is_counted(probe: Probe) -> str:
    """An hour's window opens at the first request, with the hour of the clock, or rolls; it is one of these."""
    operation = listing(probe)
    with _limited(probe, 10) as control:
        control.advance("PT7M")
        first = probe.call(operation)
        control.advance("PT25M")
        second = probe.call(operation)
        control.advance("PT36M")
        third = probe.call(operation)
    asked = [first, second, third]
    resets, left = ([exchange.got.integer(name) for exchange in asked] for name in (RESET, REMAINING))
    if None in (*resets, *left):
        raise Unable("the answers do not tell of a window")
    ahead = [(reset or 0) - real_time(probe, exchange) for reset, exchange in zip(resets, asked, strict=True)]
    if left == [9, 8, 8]:  # the first is gone after an hour, and the second still counts
        return "rolling"
    if left == [9, 8, 9]:
        code = next((code for code, minutes in _WINDOWS.items() if _alike(ahead, minutes)), None)
        if code is not None:
            return code
    seen = "; ".join(said(exchange) for exchange in asked)
    probe.fault(third, "a window that is fixed, the hour of the clock, or rolls, asked after 0, 25 and 61 minutes", seen, before=asked[:2])
    return "fixed"


_SECONDS_OFF = 5
"""So many seconds may pass between requests and the moves of the clock, and be rounded."""
_WINDOWS: Mapping[str, tuple[int, int, int]] = {"fixed": (60, 35, 60), "clock-hour": (53, 28, 52)}
"""How many minutes each leaves to requests at 7, 32 and 68 minutes past an hour of the target's clock."""


def _alike(seconds: Sequence[int], minutes: Sequence[int]) -> bool:
    return all(abs(one - other * _MINUTE) <= _SECONDS_OFF for one, other in zip(seconds, minutes, strict=True))


def _used_up(probe: Probe) -> tuple[list[Exchange], Exchange]:
    """As many requests as the limit allows, and one more; Unable where the last is no 429, which is a promise of its own."""
    operation = listing(probe)
    taken = [probe.call(operation) for _ in range(_FEW)]
    over = probe.call(operation)
    if over.status != 429:
        raise Unable(f"the request after the limit was answered {over.status}")
    return taken, over


@promise("limit-is-exact", family=_FAMILY, documented=_WHERE, needs=_CONTROLLED, weight=6)
def the_limit_is_exact(probe: Probe) -> None:
    """Exactly as many requests as the limit says are answered, `Remaining` counts them down to 0, and the next one is 429."""
    operation = listing(probe)
    with _limited(probe, _FEW):
        asked: list[Exchange] = []
        for number in range(1, _FEW + 1):
            exchange = probe.call(operation)
            probe.expect(exchange, 200, why=f"since it is request {number} of {_FEW}", before=asked)
            probe.check(exchange.got.integer(LIMIT) == _FEW, exchange, f"{LIMIT}: {_FEW}", said(exchange))
            wanted = _FEW - number
            probe.check(exchange.got.integer(REMAINING) == wanted, exchange, f"{REMAINING}: {wanted}", said(exchange), before=asked)
            asked.append(exchange)
        over = probe.call(operation)
        probe.expect(over, 429, why=f"since {_FEW} requests were allowed", before=asked)


@promise("429-says-when-to-come-back", family=_FAMILY, inferred=_DECISION, needs=_CONTROLLED, weight=5)
def a_429_says_when_to_come_back(probe: Probe) -> None:
    """A 429 has the error envelope, `Remaining` 0, and a `Retry-After` in seconds that agrees with `Reset`."""
    with _limited(probe, _FEW) as control:
        _used_up(probe)
        control.advance("PT20M")
        over = probe.call(listing(probe))
        if not probe.expect(over, 429, why="since the limit is used up"):
            return
        probe.check(over.got.envelope.get("success") is False and bool(over.got.envelope.get("message")), over, "the error envelope")
        probe.check(over.got.integer(REMAINING) == 0, over, f"{REMAINING}: 0", said(over))
        wait, reset, moment = over.got.integer("retry-after"), over.got.integer(RESET), real_time(probe, over)
        probe.check(bool(wait), over, "Retry-After, in whole seconds from 1 up", said(over))
        if wait and reset and probe.reading(_DECISION) != "rolling":
            probe.check(abs(moment + wait - reset) <= SKEW, over, f"Retry-After: {reset - moment}, when {RESET} comes", said(over))


@promise("429-does-nothing", family=_FAMILY, inferred=_DECISION, needs=Needs(writes=True, control=True), weight=5)
def a_429_does_nothing(probe: Probe) -> None:
    """A write that is refused for the limit stores nothing, and refused requests do not count further down."""
    operation = listing(probe)
    create = probe.operation(operation.resource, "create")
    body = body_for(probe, create)
    with _limited(probe, _FEW):
        before = probe.call(operation)
        _taken, over = [probe.call(operation) for _ in range(_FEW - 1)], probe.call(create, json=body)
        again = [probe.call(operation) for _ in range(2)]
    after = probe.call(operation)
    if not probe.expect(over, 429, why="since the limit is used up"):
        return
    rows = [row.get("id") for row in after.got.rows if isinstance(row, dict)]
    kept = after.got.envelope.get("meta") == before.got.envelope.get("meta") and len(rows) == len(before.got.rows)
    probe.check(kept, after, "as many objects as before a create was answered 429", before=(before, over))
    for exchange in again:
        probe.expect(exchange, 429, why="since the limit is used up")
        probe.check(exchange.got.integer(REMAINING) == 0, exchange, f"{REMAINING}: 0, however many are refused", said(exchange), before=(over,))


@promise("429-comes-before-the-path", family=_FAMILY, inferred="status-codes", needs=_CONTROLLED, weight=4)
def a_429_comes_before_the_path(probe: Probe) -> None:
    """Once the limit is used up, an unknown path and a method that a path lacks are answered 429 too."""
    if probe.reading("status-codes") != "http":
        raise Unable("the order is of HTTP's own codes, which the target does not speak")
    with _limited(probe, _FEW):
        _taken, over = _used_up(probe)
        asked = [probe.send("GET", "/contract-tests"), *([] if probe.target.safe else [probe.send("PATCH", listing(probe).path)])]
    for exchange in asked:
        probe.expect(exchange, 429, why="since the limit is used up", before=(over,))


@promise("window-opens-anew", family=_FAMILY, inferred=_DECISION, needs=_CONTROLLED, weight=5)
def the_window_opens_anew(probe: Probe) -> None:
    """After `Retry-After` seconds, and not before, requests are answered again, as many as before."""
    operation = listing(probe)
    with _limited(probe, _FEW) as control:
        _taken, over = _used_up(probe)
        wait = over.got.integer("retry-after") or 0
        if wait < 2 * _MINUTE:
            raise Unable(f"the 429 does not say when to come back: {said(over)}")
        control.advance(f"PT{wait - _MINUTE}S")
        early = probe.call(operation)
        probe.expect(early, 429, why=f"since a minute is left of Retry-After: {wait}", before=(over,))
        control.advance(f"PT{_MINUTE}S")
        late = probe.call(operation)
        probe.expect(late, 200, why=f"since Retry-After: {wait} is over", before=(over,))
        if probe.reading(_DECISION) != "rolling":
            probe.check(late.got.integer(REMAINING) == _FEW - 1, late, f"{REMAINING}: {_FEW - 1}, in a new window", said(late), before=(over,))
            ahead = (late.got.integer(RESET) or 0) - real_time(probe, late)
            probe.check(ahead > _MINUTE, late, f"{RESET} at the end of the new window", said(late), before=(over,))


@promise("limit-is-spent-exactly", family=_FAMILY, documented=_WHERE, weight=1)
def the_whole_limit_can_be_spent(probe: Probe) -> None:
    """Without a control plane: when `Remaining` has come to 0 the next request is 429, with `Retry-After`, and none was before."""
    if probe.control is None and not probe.context.exhaust_limit:
        raise Unable("a real limit is spent only with --exhaust-limit")
    if probe.control is not None and not probe.context.exhaust_limit:
        with _limited(probe, 25):
            _spend(probe, "administrator")
        return
    lifted, probe.target.limit_lifted = probe.target.limit_lifted, True
    try:
        _spend(probe, next((key for key in ("read-only", "staff") if probe.target.has(key)), "administrator"))
    finally:
        probe.target.limit_lifted = lifted


def _spend(probe: Probe, key: str) -> None:
    operation = listing(probe)
    last = probe.call(operation, key=key)
    for _ in range(_MOST_SPENT):
        if not last.got.integer(REMAINING):
            break
        following = probe.call(operation, key=key)
        probe.require(following.status == 200, following, f"200, since {last.got.integer(REMAINING)} were left", said(following), before=(last,))
        last = following
    over = probe.call(operation, key=key)
    if probe.expect(over, 429, why=f"since none was left: {said(last)}", before=(last,)):
        probe.check(bool(over.got.integer("retry-after")), over, "Retry-After, in whole seconds from 1 up", said(over))
