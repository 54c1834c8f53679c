"""The control plane answers under names of this machine alone, so that no web page reaches it by a name of its own."""

from collections.abc import Iterator

import pytest

from tests.control.plane import Plane


@pytest.fixture(scope="module")
def named() -> Iterator[Plane]:
    plane = Plane(allowed_hosts="sandbox.example, Other.example")
    yield plane
    plane.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "10.1.2.3:80",
        "[::1]",
        "[::1]:8000",
        "[2001:db8::1]:1",
        "localhost",
        "localhost:65535",
        "LocalHost:8000",
        "api.localhost",
        "a.b.localhost:8000",
        "sandbox.example",
        "sandbox.example:8000",
        "SANDBOX.example",
        "other.example",
    ],
)
def test_an_address_a_local_name_and_an_allowed_name_are_answered(named: Plane, host: str) -> None:
    assert named.get("/health", headers={"Host": host}).status == 200
    assert named.get("/clock", headers={"Host": host}).status == 200


ANYTHING = pytest.mark.parametrize(("method", "path"), [("GET", "/health"), ("HEAD", "/health"), ("POST", "/reset"), ("GET", "/nothing")])


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "notlocalhost",
        "sandbox.example.evil.example",
        "x.sandbox.example",
        "127.0.0.1.evil.example",
        "0x7f.1",
        "[v1.localhost]",
    ],
)
@ANYTHING
def test_any_other_name_is_refused_before_anything_else(named: Plane, host: str, method: str, path: str) -> None:
    reply = named.send(method, path, headers={"Host": host})
    assert reply.status == 403
    assert method == "HEAD" or "--allowed-hosts" in reply.json["message"]


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1@evil.example",
        "evil.example#.localhost",
        "evil.example/.localhost",
        "evil.example, localhost",
        "localhost localhost",
        "[::1",
        "::1",
        "[evil.localhost]",
        "localhost:http",
        "localhost:123456",
        "\xe9.localhost",
    ],
)
@ANYTHING
def test_what_is_no_host_is_400_before_anything_else(named: Plane, host: str, method: str, path: str) -> None:
    reply = named.send(method, path, headers={"Host": host})
    assert reply.status == 400
    assert method == "HEAD" or "The Host header is not a host with an optional port" in reply.json["message"]


def test_two_hosts_are_400(named: Plane) -> None:
    for second in ("localhost", "evil.example"):
        twice = named.get("/health", headers=[("Host", "localhost"), ("Host", second)])
        assert (twice.status, "2 Host headers" in twice.json["message"]) == (400, True)


def test_a_page_of_an_allowed_host_may_ask_and_any_other_may_not(named: Plane) -> None:
    assert named.get("/clock", headers={"Host": "sandbox.example", "Origin": "https://sandbox.example"}).status == 200
    for origin in ("https://evil.example", "https://other.example", "null", "http://["):
        assert named.get("/clock", headers={"Host": "sandbox.example", "Origin": origin}).status == 403


def test_the_api_itself_answers_under_any_name(named: Plane) -> None:
    named.base = "/api/v2"
    try:
        assert named.get("/customers", headers={"Host": "evil.example"}).status == 200
    finally:
        named.base = "/_sandbox"
