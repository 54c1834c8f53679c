"""The promises on the rate limit are kept by the sandbox, and each finds the fault that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from contract_tests.http.exchange import Answer, Request
from contract_tests.judging.verdicts import Verdict
from contract_tests.promises import promises
from sandbox.edge import rate_limit
from sandbox.errors import LimitExceeded
from sandbox.state.clock import ManualClock
from tests.asgi import ADMINISTRATOR, STAFF, START
from tests.dialects.dialect import altered
from tests.saboteurs.interceptors import heads, with_header, with_json, with_status, without_headers
from tests.saboteurs.saboteur import Forward, Interceptor, Put
from tests.suite.broken_promises import promises_broken_by, requests_of_three_runs, written_in
from tests.suite.conftest import FindBetween
from tests.suite.in_process import InProcess, served, suite_run

LIMIT, REMAINING, RESET = "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"
OWN = (*written_in("rate_limit", "rate_limit_exhaustion", "rate_limit_reset"),)
Taken = tuple[rate_limit.Window, LimitExceeded | None]


def test_the_sandbox_keeps_them_three_times_in_a_row() -> None:
    assert max(requests_of_three_runs("rate_limit", "rate_limit_exhaustion", "rate_limit_reset")) < 90


def test_the_limit_and_the_clock_are_as_they_were_afterwards() -> None:
    with served() as server:
        suite_run(server.app, only=OWN)
        facts = server.workspaces.get("default").metadata
        assert facts.limit is None
        reply = suite_run(server.app, only={"limit-is-1000-an-hour"}, control=False).context.target.exchanges[0]
        assert reply.got.header(LIMIT) == "1000"


def test_without_the_control_plane_no_limit_is_used_up() -> None:
    with served() as server:
        run = suite_run(server.app, only=OWN, control=False)
    assert {one.status for one in run.context.target.exchanges} & {429} == set()
    not_checked = {id for id, outcome in run.outcomes.items() if outcome.verdict is Verdict.NOT_CHECKED}
    assert not_checked == written_in("rate_limit_exhaustion")


def test_with_the_limit_to_spend_a_real_one_is_used_up() -> None:
    with served(rate_limit=(40, 3600)) as server:
        transport = InProcess(server.app)
        run = suite_run(transport, only={"speaks-rate-anonymous"}, control=False)
        run.context.exhaust_limit = True
        outcome = run.check(promises()["limit-is-spent-exactly"])
        transport.close()
    assert outcome.verdict is Verdict.KEPT
    assert outcome.requests == 41
    assert {one.request.key for one in run.context.target.exchanges[-41:]} == {"read-only"}


def at_status(status: int, change: Callable[[Request, Answer], Answer]) -> Interceptor:
    return heads(change, statuses=(status,))


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 405, 415, 429])
@pytest.mark.parametrize("name", [LIMIT, REMAINING, RESET])
def test_a_rate_header_that_lacks_on_one_status_is_found(status: int, name: str, find_between: FindBetween) -> None:
    lacks = at_status(status, lambda request, answer: without_headers(answer, name))
    assert "rate-headers" in find_between("rate-headers", "speaks-status-codes", "limit-is-exact", "roles", "unknown-key-is-refused", between=lacks)


@pytest.mark.parametrize(
    ("name", "value"),
    [(RESET, "1751360400000"), (RESET, "3600"), (REMAINING, "-1"), (REMAINING, "1000001"), (LIMIT, "1000 per hour")],
)
def test_a_rate_header_that_is_no_sound_number_is_found(name: str, value: str, find_between: FindBetween) -> None:
    odd = heads(lambda request, answer: with_header(answer, name, value))
    assert "rate-headers-are-sound" in find_between("rate-headers-are-sound", "roles", between=odd)


@pytest.mark.parametrize("status", [200, 400, 404, 405])
def test_a_status_that_does_not_count_is_found(status: int, find_between: FindBetween) -> None:
    uncounted = _Counter(lambda answer: answer.status != status)
    assert "remaining-falls-by-one" in find_between("remaining-falls-by-one", between=uncounted)


@pytest.mark.parametrize("status", [201, 403, 415])
def test_a_status_that_does_not_count_is_found_wherever_it_was_asked(status: int, find_between: FindBetween) -> None:
    uncounted = _Counter(lambda answer: answer.status != status)
    asked = ("refused-callers-change-nothing", "roles", "speaks-status-codes", "read-back", "state")
    assert "remaining-falls-throughout" in find_between("remaining-falls-throughout", *asked, between=uncounted)


class _Counter:
    """Counts the requests of each key anew, but not those that it does not count."""

    def __init__(self, counts: Callable[[Answer], bool]) -> None:
        self._counts = counts
        self._used: dict[str | None, int] = {}

    def __call__(self, request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        self._used[key] = self._used.get(key, 0) + self._counts(answer)
        return with_header(answer, REMAINING, str(900_000 - self._used[key]))


def test_one_window_for_all_keys_is_found(find_between: FindBetween) -> None:
    shared = [900_000]

    def counts(request: Request, key: str | None, forward: Forward) -> Answer:
        shared[0] -= 1
        return with_header(forward(request, key), REMAINING, str(shared[0]))

    assert find_between("limit-is-per-key", between=counts) == {"limit-is-per-key"}


def test_a_reset_that_moves_is_found(find_between: FindBetween) -> None:
    moments = [1_751_367_000]

    def moves(request: Request, answer: Answer) -> Answer:
        moments[0] += 1
        return with_header(answer, RESET, str(moments[0]))

    assert find_between("reset-is-steady-and-ahead", between=heads(moves)) == {"reset-is-steady-and-ahead"}


@pytest.mark.parametrize("reset", ["1500000000", "1951360400"])
def test_a_reset_that_is_past_or_far_off_is_found(reset: str, find_between: FindBetween) -> None:
    assert "reset-is-steady-and-ahead" in find_between(
        "reset-is-steady-and-ahead", between=heads(lambda _, answer: with_header(answer, RESET, reset))
    )


def test_without_a_date_it_is_this_machines_clock_that_reset_agrees_with() -> None:
    dateless = heads(lambda request, answer: without_headers(answer, "date"))
    with altered(between=dateless) as transport:
        for now, verdict in ((START, Verdict.KEPT), (START + timedelta(days=1), Verdict.BROKEN)):
            run = suite_run(transport, only={"speaks-rate-anonymous"}, control=False)
            run.context.now = ManualClock(now).now
            assert run.check(promises()["reset-is-steady-and-ahead"]).verdict is verdict


@pytest.mark.parametrize("seconds", [-3600, -60, 3700, 86_400, 40 * 86_400])
def test_a_reset_that_does_not_agree_with_date_is_found(seconds: int, find_between: FindBetween) -> None:
    def off(request: Request, answer: Answer) -> Answer:
        moment = parsedate_to_datetime(answer.header("date") or "").timestamp()
        return with_header(answer, RESET, str(int(moment) + seconds))

    assert find_between("reset-agrees-with-date", "create-sparse", between=heads(off)) == {"reset-agrees-with-date"}


def test_another_limit_than_the_documented_one_is_found(find_between: FindBetween) -> None:
    def smaller(request: Request, answer: Answer) -> Answer:
        return with_header(answer, LIMIT, "500") if answer.header(LIMIT) == "1000" else answer

    assert find_between("limit-is-1000-an-hour", between=heads(smaller)) == {"limit-is-1000-an-hour"}


def off_by(more: int) -> Callable[[Put], None]:
    """A limit of some requests more or less than the headers say."""

    def patch(put: Put) -> None:
        def take(windows: dict[str, rate_limit.Window], who: str, now: float, limit: tuple[int, int]) -> Taken:
            window = windows.get(who)
            if window is None or not window.begin <= now < window.end:
                window = rate_limit.Window(limit[0], int(now), int(now) + limit[1])
            windows[who] = window
            window.used += 1
            return window, None if window.used <= limit[0] + more else LimitExceeded("Too many", max(1, int(window.end - now) + 1))

        put(rate_limit, "_take", take)

    return patch


@pytest.mark.parametrize("more", [-1, 1])
def test_a_limit_that_is_off_by_one_is_found(more: int) -> None:
    assert {"limit-is-exact", "limit-is-spent-exactly"} <= promises_broken_by(*written_in("rate_limit_exhaustion"), patch=off_by(more))


@pytest.mark.parametrize(
    ("id", "interceptor"),
    [
        ("429-says-when-to-come-back", at_status(429, lambda _, answer: without_headers(answer, "retry-after"))),
        ("429-says-when-to-come-back", at_status(429, lambda _, answer: with_header(answer, "retry-after", "60"))),
        ("429-says-when-to-come-back", at_status(429, lambda _, answer: with_json(answer, {"error": "Too many"}))),
        ("429-does-nothing", at_status(429, lambda _, answer: with_header(answer, REMAINING, "7"))),
        ("limit-is-exact", at_status(429, lambda _, answer: with_status(answer, 503))),
        ("window-opens-anew", at_status(429, lambda _, answer: with_header(answer, "retry-after", "1800"))),
    ],
    ids=["no Retry-After", "a wrong one", "no envelope", "Remaining", "503", "too early"],
)
def test_a_429_that_is_not_what_it_should_be_is_found(id: str, interceptor: Interceptor, find_between: FindBetween) -> None:
    assert id in find_between(id, between=interceptor)


def test_a_refused_request_that_is_done_all_the_same_is_found(find_between: FindBetween) -> None:
    def does(request: Request, key: str | None, forward: Forward) -> Answer:
        answer = forward(request, key)
        if answer.status == 429 and request.method == "POST" and key == ADMINISTRATOR:
            forward(request, STAFF)
        return answer

    assert find_between("429-does-nothing", between=does) == {"429-does-nothing"}


def test_a_window_that_never_opens_anew_is_found() -> None:
    def patch(put: Put) -> None:
        once = rate_limit._take

        def take(windows: dict[str, rate_limit.Window], who: str, now: float, limit: tuple[int, int]) -> Taken:
            window = windows.get(who)
            if window is not None and window.used >= window.limit:
                return window, LimitExceeded("Too many", max(1, int(window.end - now) + 1))
            return once(windows, who, now, limit)

        put(rate_limit, "_take", take)

    assert "window-opens-anew" in promises_broken_by("window-opens-anew", patch=patch)


def test_requests_without_a_key_that_have_the_headers_only_at_times_are_found(find_between: FindBetween) -> None:
    lacks = heads(lambda request, answer: without_headers(answer, LIMIT, REMAINING, RESET) if request.key is None else answer, statuses=(401,))
    assert "speaks-rate-anonymous" in find_between("speaks-rate-anonymous", between=lacks)
