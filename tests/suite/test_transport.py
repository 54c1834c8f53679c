"""What leaves for the target is what a request says: with the Host headers that it names or none, and its path as it stands."""

from __future__ import annotations

import socket

import pytest

from contract_tests.http.exchange import Exchange, Request
from contract_tests.http.transport import HttpTransport
from tests.suite.faulty_servers import answer, serving

HOSTS: list[tuple[Request, list[str]]] = [
    (Request("GET", "/x", without=("host",)), []),
    (Request("GET", "/x", headers=(("host", "a.example"), ("host", "b.example"))), ["a.example", "b.example"]),
    (Request("POST", "/x", headers=(("host", "a b"),), body=b"{}"), ["a b"]),
]


def _sent(request: Request) -> str:
    """The head of a request as the server reads it."""
    heads: list[str] = []

    def talk(connection: socket.socket, target: str) -> None:
        connection.sendall(answer("200 OK", "{}"))

    with serving(talk, heads.append) as address:
        transport = HttpTransport(f"{address}/api", 5)
        got = transport.send(request, "the-key")
        transport.close()
    assert (got.status, got.body, got.header("content-type")) == (200, b"{}", "application/json")
    return heads[0]


def _values(head: str, name: str) -> list[str]:
    return [line.split(":", 1)[1].strip() for line in head.split("\r\n")[1:] if line.lower().startswith(f"{name}:")]


@pytest.mark.parametrize(("request_", "hosts"), HOSTS)
def test_the_hosts_are_those_that_the_request_names(request_: Request, hosts: list[str]) -> None:
    head = _sent(request_)
    assert _values(head, "host") == hosts
    assert _values(head, "authorization") == ["Bearer the-key"]


@pytest.mark.parametrize("path", ["/customers%2F1", "/customers%2f1", "/customers/1%2F", "/customers/", "/customers/007"])
def test_a_path_is_sent_as_it_stands(path: str) -> None:
    assert _sent(Request("GET", path)).startswith(f"GET /api{path} HTTP/1.1\r\n")


def test_a_body_can_leave_out_what_it_is() -> None:
    assert _values(_sent(Request("POST", "/x", body=b"{}", without=("content-type",))), "content-type") == []
    assert _values(_sent(Request("POST", "/x", body=b"{}")), "content-type") == ["application/json"]


def test_curl_leaves_out_what_the_request_does() -> None:
    request = Request("POST", "/x", body=b"{}", without=("host", "content-type"), key=None)
    line = Exchange(1, request, None).curl("http://t.example")
    assert "-H Host:" in line
    assert "-H Content-Type:" in line
    assert "application/json" not in line
