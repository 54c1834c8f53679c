"""What is under way at a time has an end: connections, answers that nobody reads, uploads that do not come to one, and long polls."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.asgi import ADMINISTRATOR, sandbox_of
from tests.edge.paths.connection import Connections
from tests.servers import Running, running

PAGE, PAGES = "/api/v2/invoices?limit=100", 4
SMALL_BUFFER = 4096
BUFFER = 256 * 1024


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    quotas = {
        "max-address-connections": 12, "max-key-long-polls": 2, "max-long-polls": 3, "max-uploads": 2, "max-workspace-uploads": 1,
        "max-key-unsent-size": "64KiB", "write-timeout": 3,
    }  # fmt: skip
    options = [word for name, value in quotas.items() for word in (f"--{name}", str(value))]
    with running(tmp_path_factory.mktemp("limited"), "--scenario", "empty", "--rate-limit", "100000/3600", *options) as server:
        yield server


def port_of(server: Running) -> int:
    return int(server.address.rsplit(":", 1)[1])


@contextmanager
def connected(server: Running, buffer: int | None = None) -> Iterator[socket.socket]:
    with socket.socket() as one:
        if buffer is not None:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        one.settimeout(20)
        one.connect(("127.0.0.1", port_of(server)))
        yield one


def head(method: str, path: str, *more: str, key: str = ADMINISTRATOR) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def answer(one: socket.socket) -> tuple[int, dict[str, str], Any]:
    """The first answer on a connection."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        part = one.recv(65536)
        assert part, raw
        raw += part
    told, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = told.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    while len(body) < int(headers["content-length"]):
        part = one.recv(65536)
        if not part:
            raise ConnectionError("it was cut")
        body += part
    return int(first.split(" ")[1]), headers, json.loads(body)


def asked(server: Running, request: bytes) -> tuple[int, dict[str, str], Any]:
    with connected(server) as one:
        one.sendall(request)
        return answer(one)


def posted(server: Running, path: str, body: Any) -> Any:
    raw = json.dumps(body).encode()
    status, _, told = asked(server, head("POST", path, "Content-Type: application/json", f"Content-Length: {len(raw)}") + raw)
    assert status == 201, told
    return told["data"]


def used(server: Running, name: str) -> int:
    _, _, told = asked(server, head("GET", "/_sandbox/usage"))
    return next(int(one["used"]) for one in told["data"]["quotas"] if one["name"] == name)


def until(what: Any, within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_address_has_so_many_connections_and_one_more_is_told_why(limited: Running) -> None:
    until(lambda: used(limited, "max_address_connections") <= 1)
    with ExitStack() as stack:
        kept = [stack.enter_context(connected(limited)) for _ in range(12)]
        kept[0].sendall(head("GET", "/_sandbox/health"))
        assert answer(kept[0])[0] == 200
        with connected(limited) as surplus:
            status, headers, told = answer(surplus)
            assert (status, headers["retry-after"], headers["connection"]) == (429, "1", "close")
            assert told == {
                "success": False,
                "message": "There are 12 connections from 127.0.0.1 already, the most that an address may have; close one first",
            }
            assert surplus.recv(1) == b""
        kept[1].sendall(head("GET", "/api/v2/customers"))
        assert answer(kept[1])[0] == 200, "those that were there go on"
    until(lambda: used(limited, "max_address_connections") <= 1)


def test_all_together_have_so_many_connections(tmp_path: Path) -> None:
    with running(tmp_path, "--scenario", "empty", "--max-connections", "3") as server, ExitStack() as stack:
        until(lambda: used(server, "max_connections") <= 1)
        for _ in range(3):
            stack.enter_context(connected(server))
        with connected(server) as surplus:
            status, _, told = answer(surplus)
            assert (status, "3 connections already" in told["message"]) == (429, True)


@pytest.fixture(scope="module")
def page(limited: Running) -> int:
    """The size of a page as large as there may be; no socket takes several at once."""
    posted(limited, "/api/v2/customers", {"account": "Jane Smith"})
    items = [{"description": "x" * 9000, "amount": 1, "qty": 1} for _ in range(50)]
    for _ in range(8):
        posted(limited, "/api/v2/invoices", {"customer_id": 1, "date": "2025-07-01", "due_date": "2025-08-01", "items": items})
    with connected(limited) as one:
        one.sendall(head("GET", PAGE))
        return int(answer(one)[1]["content-length"])


def test_whoever_does_not_read_holds_so_much_and_is_cut(limited: Running, page: int) -> None:
    assert page > 3 * 1024 * 1024
    with connected(limited, SMALL_BUFFER) as slow:
        slow.sendall(head("GET", PAGE) * PAGES)
        time.sleep(1)
        status, headers, told = asked(limited, head("GET", "/api/v2/customers"))
        assert (status, headers["retry-after"]) == (429, "1"), "the key holds more than it may"
        assert "may have 64 KiB for one key; read those first" in told["message"]
        assert asked(limited, head("GET", "/_sandbox/clock"))[0] == 429, "on the control plane as well"
        assert asked(limited, head("GET", "/api/v2/customers", key="sbx_test_staff"))[0] == 200, "and no other key"
        until(lambda: asked(limited, head("GET", "/api/v2/customers"))[0] == 200)
        with pytest.raises(ConnectionError):
            answer(slow)
    assert used(limited, "max_key_unsent_size") == 0


def test_whoever_reads_slowly_but_reads_is_not_cut(limited: Running, page: int) -> None:
    with connected(limited, BUFFER) as slow:
        slow.sendall(head("GET", PAGE) * PAGES)
        raw = 0
        for _ in range(14):  # more than twice the time after which a connection is cut that reads nothing
            raw += len(slow.recv(64 * 1024, socket.MSG_WAITALL))
            time.sleep(0.5)
        while raw < page:  # of those behind it, some may be refused, since so much is unread
            part = slow.recv(1024 * 1024)
            assert part, "it was cut"
            raw += len(part)


def test_several_answers_on_one_connection_are_made_one_by_one(limited: Running, page: int) -> None:
    """Else a client could ask a hundred times and read nothing."""
    with connected(limited, SMALL_BUFFER) as slow:
        slow.sendall(head("GET", PAGE) * 8)
        time.sleep(1)
        _, _, told = asked(limited, head("GET", "/_sandbox/usage", key="sbx_test_staff"))
        held = next(one["used"] for one in told["data"]["quotas"] if one["name"] == "max_address_unsent_size")
        assert 0 < held < 2 * page
    until(lambda: asked(limited, head("GET", "/api/v2/customers"))[0] == 200)


def half_open(stack: ExitStack, server: Running, key: str = ADMINISTRATOR) -> socket.socket:
    """An upload that does not come to its end."""
    one = stack.enter_context(connected(server))
    upload = head("PUT", "/_sandbox/snapshots/slow/file", "Content-Type: application/json", "Transfer-Encoding: chunked", key=key)
    one.sendall(upload + b"8\r\n{       \r\n")
    return one


def test_a_workspace_has_one_upload_at_a_time_and_a_server_so_many(limited: Running) -> None:
    with ExitStack() as stack:
        half_open(stack, limited)
        until(lambda: used(limited, "max_workspace_uploads") == 1)
        status, headers, told = answer(half_open(stack, limited))
        assert (status, headers["retry-after"]) == (429, "1")
        assert told["message"] == "1 upload of this workspace must end first: no more are taken of one workspace at a time"
        half_open(stack, limited, "sbx_test_other_workspace")
        until(lambda: used(limited, "max_uploads") == 2)
        made = posted(limited, "/_sandbox/workspaces", {"scenario": "empty"})
        status, _, told = answer(half_open(stack, limited, made["keys"]["administrator"]))
        assert (status, told["message"][:10]) == (429, "2 uploads ")
    until(lambda: used(limited, "max_uploads") == 0)


def waiting(stack: ExitStack, server: Running, key: str = ADMINISTRATOR) -> socket.socket:
    one = stack.enter_context(connected(server))
    _, _, told = asked(server, head("GET", "/_sandbox/events?limit=1"))
    after = f"&after={told['data'][0]['id']}" if told["data"] else ""
    one.sendall(head("GET", f"/_sandbox/events?wait=20{after}", key=key))
    return one


def test_a_key_has_so_many_long_polls_and_a_server_too(limited: Running) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            waiting(stack, limited)
        until(lambda: used(limited, "max_key_long_polls") == 2)
        status, headers, told = answer(waiting(stack, limited))
        assert (status, headers["retry-after"]) == (429, "1")
        assert told["message"] == "2 answers of this key wait for events already, the most that a key may have; end one first"
        waiting(stack, limited, "sbx_test_staff")
        until(lambda: used(limited, "max_long_polls") == 3)
        status, _, told = answer(waiting(stack, limited, "sbx_test_read_only"))
        assert (status, told["message"][:9]) == (429, "3 answers")
    until(lambda: used(limited, "max_long_polls") == 0)


MANY = 2000


@pytest.mark.parametrize("fast", [True, False])
def test_of_very_many_requests_on_one_connection_few_are_taken_apart_at_a_time_and_all_are_answered_in_order(fast: bool) -> None:
    """Each that waits for its turn takes a hundred times its bytes."""
    sandbox = sandbox_of(rate_limit="100000/3600")
    first = head("GET", "/_sandbox/events?wait=1")
    others = [head("GET", f"/api/v2/customers/{number}" if number % 3 else "/api/v2/products") for number in range(MANY)]

    async def ask() -> list[int]:
        connections = Connections(sandbox.server.app, fast=fast)
        one = connections.open()
        one.send(first + b"".join(others[: MANY // 2]))
        one.send(*others[MANY // 2 :])
        await asyncio.sleep(0)
        assert 0 < len(one.protocol.pipeline) <= 16
        deadline = time.monotonic() + 60
        statuses: list[int] = []
        while len(statuses) <= MANY:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
            statuses += [answer.status for answer in one.answers()]
            assert len(one.protocol.pipeline) <= 16
        await connections.close()
        return statuses

    try:
        statuses = sandbox._runner.run(ask())
    finally:
        sandbox.close()
    assert statuses == [200] + [404 if number % 3 else 200 for number in range(MANY)]
