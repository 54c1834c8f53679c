"""The control plane beside the API: health, without a key and never throttled."""

from collections.abc import Iterator

import pytest

import sandbox as package
from tests.asgi import Sandbox, sandbox_of


@pytest.fixture(scope="module")
def plane() -> Iterator[Sandbox]:
    sandbox = sandbox_of(rate_limit=(1, 60))
    sandbox.base = "/_sandbox"
    yield sandbox
    sandbox.close()


def test_health_needs_no_key_and_is_never_throttled(plane: Sandbox) -> None:
    for _ in range(3):
        reply = plane.get("/health", None)
        assert reply.status == 200
        assert reply.json == {"success": True, "data": {"status": "ok", "version": package.version()}}
        assert reply.header("content-type") == "application/json"
        assert reply.header("x-ratelimit-limit") is None


def test_health_answers_head_without_a_body(plane: Sandbox) -> None:
    reply = plane.send("HEAD", "/health")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.header("content-length") == plane.get("/health").header("content-length")


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/health/"])
def test_a_path_that_is_not_there_is_404_in_the_envelope(plane: Sandbox, path: str) -> None:
    reply = plane.get(path, None)
    assert reply.status == 404
    assert reply.json["success"] is False
    assert plane.send("HEAD", path).status == 404


def test_another_method_is_405(plane: Sandbox) -> None:
    reply = plane.post("/health", {}, key=None)
    assert (reply.status, reply.header("allow")) == (405, "GET, HEAD")
