"""On a connection too a test key counts for this machine alone, whatever the connection knows already; and where a proxy is trusted, for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.edge.exchange import PEER, Exchange
from sandbox.edge.gateway import Gateway
from tests.asgi import ADMINISTRATOR, BASE, Sandbox, sandbox_of
from tests.edge.paths.connection import Connection, Connections
from tests.hostile.case import CUSTOMER, get, head, post
from tests.hostile.raw_connection import Wire
from tests.servers import running

AWAY = ["X-Forwarded-For: 203.0.113.7", "Via: 1.1 proxy", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1"]
PAGES = ["Sec-Fetch-Site: cross-site", "Origin: https://page.example", "Referer: https://page.example/"]


class Room:
    """A server, a key of one's own, and how many requests took the fast path."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.sandbox: Sandbox = sandbox_of(rate_limit=(1_000_000, 3600))
        self.own = f"Authorization: Bearer {self.sandbox.server.admin_commands.keys_create('default', 'Own', 'administrator')['key']}"
        self.quick = 0
        really = Gateway.respond

        def respond(gateway: Gateway, *arguments: Any) -> Exchange | None:
            exchange = really(gateway, *arguments)
            self.quick += exchange is not None
            return exchange

        patch.setattr(Gateway, "respond", respond)

    def ask(self, *raw: bytes, peer: str = "127.0.0.1") -> list[int]:
        """The statuses of requests that come one after the other on one connection."""
        return self.sandbox._runner.run(self._asked(raw, peer))

    async def _asked(self, raw: tuple[bytes, ...], peer: str) -> list[int]:
        connections = Connections(self.sandbox.server.app, fast=True)
        one: Connection = connections.open(peer)
        for request in raw:
            one.send(request)
            await connections.quiet()
        statuses = [answer.status for answer in one.answers()]
        await connections.close()
        return statuses


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    one = Room(monkeypatch)
    yield one
    one.sandbox.close()


@pytest.mark.parametrize("line", AWAY)
def test_what_was_forwarded_is_refused_each_time_on_a_connection_that_is_good_for_others(room: Room, line: str) -> None:
    good, forwarded, own = get("/customers"), get("/customers", line), get("/customers", line, key=room.own)
    assert room.ask(good, good, forwarded, forwarded, forwarded, own, own, good) == [200, 200, 401, 401, 401, 200, 200, 200]
    assert room.quick == 3, "the second good one, the second of the own key, and the last"


@pytest.mark.parametrize("line", PAGES)
def test_so_is_a_page_of_another_site(room: Room, line: str) -> None:
    good, page = get("/customers"), post("/customers", CUSTOMER, line)
    assert room.ask(good, good, page, page, page, good) == [200, 200, 403, 403, 403, 200]
    assert room.ask(get("/customers"))[0] == 200
    assert room.sandbox.get("/customers").data == []


def test_a_block_that_was_good_for_ones_own_key_is_not_good_for_a_test_key_in_the_query(room: Room) -> None:
    line, own = AWAY[0], room.own.removeprefix("Authorization: Bearer ")
    by_own, by_test = (get(f"/customers?api_key={key}", line, key=None) for key in (own, ADMINISTRATOR))
    assert room.ask(by_own, by_own, by_test, by_own, by_test) == [200, 200, 401, 200, 401]


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 200), ("::1", 200), ("::ffff:127.0.0.1", 200), ("192.0.2.1", 401), ("172.17.0.1", 401)])
def test_the_other_end_of_the_connection_decides(room: Room, peer: str, status: int) -> None:
    good, own = get("/customers"), get("/customers", key=room.own)
    assert room.ask(good, good, own, own, peer=peer) == [status, status, 200, 200]


def test_what_a_trusted_proxy_says_of_the_peer_does_not_count() -> None:
    scope = {"method": "GET", "raw_path": b"/", "query_string": b"", "headers": [], "client": ("127.0.0.1", 1)}
    assert Exchange.begin({**scope, PEER: ("192.0.2.1", 1)}).block.peer == "192.0.2.1"
    assert Exchange.begin({**scope, PEER: None}).block.peer is None
    assert Exchange.begin(scope).block.peer == "127.0.0.1"


@pytest.fixture(scope="module", params=["fast", "stock"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server behind a trusted proxy, with data that test keys opened before, by its address; and a key of its owner's, made by a test key."""
    directory: Path = tmp_path_factory.mktemp("proxied")
    options = ("--stack", request.param, "--scenario", "empty", "--data-dir", "data")
    with running(directory, *options) as before, Wire(before.address) as wire:
        wire.send(post(b"/_sandbox/keys", b'{"label": "The owner\'s", "role": "administrator"}'))
        key = wire.answer().json["data"]["key"]
    with running(directory, *options, "--trusted-proxies", "127.0.0.1") as server:
        assert "Test keys off: they are public, and --trusted-proxies is set;" in (directory / "server.out").read_text(encoding="utf-8")
        yield server.address, f"Authorization: Bearer {key}"


@pytest.mark.parametrize("line", ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: ::1, 127.0.0.1", "X-One: 1"])
def test_behind_a_trusted_proxy_no_test_key_counts_and_none_can_be_minted(proxied: tuple[str, str], line: str) -> None:
    address, own = proxied
    with Wire(address) as wire:
        for _ in range(2):
            for raw in (
                get("/customers", line),
                get(f"/customers?api_key={ADMINISTRATOR}", line, key=None),
                post(b"/_sandbox/keys", b'{"label": "For ever", "role": "administrator"}', line),
                head("POST", f"{BASE}/customers".encode(), line, "Content-Length: 0"),
            ):
                wire.send(raw)
                assert wire.answer().status == 401
            wire.send(get("/customers", line, key=own))
            assert wire.answer().status == 200
