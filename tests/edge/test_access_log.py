"""`--log-requests` writes one line for each request, of the control plane too: who asked, from where, and nothing that opens anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.asgi import ADMINISTRATOR, HOST, READ_ONLY, Sandbox
from tests.clients import ask
from tests.hostile.case import get
from tests.hostile.raw_connection import Wire
from tests.servers import running


@pytest.fixture
def logged(make_sandbox: Callable[..., Sandbox]) -> Sandbox:
    server = make_sandbox(log_requests=True)
    server.base = ""
    return server


REQUESTS = [
    ("GET", "/api/v2/customers", ADMINISTRATOR, 200, "listCustomers"),
    ("GET", "/_sandbox/health", None, 200, "getHealth"),
    ("HEAD", "/_sandbox/health", None, 200, "getHealth"),
    ("GET", "/_sandbox/clock", ADMINISTRATOR, 200, "getClock"),
    ("GET", "/_sandbox/clock", None, 401, "getClock"),
    ("GET", "/_sandbox/clock?api_key=sbx_guessed", None, 401, "getClock"),
    ("POST", "/_sandbox/reset", READ_ONLY, 403, "resetWorkspace"),
    ("GET", "/_sandbox/nothing", ADMINISTRATOR, 404, None),
    ("PATCH", "/_sandbox/clock", ADMINISTRATOR, 405, None),
    ("GET", f"/_sandbox/keys/{ADMINISTRATOR}", ADMINISTRATOR, 404, None),
    ("GET", "/_sandbox/%0a%1b[31m", ADMINISTRATOR, 404, None),
]


@pytest.mark.parametrize(("method", "path", "key", "status", "operation"), REQUESTS, ids=range(len(REQUESTS)))
def test_each_request_is_one_line(logged: Sandbox, method: str, path: str, key: str | None, status: int, operation: str | None) -> None:
    with capture_logs() as lines:
        assert logged.send(method, path, key=key, address="127.0.0.7").status == status
    (line,) = lines
    assert line["event"].startswith(f"{method} /")
    assert (line["status"], line["address"]) == (status, "127.0.0.7")
    assert line["operation"] == operation
    assert "sbx_t" not in repr(lines)
    assert "guessed" not in repr(lines)
    if operation is not None and key is not None:
        assert line["key"]


def test_a_preflight_is_a_line_too(logged: Sandbox) -> None:
    headers = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET", "Host": HOST}
    with capture_logs() as lines:
        logged.send("OPTIONS", "/api/v2/customers", headers=headers)
    assert [line["event"] for line in lines] == ["OPTIONS /api/v2/customers"]


@pytest.mark.parametrize("label", ["\x1b[2J\x07", "two\nlines", "\u202eright to left", "\x9b31m"])
def test_a_label_that_a_terminal_would_obey_is_escaped(logged: Sandbox, label: str) -> None:
    key = logged.post("/_sandbox/keys", {"label": label, "role": "staff"}).data["key"]
    with capture_logs() as lines:
        logged.get("/api/v2/customers", key)
        logged.get("/_sandbox/clock", key)
    for line in lines:
        assert line["key"].isprintable()
        assert len(lines) == 2


def test_on_the_fast_path_the_address_and_the_label_are_told_as_well(tmp_path: Path) -> None:
    with running(tmp_path, "--log-requests", "--scenario", "empty") as server:
        with Wire(server.address) as wire:
            for _ in range(3):
                wire.send(get("/customers"))
                assert wire.answer().status == 200
        ask(f"{server.address}/_sandbox/clock")
    lines = [json.loads(one) for one in (tmp_path / "server.err").read_text().splitlines()]
    assert len(lines) == 4
    assert {line["address"] for line in lines} == {"127.0.0.1"}
    assert all(line["key"] for line in lines)


def test_behind_a_trusted_proxy_the_address_is_that_of_its_client(tmp_path: Path) -> None:
    with running(tmp_path, "--log-requests", "--scenario", "empty", "--trusted-proxies", "127.0.0.1") as server, Wire(server.address) as wire:
        for _ in range(3):
            wire.send(get("/customers", "X-Forwarded-For: 203.0.113.9"))
            assert wire.answer().status == 401  # a test key is for this machine alone
    lines = [json.loads(one) for one in (tmp_path / "server.err").read_text().splitlines()]
    assert [line["address"] for line in lines] == ["203.0.113.9"] * 3
