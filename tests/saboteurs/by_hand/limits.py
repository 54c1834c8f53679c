"""Rate limits that count wrongly, tell the wrong thing, or tell nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from email.utils import parsedate_to_datetime
from itertools import count
from math import ceil
from typing import Any

from contract_tests.http.exchange import Answer, Request
from tests.asgi import STAFF
from tests.saboteurs.interceptors import ANY, as_value, body_of, called, heads, is_one, refusal, with_header, with_json, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor, Put, intercepting, patching

RATE = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


FAMILY = "rate limit"


def _limiter(put: Put, taken: Callable[[Any, Any, Any, Any], tuple[Any, Any]]) -> None:
    from sandbox.edge import rate_limit

    put(rate_limit, "_take", taken)


def _refused(window: Any, now: float, *, status: Any = None) -> tuple[Any, Any]:
    from sandbox.errors import LimitExceeded

    return window, LimitExceeded("The limit is used up", max(1, ceil(window.end - now)))


def _window(windows: Any, who: Any, now: float, limit: Any, *, anew: bool = True) -> Any:
    from sandbox.edge.rate_limit import Window

    window = windows.get(who)
    if window is None or (anew and not window.begin <= now < window.end):
        window = windows[who] = Window(limit[0], int(now), int(now) + limit[1])
    return window


@patching(FAMILY)
def the_limit_refuses_one_too_late(put: Put) -> None:
    def taken(windows: Any, who: Any, now: Any, limit: Any) -> tuple[Any, Any]:
        window = _window(windows, who, now, limit)
        if window.used <= window.limit:
            window.used += 1
            return window, None
        return _refused(window, now)

    _limiter(put, taken)


@patching(FAMILY)
def the_limit_refuses_one_too_early(put: Put) -> None:
    def taken(windows: Any, who: Any, now: Any, limit: Any) -> tuple[Any, Any]:
        window = _window(windows, who, now, limit)
        if window.used < window.limit - 1:
            window.used += 1
            return window, None
        return _refused(window, now)

    _limiter(put, taken)


@patching(FAMILY)
def the_limit_never_refuses(put: Put) -> None:
    def taken(windows: Any, who: Any, now: Any, limit: Any) -> tuple[Any, Any]:
        window = _window(windows, who, now, limit)
        window.used += 1
        return window, None

    _limiter(put, taken)


@patching(FAMILY)
def a_window_never_opens_anew(put: Put) -> None:
    def taken(windows: Any, who: Any, now: Any, limit: Any) -> tuple[Any, Any]:
        window = _window(windows, who, now, limit, anew=False)
        if window.used < window.limit:
            window.used += 1
            return window, None
        return _refused(window, now)

    _limiter(put, taken)


@patching(FAMILY)
def refused_requests_put_the_end_of_the_window_off(put: Put) -> None:
    def taken(windows: Any, who: Any, now: Any, limit: Any) -> tuple[Any, Any]:
        window = _window(windows, who, now, limit)
        if window.used < window.limit:
            window.used += 1
            return window, None
        windows[who] = type(window)(window.limit, window.begin, int(now) + limit[1] + 60, window.used)
        return _refused(windows[who], now)

    _limiter(put, taken)


@patching(FAMILY)
def all_keys_share_one_window(put: Put) -> None:
    from sandbox.edge import rate_limit

    true = rate_limit._take
    _limiter(put, lambda windows, who, now, limit: true(windows, "everybody", now, limit))


@patching(FAMILY)
def a_request_counts_twice(put: Put) -> None:
    from sandbox.edge import rate_limit

    true = rate_limit._take

    def taken(windows: Any, who: Any, now: Any, limit: Any) -> tuple[Any, Any]:
        true(windows, who, now, limit)
        return true(windows, who, now, limit)

    _limiter(put, taken)


@intercepting(FAMILY)
def remaining_does_not_fall_on_404() -> Interceptor:
    return _uncounted(lambda request, answer: answer.status == 404)


@intercepting(FAMILY)
def remaining_does_not_fall_on_400() -> Interceptor:
    return _uncounted(lambda request, answer: answer.status == 400)


@intercepting(FAMILY)
def remaining_does_not_fall_on_403() -> Interceptor:
    return _uncounted(lambda request, answer: answer.status == 403)


@intercepting(FAMILY)
def remaining_does_not_fall_on_405() -> Interceptor:
    return _uncounted(lambda request, answer: answer.status == 405)


@intercepting(FAMILY, raw=True)
def remaining_does_not_fall_on_304() -> Interceptor:
    return _uncounted(lambda request, answer: answer.status == 304)


@intercepting(FAMILY, raw=True)
def remaining_does_not_fall_on_head() -> Interceptor:
    return _uncounted(lambda request, answer: request.method == "HEAD")


@intercepting(FAMILY)
def a_batch_counts_for_each_of_its_customers() -> Interceptor:
    spent: dict[tuple[str | None, str | None], int] = {}

    def counts(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        window = (key, answer.header("x-ratelimit-reset"))
        if answer.status == 201 and is_one(request, ["batchCreateCustomers"]):
            spent[window] = spent.get(window, 0) + len(body_of(request)["customers"]) - 1
        return _less(answer, spent.get(window, 0))

    return counts


@intercepting(FAMILY)
def remaining_never_falls() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-remaining", str(int(answer.header("x-ratelimit-limit") or 1) - 1)))


@intercepting(FAMILY)
def remaining_falls_below_nothing() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-remaining", "-1"), statuses=(429,))


@intercepting(FAMILY)
def remaining_is_what_was_used() -> Interceptor:
    def used(request: Request, answer: Answer) -> Answer:
        return with_header(answer, "x-ratelimit-remaining", str(_number(answer, "x-ratelimit-limit") - _number(answer, "x-ratelimit-remaining")))

    return heads(used)


@intercepting(FAMILY)
def the_limit_is_told_as_half_of_what_it_is() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-limit", str(_number(answer, "x-ratelimit-limit") // 2)))


@intercepting(FAMILY, "shape")
def the_limit_is_told_with_its_window() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-limit", f"{answer.header('x-ratelimit-limit')};w=3600"))


@intercepting(FAMILY)
def reset_jitters() -> Interceptor:
    turns = count()
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-reset", str(_number(answer, "x-ratelimit-reset") + next(turns) % 5)))


@intercepting(FAMILY)
def reset_is_in_milliseconds() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-reset", f"{answer.header('x-ratelimit-reset')}000"))


@intercepting(FAMILY)
def reset_is_in_so_many_seconds() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-reset", "3600"))


@intercepting(FAMILY, "shape")
def reset_is_a_date() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-reset", "2025-07-01T10:00:00Z"))


@intercepting(FAMILY)
def reset_is_an_hour_ago() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-reset", str(_number(answer, "x-ratelimit-reset") - 7200)))


@intercepting(FAMILY)
def reset_is_in_the_time_of_a_clock_that_is_ahead() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "x-ratelimit-reset", str(_number(answer, "x-ratelimit-reset") + 5 * 86_400)))


@intercepting(FAMILY)
def reset_is_always_an_hour_off() -> Interceptor:
    def off(request: Request, answer: Answer) -> Answer:
        moment = parsedate_to_datetime(answer.header("date") or "").timestamp()
        return with_header(answer, "x-ratelimit-reset", str(int(moment) + 3600))

    return heads(off)


@intercepting(FAMILY)
def retry_after_is_a_minute_too_long() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "retry-after", str(_number(answer, "retry-after") + 60)), statuses=(429,))


@intercepting(FAMILY, "http")
def the_path_is_looked_at_before_the_limit() -> Interceptor:
    def looked(request: Request, answer: Answer) -> Answer:
        return answer if called(request) else without_headers(refusal(answer, 404, f"There is nothing at {request.path}"), "retry-after")

    return heads(looked, statuses=(429,))


@intercepting(FAMILY)
def retry_after_is_nothing() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "retry-after", "0"), statuses=(429,))


@intercepting(FAMILY)
def retry_after_is_an_epoch() -> Interceptor:
    return heads(lambda request, answer: with_header(answer, "retry-after", answer.header("x-ratelimit-reset") or ""), statuses=(429,))


@intercepting(FAMILY, "shape")
def a_429_has_no_retry_after() -> Interceptor:
    return heads(lambda request, answer: without_headers(answer, "retry-after"), statuses=(429,))


@intercepting(FAMILY, "errors", "shape")
def a_429_is_no_envelope() -> Interceptor:
    return heads(lambda request, answer: with_json(answer, {"error": "slow down"}), statuses=(429,))


@intercepting(FAMILY)
def the_headers_have_no_x() -> Interceptor:
    def renamed(request: Request, answer: Answer) -> Answer:
        return Answer(answer.status, tuple((name.removeprefix("x-"), value) for name, value in answer.headers), answer.body)

    return heads(renamed)


@intercepting(FAMILY, "state")
def a_request_over_the_limit_is_refused_and_done() -> Interceptor:

    def does(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 429 and request.method in ("POST", "PUT", "DELETE"):
            forward(replace(request, key_in_query=False), STAFF)
        return answer

    return does


def _headerless(status: int) -> Callable[[], Interceptor]:
    return lambda: heads(lambda request, answer: without_headers(answer, *RATE), statuses=(status,))


for _status in (304, 400, 401, 403, 404, 405, 415, 429):
    _made = _headerless(_status)
    _made.__name__ = f"rate_headers_are_missing_on_{_status}"
    intercepting(FAMILY, "shape", *(("caching",) if _status == 304 else ()), raw=_status == 304)(_made)


def _number(answer: Answer, name: str) -> int:
    value = answer.header(name)
    return int(value) if value is not None and value.lstrip("-").isdigit() else 0


def _less(answer: Answer, by: int) -> Answer:
    left = max(0, _number(answer, "x-ratelimit-remaining") - by)
    return answer if not by else with_header(answer, "x-ratelimit-remaining", str(left))


def _uncounted(is_free: Callable[[Request, Answer], bool], statuses: Collection[int] = ANY) -> Interceptor:
    """Requests of some kind do not count; told by the headers alone, which is all that a client sees of it."""
    free: dict[tuple[str | None, str | None], int] = {}

    def counts(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        window = (key, answer.header("x-ratelimit-reset"))
        if answer.status in statuses and answer.status != 429 and is_free(request, answer):
            free[window] = free.get(window, 0) + 1
        return _less(answer, -free.get(window, 0)) if as_value(answer) is not None or answer.status == 304 or request.method == "HEAD" else answer

    return counts
