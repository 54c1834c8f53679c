"""Whose word counts on where a request comes from: nobody's, unless `--trusted-proxies` names him."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import SANDBOX, run
from tests.hostile.case import get
from tests.hostile.raw_connection import Wire
from tests.servers import running

LIMIT = 3


@contextmanager
def _connected(directory: Path, *options: str) -> Iterator[Wire]:
    """To a server on loopback that lets every address ask three times."""
    with running(directory, "--scenario", "empty", "--rate-limit", f"{LIMIT}/3600", *options) as server, Wire(server.address) as wire:
        yield wire


def _left(wire: Wire, *forwarded: str) -> int | None:
    """How many requests are left to whom an anonymous one was counted for; None when it was one too many."""
    wire.send(get("/customers", *(f"X-Forwarded-For: {one}" for one in forwarded), key=None))
    answer = wire.answer()
    assert answer.status in (401, 429)
    return int(answer.header("x-ratelimit-remaining") or -1) if answer.status == 401 else None


def test_without_trusted_proxies_nobody_chooses_the_address_that_is_counted(tmp_path: Path) -> None:
    with _connected(tmp_path) as wire:
        assert [_left(wire, f"192.0.2.{number}") for number in range(LIMIT)] == [2, 1, 0]
        assert _left(wire, "198.51.100.1") is None
        assert _left(wire) is None


def test_a_proxy_that_is_not_the_trusted_one_is_not_believed(tmp_path: Path) -> None:
    with _connected(tmp_path, "--trusted-proxies", "10.0.0.1, 2001:db8::/32") as wire:
        assert [_left(wire, f"192.0.2.{number}") for number in range(LIMIT)] == [2, 1, 0]
        assert _left(wire, "198.51.100.1") is None


@pytest.mark.parametrize("trusted", ["127.0.0.1", "10.0.0.0/8,127.0.0.0/8"])
def test_what_a_trusted_proxy_says_is_counted(tmp_path: Path, trusted: str) -> None:
    with _connected(tmp_path, "--trusted-proxies", trusted) as wire:
        assert [_left(wire, "192.0.2.1") for _ in range(LIMIT + 1)] == [2, 1, 0, None]
        assert _left(wire, "192.0.2.2") == 2, "another client of the same proxy"
        assert _left(wire, "2001:db8::1") == 2
        assert _left(wire) == 2, "the proxy itself"


def test_of_several_addresses_the_rightmost_that_is_not_trusted_is_counted(tmp_path: Path) -> None:
    with _connected(tmp_path, "--trusted-proxies", "127.0.0.1,10.0.0.0/8") as wire:
        assert _left(wire, "192.0.2.1") == 2
        assert _left(wire, "203.0.113.9, 192.0.2.1") == 1, "what stands further left is the client's own word"
        assert _left(wire, "192.0.2.1, 10.1.2.3") == 0, "past a proxy that is trusted as well"
        assert _left(wire, "203.0.113.7", "192.0.2.1, 10.1.2.3") is None, "in two headers"
        assert _left(wire, "203.0.113.9") == 2


@pytest.mark.parametrize("nonsense", ["", " ", ",", "nonsense", "[", "]:[", "1" * 5000, "192.0.2.1:port", "\xff"])
def test_an_address_that_is_none_does_no_harm(proxied: Wire, nonsense: str) -> None:
    assert _left(proxied, nonsense) is not None


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with running(tmp_path_factory.mktemp("proxied"), "--trusted-proxies", "127.0.0.1") as server, Wire(server.address) as wire:
        yield wire


def test_a_proxy_that_is_an_address_within_a_network_is_told_the_network(tmp_path: Path) -> None:
    assert refused(tmp_path, "10.0.0.1/8") == "'10.0.0.1/8' is an address within a network; the network is written '10.0.0.0/8'"


@pytest.mark.parametrize(
    ("value", "wrong"),
    [("nonsense", "nonsense"), ("127.0.0.1,10.0.0.300", "10.0.0.300"), ("*", "*"), ("proxy.example", "proxy.example")],
)
def test_a_proxy_that_is_no_address_stops_the_start_in_one_sentence(tmp_path: Path, value: str, wrong: str) -> None:
    assert refused(tmp_path, value) == f"{wrong!r} is neither an address nor a network such as 10.0.0.0/8"


def refused(tmp_path: Path, value: str) -> str:
    """What is said of it, in one sentence."""
    done = run(tmp_path, "serve", "--port", "0", "--trusted-proxies", value, command=SANDBOX)
    assert (done.returncode, done.stdout) == (2, "")
    begin, _, what = done.stderr.partition("--trusted-proxies: ")
    assert (begin, what.count("\n")) == ("sandbox: ", 1)
    return what.strip()
