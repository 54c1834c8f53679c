"""How the bytes of a request are cut says nothing: every case of the table, at each byte of its head, alone, as first and as second of two.

In the short form an application that tells what the protocol told it sees a fourth of the cuts, and both stacks answer a smaller
part, another part of each case, and all that is not cut. `--whole` has all of them see and answer each.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from tests.edge.paths.server import control
from tests.hostile.case import CUSTOMER, Case, get, post
from tests.hostile.concurrent_connections import Drive, Heard, Parts, Server, telling
from tests.hostile.conftest import STACKS
from tests.hostile.table import REFUSED, TAKEN

GOOD = get("/customers?limit=1")
OFFERING = post("/customers", b"{", "Connection: Upgrade", "Upgrade: h2c")
"""Its body would be lost with the offer, and what follows it with the body."""
_PLANE = {
    "health": control("GET", "/health"),
    "an encoded letter": control("GET", "/%68ealth"),
    "an encoded slash": control("GET", "%2Fhealth"),
    "no colon": control("GET", "/health").replace(b"\r\n\r\n", b"\r\nNonsense\r\n\r\n"),
    "no host": control("GET", "/health").replace(b"Host: 127.0.0.1\r\n", b""),
    "two hosts": control("GET", "/health").replace(b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1\r\n" * 2),
    "a foreign host": control("GET", "/health").replace(b"127.0.0.1", b"evil.example"),
    "a foreign host in the URL": control("GET", "/health").replace(b" /_sandbox", b" http://evil.example/_sandbox"),
    "an offer": control("POST", "/customers/1/payments", b"{").replace(b"\r\n\r\n", b"\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
}
PLANE = [Case(f"control plane: {name}", (raw,), 0) for name, raw in _PLANE.items()]
CASES = [case for case in (*REFUSED, *TAKEN, *PLANE) if len(case.pieces) == 1]
"""All but those whose client waits for `100 Continue`."""
UNFINISHED = {case.name for case in CASES if case.name.endswith("only said")}
"""Their body never comes, and whoever reads it waits."""
LONG = 1024
"""Bytes of a head beyond which not each is cut at: both ends, and a few between them."""
HEAVY = 64 * 1024
"""Bytes of a request that takes the stacks long."""
_EVERY_TOLD, _EVERY, _EVERY_OF_HEAVY = 4, 32, 128


def ids(table: list[Case]) -> list[str]:
    return [case.name for case in table]


def cuts(raw: bytes) -> list[int]:
    """Each byte of the head, and two behind it."""
    end = raw.find(b"\r\n\r\n")
    end = min(len(raw) - 1, len(raw) if end < 0 else end + 6)
    return [*range(1, end + 1)] if end <= LONG else sorted({*range(1, 256), *range(256, end, end // 64), *range(end - 8, end + 1)})


def some_cuts(case: Case, raw: bytes, every: int) -> list[int]:
    """Each `every`-th; which ones, differs between cases, so that together they have all."""
    return cuts(raw)[zlib.crc32(case.name.encode()) % every :: every]


@pytest.fixture(scope="module")
def reading() -> Iterator[Drive]:
    one = telling(deaf=False)
    yield one
    one.close()


@pytest.fixture(scope="module")
def deaf() -> Iterator[Drive]:
    one = telling(deaf=True)
    yield one
    one.close()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    made = {stack: Server(stack) for stack in STACKS}
    yield made
    for one in made.values():
        one.close()


Ways = dict[str, list[Parts]]


def ways(raw: bytes, places: list[int], some: list[int]) -> Ways:
    """The same requests in one write, in two, and cut: alone and as second at each of the places, as first at some."""
    return {
        "alone": [(raw,), *((raw[:place], raw[place:]) for place in places)],
        "second of two": [(OFFERING + raw,), (OFFERING, raw), *((OFFERING + raw[:place], raw[place:]) for place in places)],
        "first of two": [(raw + GOOD,), (raw, GOOD), *((raw[:place], raw[place:] + GOOD) for place in some)],
    }


def differing(heard: list[Heard], writes: list[Parts]) -> list[str]:
    """How those differ that differ from the first."""
    return [
        f"cut into {[len(part) for part in parts]} before {parts[-1][:30]!r}:\n  {one}\n  whole: {heard[0]}"
        for one, parts in zip(heard, writes, strict=True)
        if one != heard[0]
    ]


def assert_cuts_say_nothing(drive: Drive, tried: Ways, **how: bool) -> list[Heard]:
    """Also that a request is answered as second of two as it is alone: what comes of it in one write, in each of the ways."""
    whole = []
    for way, writes in tried.items():
        heard = drive.hear(writes, **how)
        assert not differing(heard, writes)[:3], way
        whole.append(heard[0])
    alone, second, *_ = whole
    assert alone.answers
    assert second.answers[1:] == alone.answers
    assert second.ended == alone.ended
    return whole


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_an_application_is_told_the_same_wherever_a_request_is_cut(reading: Drive, deaf: Drive, case: Case, whole: bool) -> None:
    (raw,) = case.pieces
    places = some_cuts(case, raw, 1 if whole else _EVERY_TOLD)
    tried = ways(raw, places, places if whole else places[::2])
    if case.name not in UNFINISHED:
        assert_cuts_say_nothing(reading, tried)
    if case.name in UNFINISHED or not raw.endswith(b"\r\n\r\n"):
        assert_cuts_say_nothing(deaf, {way: writes[:: 1 if whole or way == "alone" else 8] for way, writes in tried.items()})


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_both_stacks_answer_the_same_wherever_a_request_is_cut(servers: dict[str, Server], case: Case, whole: bool) -> None:
    (raw,) = case.pieces
    changes = case.status == 201
    every = 1 if whole else _EVERY_OF_HEAVY if len(raw) > HEAVY or changes else _EVERY
    places = some_cuts(case, raw, every)
    said = []
    for server in servers.values():
        said.append(assert_cuts_say_nothing(server, ways(raw, places, places if whole else []), alone=changes))
        assert changes or server.is_unchanged
    assert said[0] == said[1]
    if case.status:
        assert [answer[0] for answer in said[0][0].answers] == [case.status]


def test_a_head_that_is_no_http_counts_for_the_address_wherever_its_fault_stands(servers: dict[str, Server]) -> None:
    good = get("/customers", "X-One: 1", "X-Two: 2")
    places = [place + 2 for place in range(len(good) - 4) if good.startswith(b"\r\n", place)]
    broken = [(good[:place] + b"Nonsense\r\n" + good[place:],) for place in places]
    for server in servers.values():
        for heard in server.hear(broken):
            ((status, headers, _),) = heard.answers
            assert (status, dict(headers)["x-ratelimit-limit"]) == (400, "1000000")


def test_a_request_in_single_bytes_is_the_same_request(servers: dict[str, Server]) -> None:
    for raw in (GOOD, OFFERING, post("/customers/1", CUSTOMER, method="PUT"), get("/nothing"), get("/customers", "Nonsense")):
        for server in servers.values():
            one, other = server.hear([(raw + GOOD,), [raw[place : place + 1] for place in range(len(raw))] + [GOOD]])
            assert one == other
