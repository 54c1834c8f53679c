"""However a request is cut, and whatever stands before or behind it: the answers are those of the ordinary path. Bytes decide, never timing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.paths.both_paths import Heard, Parts, Twin
from tests.hostile.case import ADMINISTRATOR, CUSTOMER, get, head, post, streamed
from tests.hostile.table import REFUSED, TAKEN

GOOD = get("/customers?limit=1")
WARM: tuple[Parts, ...] = ((post("/customers", CUSTOMER),), (GOOD,), (GOOD,))
"""After these the connection knows the headers of most requests below."""
_OF_JSON = "Content-Type: application/json"
CHUNKED, KEY = "Transfer-Encoding: chunked", ADMINISTRATOR.encode()
TABLE = {
    "one": get("/customers/1"),
    "one that is not there": get("/customers/99"),
    "a list": get("/customers?page=1&limit=2&search=jane"),
    "a create": post("/customers", CUSTOMER, _OF_JSON),
    "a create that is refused": post("/customers", b'{"account": 1}', _OF_JSON),
    "an update": post("/customers/1", b'{"account": "Janet"}', _OF_JSON, method="PUT"),
    "a delete": head("DELETE", "/customers/1"),
    "a delete that says it has no body": head("DELETE", "/customers/1", "Content-Length: 0"),
    "a create without a body": head("POST", "/customers", "Content-Length: 0"),
    "nowhere": get("/nothing"),
    "a wrong key": get("/customers", key="Authorization: Bearer wrong"),
    "no key": get("/customers", key=None),
    "no right": post("/customers", CUSTOMER, key="Authorization: Bearer sbx_test_read_only"),
    "the last on its connection": get("/customers/1", "Connection: close"),
    "HTTP/1.0": head("GET", "/customers/1", version="HTTP/1.0"),
    "a body in chunks with a trailer": streamed("/customers", b"19\r\n%b\r\n0\r\nX-Digest: 1\r\n\r\n" % CUSTOMER),
    "a key behind its body": head("POST", "/customers", CHUNKED, key=None) + b"19\r\n%b\r\n0\r\n%b\r\n\r\n" % (CUSTOMER, KEY),
    "another key behind its body": streamed("/customers", b"19\r\n%b\r\n0\r\nAuthorization: Bearer wrong\r\n\r\n" % CUSTOMER),
    "an offer of HTTP/2": post("/customers", CUSTOMER, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "no host": head("GET", "/customers/1", hosts=()),
    "two hosts": head("GET", "/customers/1", hosts=("sandbox", "sandbox")),
    "an encoded slash": get("/customers%2F1"),
    "an encoded letter": get("/%63ustomers/1"),
    "a request in a header": get("/customers/1", "X-A: " + GOOD.decode().rstrip().replace("Authorization", "X-Authorization")),
    "a request in a body": post("/customers", GOOD),
    "a body that nobody reads": post("/customers/1", GOOD, method="GET"),
    "malformed": get("/customers/1", "X One: 1"),
    "a target and headers that together are too long": get("/customers?search=" + "x" * 10_000, "X-A: " + "y" * 7_000),
}
HOSTILE = {case.name: case for case in (*REFUSED, *TAKEN) if len(case.pieces) == 1}
LONG = 2000
"""Bytes of a request beyond which a few cuts say as much as all."""
VERY_LONG = 64 * 1024


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    one = Twin()
    yield one
    one.close()


def known(raw: bytes, whole: Heard) -> tuple[Parts, ...]:
    """What makes the connection know the request's own headers: the request itself, where it does not end the connection."""
    return (*WARM, (raw,)) if not whole.ended else WARM


def cuts(raw: bytes, every: int) -> list[int]:
    """Places in the head of a request, and just behind it: each `every`-th, and one at the end of each line."""
    end = raw.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in raw else len(raw)
    if every > 1 and len(raw) > LONG:
        return sorted({end // 2, end - 2} & set(range(1, len(raw)))) if len(raw) < VERY_LONG else [end - 2]
    step = every if end < LONG else max(every, end // 100)
    ends = [at for at in range(min(end, LONG)) if raw.startswith(b"\r\n", at)] if every > 1 else []
    return sorted({*range(1, end + 2, step), *(place + 1 + place % 2 for place in ends[:: 1 if every < 100 else 3])} & set(range(1, len(raw))))


def assert_cuts_say_nothing(twin: Twin, raw: bytes, every: int) -> None:
    before = known(raw, twin.hear(*WARM, (raw,), fast=False))
    expected = twin.hear(*before, (raw,), (GOOD,), fast=False)
    assert twin.hear(*before, (raw,), (GOOD,), fast=True) == expected
    for place in cuts(raw, every):
        parts, where = (raw[:place], raw[place:]), f"cut at {place}, behind {raw[max(0, place - 40) : place]!r}"
        assert twin.hear(*before, parts, (GOOD,), fast=True, turns=place % 3) == expected, where


def assert_company_says_nothing(twin: Twin, raw: bytes, writes: Parts) -> None:
    """The request in one write with good ones, before and behind it."""
    before = known(raw, twin.hear(*WARM, (raw,), fast=False))
    for write in writes:
        assert twin.hear(*before, (write,), fast=True) == twin.hear(*before, (write,), fast=False)


@pytest.mark.parametrize("name", TABLE)
def test_a_request_cut_anywhere_is_answered_as_the_ordinary_path_answers_it_whole(twin: Twin, name: str, whole: bool) -> None:
    assert_cuts_say_nothing(twin, TABLE[name], every=1 if whole else 4)


@pytest.mark.parametrize("name", TABLE)
def test_a_request_in_single_bytes_is_answered_as_the_ordinary_path_answers_it_whole(twin: Twin, name: str) -> None:
    raw = TABLE[name]
    before = known(raw, twin.hear(*WARM, (raw,), fast=False))
    expected = twin.hear(*before, (raw,), (GOOD,), fast=False)
    bytes_ = [raw[place : place + 1] for place in range(len(raw))]
    assert twin.hear(*before, bytes_, (GOOD,), fast=True) == expected
    assert twin.hear(*before, bytes_, (GOOD,), fast=False) == expected


@pytest.mark.parametrize("name", TABLE)
def test_a_request_among_others_is_answered_in_its_turn(twin: Twin, name: str) -> None:
    raw = TABLE[name]
    assert_company_says_nothing(twin, raw, (raw + GOOD, GOOD + raw, GOOD + raw + GOOD, raw + raw))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Of the hostile table each fourth case in the short form: `tests/hostile/test_cuts.py` has all, on connections that know no headers."""
    if "hostile" in metafunc.fixturenames:
        metafunc.parametrize("hostile", [*HOSTILE][:: 1 if metafunc.config.getoption("--whole") else 4])


def test_a_hostile_request_on_a_connection_that_knows_its_headers_is_answered_alike_however_it_is_cut(twin: Twin, hostile: str, whole: bool) -> None:
    raw = HOSTILE[hostile].pieces[0]
    assert twin.hear(*WARM, (raw,), fast=True).answers[len(WARM)][0] == HOSTILE[hostile].status
    assert_cuts_say_nothing(twin, raw, every=1 if whole else 150)
    if whole or len(raw) < VERY_LONG:
        assert_company_says_nothing(twin, raw, (GOOD + raw + GOOD,))


@pytest.mark.parametrize(("name", "status"), [("a key behind its body", 401), ("another key behind its body", 201)])
@pytest.mark.parametrize("fast", [False, True])
def test_what_trails_a_body_does_not_say_whose_request_it_is(twin: Twin, name: str, status: int, fast: bool) -> None:
    assert twin.hear((TABLE[name],), fast=fast).answers[0][0] == status
