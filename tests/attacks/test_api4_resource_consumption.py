"""API4:2023, unrestricted resource consumption.

Claimed: no request costs without bounds; what is too much is refused in a sentence, for its sender alone. Fuller proofs:
`tests/edge/test_request_limits.py`, `tests/edge/test_large_answers.py`, `tests/test_loop_lag.py`, `tests/test_document_bombs.py`,
`tests/hostile/test_patience.py` (slow clients) and `tests/test_trusted_proxies.py` (whose address is counted).
"""

from __future__ import annotations

import time

import pytest

from tests.asgi import ADMINISTRATOR, OTHER, STAFF, sandbox_of
from tests.control.plane import Plane

DEEP = b'{"account": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BODIES = {
    "over a MiB": (b'{"account": "' + b"a" * 1_100_000 + b'"}', 413),
    "nested without end": (DEEP, 400),
    "a number of 300,000 digits": (b'{"account": ' + b"9" * 300_000 + b"}", 400),
    "50,000 unknown fields": (b'{"account": "x", ' + b", ".join(b'"f%d": 1' % n for n in range(50_000)) + b"}", 400),
    "the same field 20,000 times": (b"{" + b", ".join([b'"account": "x"'] * 20_000) + b"}", 400),
}
QUERIES = ["limit=1000000000", "limit=-1", "limit=1e400", "page=99999999999999999999", "limit=" + "9" * 5_000]


@pytest.mark.parametrize("attack", BODIES)
def test_a_body_without_measure_is_refused_at_once_with_a_short_answer(plane: Plane, attack: str) -> None:
    body, status = BODIES[attack]
    plane.base, begun = "/api/v2", time.process_time()
    try:
        reply = plane.send("POST", "/customers", key=ADMINISTRATOR, body=body, headers={"content-type": "application/json"})
    finally:
        plane.base = "/_sandbox"
    assert reply.status == status, reply.body[:500]
    assert time.process_time() - begun < 2
    assert plane.api("GET", "/customers").data == []


@pytest.mark.parametrize("query", QUERIES)
def test_no_page_is_larger_than_the_contract_says(plane: Plane, query: str) -> None:
    assert plane.api("GET", f"/customers?{query}").status == 400


def test_a_search_is_text_and_no_pattern_that_backtracks(plane: Plane) -> None:
    plane.customer(account="a" * 90)
    begun = time.process_time()
    reply = plane.api("GET", "/customers?search=(a%2B)%2B%24")
    assert (reply.status, reply.data) == (200, [])
    assert time.process_time() - begun < 1


def test_one_batch_has_an_end(plane: Plane) -> None:
    reply = plane.api("POST", "/batch/customers", {"customers": [{"account": "x"}] * 10_000})
    assert reply.status == 400, reply.body[:300]
    assert plane.api("GET", "/customers").data == []


def test_a_key_that_asks_too_much_is_stopped_and_its_neighbours_are_not() -> None:
    sandbox = sandbox_of(rate_limit="3/60")
    replies = [sandbox.get("/customers") for _ in range(4)]
    assert [one.status for one in replies] == [200, 200, 200, 429]
    assert int(replies[-1].header("retry-after") or 0) > 0
    assert {sandbox.get("/customers", key).status for key in (STAFF, OTHER)} == {200}
    disguised = {"X-Forwarded-For": "198.51.100.7", "X-HTTP-Method-Override": "PUT"}
    own = str(sandbox.server.admin_commands.keys_create("default", "Ours", "staff")["key"])
    assert [sandbox.get("/customers", own, headers=disguised).status for _ in range(4)] == [200, 200, 200, 429]
    sandbox.close()


def test_off_loopback_nobody_gives_himself_more_than_the_server_gives(hosted: tuple[Plane, dict[str, str]]) -> None:
    plane, keys = hosted
    refused = plane.put("/rate-limit", {"limit": 1_000_000, "window": 1}, key=keys["administrator"])
    assert refused.status == 400
    assert refused.errors["limit"].startswith("Limit must not allow more than the highest limit of this server"), refused.body
