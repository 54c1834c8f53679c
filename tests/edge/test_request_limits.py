"""How a body may arrive: of which kind, in how many pieces, how long and how fast."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sandbox.edge.request_limits import BodyLimits
from tests.asgi import ADMINISTRATOR, HOST, Sandbox

BODY = b'{"account": "Jane Smith"}'
MOST = BodyLimits().size


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"', "application/json; charset=utf8",
     "application/json ; charset=utf-8 ; version=1", "application/json;", ""],
)  # fmt: skip
def test_json_in_utf_8_is_taken_however_it_is_written(sandbox: Sandbox, content_type: str) -> None:
    assert sandbox.post("/customers", body=BODY, headers={"Content-Type": content_type}).status == 201


def test_a_body_that_does_not_say_what_it_is_counts_as_json(sandbox: Sandbox) -> None:
    assert sandbox.post("/customers", body=BODY).status == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json-patch+json", "json",
     "application/json, application/json", "application/json; charset=latin-1", "application/json; charset=utf-16",
     "application/json; charset=nonsense", "application/json; charset=", "*/*"],
)  # fmt: skip
def test_another_kind_of_body_is_415_and_stores_nothing(sandbox: Sandbox, content_type: str) -> None:
    reply = sandbox.post("/customers", body=BODY, headers={"Content-Type": content_type})
    assert reply.status == 415, reply.body
    assert reply.json == {"success": False, "message": reply.json["message"]}
    assert sandbox.get("/customers").data == []


def test_a_request_that_needs_no_body_may_call_it_what_it_likes(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers", headers={"Content-Type": "text/plain"}).status == 200
    assert sandbox.delete(f"/customers/{sandbox.customer()}", body=b"x", headers={"Content-Type": "text/plain"}).status == 200


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_body_in_pieces_is_put_together(sandbox: Sandbox, size: int) -> None:
    pieces = [BODY[start : start + size] for start in range(0, len(BODY), size)]
    reply = sandbox.post("/customers", body=[b"", *pieces, b""])
    assert reply.status == 201
    assert reply.data["account"] == "Jane Smith"


def test_a_body_of_exactly_the_most_is_taken(sandbox: Sandbox) -> None:
    assert sandbox.post("/customers", body=BODY.ljust(MOST)).status == 201
    assert sandbox.post("/customers", body=[BODY, b" " * (MOST - len(BODY))]).status == 201


@pytest.mark.parametrize("length", [str(MOST + 1), "9" * 30, "0" * 20 + str(MOST + 1)])
def test_a_body_that_says_it_is_too_long_is_not_read(sandbox: Sandbox, length: str) -> None:
    reply = sandbox.post("/customers", body=[b"never read"], headers={"Content-Length": length}, stalls=True)
    assert reply.status == 413
    assert reply.header("connection") == "close"
    assert reply.json["success"] is False


@pytest.mark.parametrize("pieces", [[b" " * (MOST + 1)], [b" " * MOST, b" "], [b" " * MOST, b"", b" " * MOST]])
def test_a_body_that_turns_out_too_long_is_refused_while_it_is_read(sandbox: Sandbox, pieces: list[bytes]) -> None:
    reply = sandbox.post("/customers", body=pieces)
    assert reply.status == 413
    assert reply.header("connection") == "close"


@pytest.mark.parametrize("pieces", [[], [b"{"], [BODY]])
def test_a_body_that_does_not_end_is_408(make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]) -> None:
    monkeypatch.setattr("sandbox.app.BodyLimits", lambda: BodyLimits(seconds=0.01))
    sandbox = make_sandbox()
    reply = sandbox.post("/customers", body=pieces, stalls=True)
    assert reply.status == 408
    assert reply.json == {"success": False, "message": "The body did not come within 0.01 seconds"}
    assert reply.header("connection") == "close"
    assert sandbox.get("/customers").data == []


@pytest.mark.parametrize("pieces", [[], [b"{"], [BODY]])
def test_a_client_that_leaves_is_not_complained_of(sandbox: Sandbox, pieces: list[bytes]) -> None:
    with capture_logs() as lines:
        reply = sandbox.post("/customers", body=pieces, leaves=True)
    assert reply.status in (0, 499), "whatever is said, nobody hears it"
    assert lines == []
    assert sandbox.get("/customers").data == []


def test_headers_of_exactly_the_most_are_taken(sandbox: Sandbox) -> None:
    rest = len("authorization") + len(f"Bearer {ADMINISTRATOR}") + len("x-long") + len("host") + len(HOST)
    assert sandbox.get("/customers", headers={"X-Long": "x" * (16 * 1024 - rest)}).status == 200
    reply = sandbox.get("/customers", headers={"X-Long": "x" * (16 * 1024 - rest + 1)})
    assert reply.status == 431
    assert reply.header("connection") == "close"


def test_many_small_headers_count_together(sandbox: Sandbox) -> None:
    assert sandbox.get("/customers", headers=[(f"x-{number}", "x" * 10) for number in range(1500)]).status == 431
