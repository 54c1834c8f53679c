"""The rate limit: headers on every response and their arithmetic; no limit is used up here."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from contract_tests.errors import Unable
from contract_tests.http.exchange import Exchange
from contract_tests.judging.probe import Probe, shown
from contract_tests.judging.readings import overall_reading
from contract_tests.judging.registry import observer, promise, reading
from contract_tests.judging.requests import STRANGER, no_op_call, path_values
from openapi.contract import Operation

_FAMILY = "rate limit"
_WHERE = "Rate Limiting"
LIMIT, REMAINING, RESET = _HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
_THE_LIMIT = 1000
_EPOCH_SECONDS = range(1_000_000_000, 100_000_000_000)
"""From 2001 to 5138: milliseconds lie beyond, and seconds until the reset below."""


def is_anonymous(probe: Probe, exchange: Exchange) -> bool:
    """Whether a request came with no valid key, as far as can be told."""
    return exchange.status == 401 or exchange.request.key is None or not probe.target.has(exchange.request.key)


@observer("rate-headers", family=_FAMILY, documented=_WHERE)
def every_answer_has_the_rate_headers(probe: Probe, exchange: Exchange) -> None:
    """Every answer, errors included, has `X-RateLimit-Limit`, `-Remaining` and `-Reset`, each once."""
    if exchange.answer is None:
        return
    named = [name for name, _ in exchange.answer.headers if name in _HEADERS]
    if is_anonymous(probe, exchange) and probe.reading("rate-anonymous") == "none":
        if exchange.request.key is None or exchange.status == 401:
            probe.check(not named, exchange, "no rate headers without a valid key", ", ".join(named))
        return
    for name in _HEADERS:
        probe.check(named.count(name) == 1, exchange, f"the header {name}, once", f"{named.count(name)} times")


@observer("rate-headers-are-sound", family=_FAMILY, documented=_WHERE)
def the_rate_headers_are_sound(probe: Probe, exchange: Exchange) -> None:
    """The rate headers are whole numbers: `Remaining` from 0 to `Limit`, and `Reset` in seconds since 1970."""
    for name in _HEADERS:
        if (text := exchange.got.header(name)) is not None:
            probe.check(exchange.got.integer(name) is not None, exchange, f"a whole number in {name}", text)
    limit, remaining, reset = map(exchange.got.integer, _HEADERS)
    if limit is not None and remaining is not None:
        probe.check(remaining <= limit and limit > 0, exchange, f"{REMAINING} at most {LIMIT}", f"{remaining} of {limit}")
    if reset is not None:
        probe.check(reset in _EPOCH_SECONDS, exchange, f"{RESET} in seconds since 1970", str(reset))


@reading("rate-anonymous", family=_FAMILY)
def how_requests_without_a_key_are_counted(probe: Probe) -> str:
    """Requests with no valid key are counted by address, with the rate headers, or carry no such headers, throughout."""
    operation = listing(probe)
    asked = [probe.call(operation, key=None), probe.call(operation, key=STRANGER), probe.call(operation, key=None)]
    code = overall_reading(probe, "rate-anonymous", [("none" if one.got.header(REMAINING) is None else "address", one) for one in asked])
    left = [exchange.got.integer(REMAINING) for exchange in asked]
    resets = {exchange.got.integer(RESET) for exchange in asked}
    if code == "address" and None not in left and len(resets) == 1 and left[2] != 0:
        fallen = left[0] != left[1] and left[1] != left[2]
        probe.check(fallen, asked[2], f"{REMAINING} to fall with each request of this address", f"{left}", before=asked[:2])
    return code


Kind = tuple[str, Callable[[Probe], Exchange]]


def _kinds(probe: Probe) -> Iterator[Kind]:
    """Requests of every kind that is answered at once, each of which must count."""
    operation = listing(probe)
    yield "200", lambda probe: probe.call(operation)
    yield "404 of a path", lambda probe: probe.send("GET", "/contract-tests")
    yield "400", lambda probe: probe.call(operation, query=[("page", "0")])
    if item := next((one for one in probe.contract.operations.values() if one.action == "read"), None):
        yield "404 of an object", lambda probe: probe.call(item, path=path_values(item))
    yield "HEAD", lambda probe: probe.send("HEAD", operation.path)
    if not probe.target.safe and "PATCH" not in probe.contract.paths[operation.path]:
        yield "405", lambda probe: probe.send("PATCH", operation.path)
    create = next((one for one in probe.contract.operations.values() if one.body is not None), None)
    if create is not None and not probe.target.safe:
        yield "400 of a body", lambda probe: probe.call(create, **no_op_call(create))
    yield "200 again", lambda probe: probe.call(operation)


@promise("remaining-falls-by-one", family=_FAMILY, documented=_WHERE, weight=7)
def remaining_falls_by_one(probe: Probe) -> None:
    """`X-RateLimit-Remaining` falls by one with each request of the key, whatever it is answered, and not below 0."""
    kinds = list(_kinds(probe))
    before = probe.call(listing(probe))
    for name, ask in kinds:
        after = ask(probe)
        if not _fallen(probe, before, after):  # a window may have ended in between, or somebody else used the key
            before = probe.call(listing(probe))
            after = ask(probe)
        wanted = max(0, (before.got.integer(REMAINING) or 0) - 1)
        seen = f"{REMAINING}: {after.got.header(REMAINING)}"
        probe.check(_fallen(probe, before, after), after, f"{REMAINING}: {wanted}, one less than before, for a {name}", seen, before=(before,))
        before = after


def _fallen(probe: Probe, before: Exchange, after: Exchange) -> bool:
    earlier, later = before.got.integer(REMAINING), after.got.integer(REMAINING)
    if earlier is None or later is None:
        return False
    rolls = probe.reading("rate-window") == "rolling"
    return later == max(0, earlier - 1) or (rolls and later >= earlier)


@promise("remaining-falls-throughout", family=_FAMILY, inferred="rate-window", weight=1)
def remaining_falls_throughout(probe: Probe) -> None:
    """On every operation and with every status a request counts once: 304, 400, 403, 404 and 405 like any other, a batch as one."""
    if probe.reading("rate-window") == "rolling":
        raise Unable("a window that rolls gives back what was used an hour before")
    pairs: dict[tuple[str, int], list[tuple[Exchange, Exchange]]] = defaultdict(list)
    last: dict[str, Exchange] = {}
    for exchange in probe.target.exchanges:
        if exchange.source != "probe":  # of these it is not known with which key they came
            last.clear()
        elif exchange.answer is not None and exchange.status != 431 and not is_anonymous(probe, exchange):  # 431 comes before the key is read
            key = exchange.request.key or ""
            if key in last and _of_one_window(probe, last[key], exchange):
                name = exchange.operation.id if exchange.operation else exchange.request.method
                pairs[name, exchange.status].append((last[key], exchange))
            last[key] = exchange
    for found in pairs.values():
        _check_falls(probe, found)


def _of_one_window(probe: Probe, before: Exchange, after: Exchange) -> bool:
    """Whether two answers tell of one window, which is not used up, and which no command opened anew between them."""
    earlier, later = ([exchange.got.integer(name) for name in _HEADERS] for exchange in (before, after))
    if None in (*earlier, *later) or after.status == 429:
        return False
    opened = probe.target.opened_anew
    commanded = bisect_left(opened, before.number) != bisect_left(opened, after.number)
    return earlier[0] == later[0] and earlier[2] == later[2] and earlier[1] != 0 and not commanded


def _check_falls(probe: Probe, pairs: list[tuple[Exchange, Exchange]]) -> None:
    """Most of them must fall by one: somebody else may have used the key once in a while."""
    falls = [(before.got.integer(REMAINING) or 0) - (after.got.integer(REMAINING) or 0) for before, after in pairs]
    wrong = [pair for pair, fall in zip(pairs, falls, strict=True) if fall != 1]
    probe.checks += 1
    if 0 in falls or len(wrong) * 2 > len(pairs):
        before, after = wrong[0]
        wanted = (before.got.integer(REMAINING) or 0) - 1
        probe.fault(after, f"{REMAINING}: {wanted}, one less than before", f"{REMAINING}: {after.got.header(REMAINING)}", before=(before,))


@promise("limit-is-per-key", family=_FAMILY, documented=_WHERE, weight=6)
def each_key_has_a_window_of_its_own(probe: Probe) -> None:
    """The requests of another key do not count for this one."""
    other = next((key for key in ("read-only", "staff") if probe.target.has(key)), None)
    if other is None:
        raise Unable("no second key was given (--read-only-key or --staff-key)")
    operation = listing(probe)
    for attempt in range(2):
        asked = [probe.call(operation), *(probe.call(operation, key=other) for _ in range(2)), probe.call(operation)]
        left = [exchange.got.integer(REMAINING) for exchange in asked]
        if None in left:
            raise Unable("the answers do not say how many requests remain")
        first, last = left[0] or 0, left[3] or 0
        own = last == max(0, first - 1) or (probe.reading("rate-window") == "rolling" and last >= first)
        if own or attempt:
            seen = f"{REMAINING}: {last}"
            probe.check(own, asked[3], f"{REMAINING}: {max(0, first - 1)}, since {other} asked in between", seen, before=asked[:3])
            return


def now(probe: Probe, exchange: Exchange) -> int | None:
    """The time by which the target counts, in epoch seconds, or the latest that it is known to be past; None where it does not tell."""
    if probe.control is not None:
        data = probe.control.get("/clock").data
        if isinstance(data, dict) and (moment := _epoch(data.get("now"))) is not None:
            return moment
    stamped = [moment for made in probe.context.created_objects if (moment := _epoch(made.document.get("created_at"))) is not None]
    if stamped:
        return max(stamped)
    date = exchange.got.header("date")
    return int(parsedate_to_datetime(date).timestamp()) if date else None


def _epoch(text: Any) -> int | None:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (TypeError, ValueError):
        return None


@promise("limit-is-1000-an-hour", family=_FAMILY, documented=_WHERE, weight=5)
def the_limit_is_a_thousand_an_hour(probe: Probe) -> None:
    """A key has 1000 requests an hour, and `X-RateLimit-Limit` says so."""
    lifted = probe.target.limit_lifted
    try:
        if probe.control is not None:
            probe.control.take_limit_away()
        exchange = probe.call(listing(probe))
    finally:
        if probe.control is not None and lifted:
            probe.control.lift_limit()
    probe.check(exchange.got.integer(LIMIT) == _THE_LIMIT, exchange, f"{LIMIT}: {_THE_LIMIT}", f"{LIMIT}: {exchange.got.header(LIMIT)}")


def listing(probe: Probe) -> Operation:
    """A list that every role may read. Raises Unable where the contract has none."""
    found = next((one for one in probe.contract.operations.values() if one.action == "list" and "read-only" in one.roles), None)
    if found is None:
        raise Unable("the contract has no list that every role may read")
    return found


def said(exchange: Exchange) -> str:
    """What an answer says of the limit, in a line."""
    told = [f"{name}: {value}" for name, value in exchange.got.headers if name in (*_HEADERS, "retry-after")]
    return f"{shown(exchange)[:80]} ({', '.join(told) or 'no rate headers'})"
