"""How requests are counted: a fixed window for each key, and for each address without one (decision `rate-window`)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.edge.rate_limit import Limit, RateLimiter
from sandbox.state.clock import ManualClock
from tests.asgi import ADMINISTRATOR, OTHER, READ_ONLY, STAFF, START, Reply, Sandbox

RESET = int(START.timestamp()) + 60


@pytest.fixture
def narrow(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """Five requests a minute."""
    return make_sandbox(rate_limit=(5, 60))


def remaining(reply: Reply) -> int:
    return int(reply.header("x-ratelimit-remaining") or "-1")


def reset(reply: Reply) -> int:
    return int(reply.header("x-ratelimit-reset") or "-1")


def test_the_default_is_a_thousand_requests_an_hour(sandbox: Sandbox) -> None:
    reply = sandbox.get("/customers")
    assert reply.header("x-ratelimit-limit") == "1000"
    assert remaining(reply) == 999
    assert reset(reply) == int(sandbox.clock.now().timestamp()) + 3600


def test_remaining_falls_by_one_and_never_below_nothing(narrow: Sandbox) -> None:
    assert [remaining(narrow.get("/customers")) for _ in range(8)] == [4, 3, 2, 1, 0, 0, 0, 0]


def test_the_request_after_the_last_one_is_refused_and_says_when_to_come_back(narrow: Sandbox) -> None:
    replies = [narrow.get("/customers") for _ in range(7)]
    assert [one.status for one in replies] == [200] * 5 + [429] * 2
    refused = replies[5]
    assert refused.json == {"success": False, "message": refused.json["message"]}
    assert refused.header("retry-after") == "60"
    assert all(one.header("retry-after") is None for one in replies[:5])


def test_reset_does_not_move_within_a_window(narrow: Sandbox) -> None:
    seen = set()
    for _ in range(8):
        seen.add(reset(narrow.get("/customers")))
        narrow.clock.advance(timedelta(seconds=7))
    assert seen == {RESET}


def test_the_window_opens_anew_exactly_when_retry_after_says(narrow: Sandbox) -> None:
    for _ in range(5):
        narrow.get("/customers")
    narrow.clock.advance(timedelta(seconds=20))
    wait = int(narrow.get("/customers").header("retry-after") or "0")
    narrow.clock.advance(timedelta(seconds=wait - 1, microseconds=500_000))
    assert narrow.get("/customers").header("retry-after") == "1"
    narrow.clock.advance(timedelta(microseconds=500_000))
    reply = narrow.get("/customers")
    assert (reply.status, remaining(reply)) == (200, 4)
    assert reset(reply) == int(narrow.clock.now().timestamp()) + 60


def test_a_window_opens_at_the_first_request_and_not_before(narrow: Sandbox) -> None:
    narrow.get("/customers")
    narrow.clock.advance(timedelta(seconds=30))
    assert reset(narrow.get("/customers", STAFF)) == RESET + 30


def test_each_key_has_a_window_of_its_own(narrow: Sandbox) -> None:
    for _ in range(6):
        narrow.get("/customers")
    for key in (STAFF, READ_ONLY, OTHER):
        assert remaining(narrow.get("/customers", key)) == 4


def test_a_key_is_counted_once_wherever_it_stands_and_comes_from(narrow: Sandbox) -> None:
    narrow.get("/customers", address="127.0.0.1")
    narrow.get(f"/customers?api_key={ADMINISTRATOR}", None, address="127.0.0.2")
    assert remaining(narrow.get("/customers", address="127.0.0.3")) == 2


def test_a_key_of_ones_own_is_counted_once_from_anywhere(narrow: Sandbox) -> None:
    own = narrow.server.admin_commands.keys_create("default", "Own", "staff")["key"]
    assert [remaining(narrow.get("/customers", own, address=address)) for address in ("127.0.0.1", "192.0.2.1", None)] == [4, 3, 2]


def test_a_test_key_that_does_not_count_is_counted_for_the_address_and_not_for_the_key(narrow: Sandbox) -> None:
    away = [narrow.get("/customers", address="192.0.2.1") for _ in range(6)]
    page = [narrow.get("/customers", headers={"Origin": "https://page.example"}, address="127.0.0.1") for _ in range(6)]
    assert [one.status for one in away] == [401] * 5 + [429]
    assert [one.status for one in page] == [403] * 5 + [429]
    assert remaining(narrow.get("/customers")) == 4


@pytest.mark.parametrize(
    ("method", "target", "more"),
    [
        ("GET", "/nothing", {}),
        ("PATCH", "/customers", {}),
        ("GET", "/customers/1", {}),
        ("GET", "/customers?limit=0", {}),
        ("HEAD", "/customers", {}),
        ("POST", "/customers", {"body": b"x", "headers": {"Content-Type": "text/plain"}}),
        ("POST", "/batch/customers", {"json": {"customers": [{"account": "One"}, {"account": "Two"}]}}),
        ("GET", "/customers", {"headers": {"X-Long": "x" * 20_000}}),
    ],
    ids=["404", "405", "404 of an object", "400", "HEAD", "415", "batch", "431"],
)
def test_whatever_a_key_asks_counts_once(narrow: Sandbox, method: str, target: str, more: dict[str, object]) -> None:
    assert remaining(narrow.send(method, target, key=ADMINISTRATOR, **more)) == 4  # type: ignore[arg-type]
    assert remaining(narrow.get("/customers")) == 3


def test_requests_without_a_valid_key_count_for_their_address_whatever_key_they_guess(narrow: Sandbox) -> None:
    replies = [narrow.get("/customers", f"guess-{number}", address="10.0.0.1") for number in range(6)]
    assert [one.status for one in replies] == [401] * 5 + [429]
    assert [remaining(one) for one in replies] == [4, 3, 2, 1, 0, 0]
    assert narrow.get("/customers", None, address="10.0.0.1").status == 429
    assert narrow.get("/customers", None, address="10.0.0.2").status == 401


def test_a_valid_key_is_not_held_up_by_guesses_from_its_address(narrow: Sandbox) -> None:
    for _ in range(6):
        narrow.get("/customers", None)
    assert remaining(narrow.get("/customers")) == 4


def test_a_client_without_an_address_is_limited_too(narrow: Sandbox) -> None:
    assert [narrow.get("/customers", None, address=None).status for _ in range(6)] == [401] * 5 + [429]


def test_windows_open_anew_when_the_workspaces_clock_is_put_back_and_for_that_workspace_alone(narrow: Sandbox) -> None:
    for key in (ADMINISTRATOR, OTHER):
        assert remaining(narrow.get("/customers", key)) == 4
    narrow.server.workspaces.get("default").clock.advance(timedelta(days=-1))
    assert remaining(narrow.get("/customers")) == 4
    assert remaining(narrow.get("/customers", OTHER)) == 3


def test_a_window_of_a_workspace_ends_in_real_time_wherever_its_clock_is(narrow: Sandbox) -> None:
    narrow.server.workspaces.get("default").clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    assert reset(narrow.get("/customers")) == RESET
    assert reset(narrow.get("/customers", None)) == RESET


def test_a_window_of_a_workspace_lasts_so_long_of_its_own_clock(narrow: Sandbox) -> None:
    clock = narrow.server.workspaces.get("default").clock
    narrow.get("/customers")
    clock.advance(timedelta(seconds=40))
    assert (remaining(reply := narrow.get("/customers")), reset(reply)) == (3, RESET - 40)
    clock.advance(timedelta(seconds=20))
    assert (remaining(reply := narrow.get("/customers")), reset(reply)) == (4, RESET)


def test_a_workspace_may_have_a_limit_of_its_own(narrow: Sandbox) -> None:
    narrow.server.workspaces.get("default").change(limit=(2, 10))
    replies = [narrow.get("/customers") for _ in range(3)]
    assert [(one.status, one.header("x-ratelimit-limit"), remaining(one)) for one in replies] == [(200, "2", 1), (200, "2", 0), (429, "2", 0)]
    assert reset(replies[0]) == int(START.timestamp()) + 10
    assert narrow.get("/customers", OTHER).header("x-ratelimit-limit") == "5"
    assert narrow.get("/customers", None).header("x-ratelimit-limit") == "5"


def test_guessing_from_many_addresses_does_not_fill_the_memory() -> None:
    clock, limiter = ManualClock(START), RateLimiter(Limit(5, 60), most_addresses=4)
    limiter.take_for_key("default", "a key", clock.now())
    for number in range(3):
        limiter.take_for_address(f"192.0.2.{number}", clock.now())
    clock.advance(timedelta(seconds=50))
    for number in range(20):
        window, _ = limiter.take_for_address(f"198.51.100.{number}", clock.now())
        assert window.remaining == 4
        assert limiter.take_for_address(f"198.51.100.{number}", clock.now())[0].remaining == 3, "the newest window stays"
    assert len(limiter._addresses) <= 4
    assert limiter.take_for_key("default", "a key", clock.now())[0].remaining == 3, "no address pushes a key out"


def test_windows_that_open_anew_are_those_of_one_workspace() -> None:
    clock, limiter = ManualClock(START), RateLimiter(Limit(5, 60))
    for workspace in ("alpha", "beta"):
        limiter.take_for_key(workspace, "a key", clock.now())
    limiter.open_anew("alpha")
    limiter.open_anew("unheard of")
    assert limiter.take_for_key("alpha", "a key", clock.now())[0].remaining == 4
    assert limiter.take_for_key("beta", "a key", clock.now())[0].remaining == 3
