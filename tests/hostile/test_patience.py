"""How long the server waits for a client, and what a connection is still good for after a refusal."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from sandbox.app import build
from sandbox.edge.exchange import Answer
from sandbox.edge.protocol import StrictProtocol
from sandbox.edge.request_limits import BodyLimits
from sandbox.settings import load_settings
from tests.hostile.case import CUSTOMER, chunked, get, head, post, streamed
from tests.hostile.raw_connection import Wire
from tests.threaded_server import served

HEADERS, BODY, LINGER, REST = 0.4, 0.5, 0.3, 1
ONE = get("/customers/1")
ONE_OF = "/customers?limit=1"


class Hasty(StrictProtocol):
    """In a hurry."""

    seconds_for_headers = HEADERS
    seconds_to_linger = LINGER


@pytest.fixture(scope="module", params=["fast", "stock"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a server that waits for nothing longer than a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sandbox.app.BodyLimits", functools.partial(BodyLimits, seconds=BODY))
        server = build(load_settings({"stack": request.param, "rate_limit": "1000000/3600"}))
    with served(server.app, Hasty, REST) as where:
        yield where
    server.close()


@pytest.fixture
def wire(address: str) -> Iterator[Wire]:
    with Wire(address) as one:
        yield one


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with all the patience that it has."""
    server = build(load_settings({}))
    with served(server.app, StrictProtocol, 5) as where:
        yield where
    server.close()


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n", b"G", b"GET /api/v2/customers HTTP/1.1\r\n", b"GET /api/v2/customers HTTP/1.1\r\nHost: sandbox\r\nX-One: ", ONE[:-1]],
)
def test_headers_that_never_end_are_not_waited_for(wire: Wire, raw: bytes) -> None:
    wire.send(raw)
    assert wire.is_closed()


@pytest.mark.parametrize("more", [b"G", ONE[:-1], ONE[:-2]])
def test_the_second_request_has_no_more_time_than_the_first(wire: Wire, more: bytes) -> None:
    wire.send(ONE)
    assert wire.answer().status == 200
    wire.send(more)
    assert wire.is_closed()


def test_headers_in_pieces_are_read_when_they_come_in_time(wire: Wire) -> None:
    for place in range(0, len(ONE), 16):
        wire.send(ONE[place : place + 16])
    assert wire.answer().status == 200
    assert wire.is_usable()


def test_a_client_in_the_middle_of_its_headers_is_not_mistaken_for_one_at_rest(wire: Wire) -> None:
    wire.send(ONE + ONE[:20])
    assert wire.answer().status == 200
    wire.send(ONE[20:])
    assert wire.answer().status == 200


@pytest.mark.parametrize("after", [b"", b"\r\n", b"\r\n\r\n\r\n"])
def test_a_connection_at_rest_is_closed_whatever_empty_lines_it_sends(wire: Wire, after: bytes) -> None:
    wire.send(ONE)
    assert wire.answer().status == 200
    wire.send(after)
    assert wire.is_closed()


@pytest.mark.parametrize(
    "raw",
    [
        post("/customers", CUSTOMER)[:-1],
        head("POST", "/customers", "Content-Length: 25"),
        streamed("/customers", b"2\r\n{}\r\n"),
        streamed("/customers", b""),
    ],
    ids=["the last byte", "all of it", "the end of chunks", "the first chunk"],
)
def test_a_body_that_never_comes_is_408_in_the_envelope(wire: Wire, raw: bytes) -> None:
    wire.send(raw)
    answer = wire.answer()
    assert (answer.status, answer.header("connection")) == (408, "close")
    assert answer.json == {"success": False, "message": answer.json["message"]}
    assert answer.header("x-ratelimit-limit") == "1000000"
    assert wire.is_closed()


def test_a_body_that_comes_after_its_408_is_not_taken_for_a_request(wire: Wire) -> None:
    wire.send(head("POST", "/customers", f"Content-Length: {len(ONE)}"))
    assert wire.answer().status == 408
    wire.send(ONE)
    assert wire.is_closed()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (head("POST", "/customers", "Content-Length: 9999999"), 413),
        (head("POST", "/customers", "Content-Length: 999999", key=None), 401),
        (streamed("/nothing", b""), 404),
        (head("GET", "/customers", "Content-Length: 999999"), 200),
    ],
)
def test_a_client_that_goes_on_sending_after_its_answer_is_let_go_soon(wire: Wire, raw: bytes, status: int) -> None:
    wire.send(raw)
    assert wire.answer().status == status
    if b"chunked" not in raw:
        wire.send(b"x" * 65536)
    assert wire.is_closed()


def test_a_client_that_sends_much_too_much_still_hears_why(wire: Wire) -> None:
    wire.send(head("POST", "/customers", f"Content-Length: {8 << 20}") + b" " * (8 << 20))
    assert wire.answer().status == 413
    assert wire.is_closed()


def test_headers_without_end_are_refused_and_the_client_still_hears_why(wire: Wire) -> None:
    wire.send(head("GET", "/customers")[:-2] + b"X-One: 1\r\n" * (1 << 18))
    assert wire.answer().status == 431
    assert wire.is_closed()


@pytest.mark.parametrize("key", [None, "Authorization: Bearer sbx_test_read_only"])
def test_a_refused_request_whose_body_is_complete_leaves_the_connection_as_it_was(wire: Wire, key: str | None) -> None:
    for _ in range(3):
        wire.send(post("/customers", CUSTOMER, key=key))
        assert wire.answer().status == (401 if key is None else 403)
        assert wire.is_usable()


def test_a_body_that_ends_after_the_answer_leaves_the_connection_as_it_was(patient: str) -> None:
    with Wire(patient) as wire:
        wire.send(head("POST", "/customers", f"Content-Length: {len(CUSTOMER)}", key=None))
        assert wire.answer().status == 401
        wire.send(CUSTOMER)
        assert wire.is_usable()


def test_a_body_that_ends_after_the_answer_is_not_held_against_what_follows(wire: Wire) -> None:
    wire.send(head("POST", "/customers", f"Content-Length: {len(CUSTOMER)}", key=None))
    assert wire.answer().status == 401
    wire.send(CUSTOMER + head("POST", "/customers", "Content-Length: 9"))
    assert wire.answer().status == 408, "which comes later than the end of a client's that goes on sending would"
    assert wire.is_closed()


def test_a_connection_whose_body_ended_after_the_answer_does_not_rest_for_ever(wire: Wire) -> None:
    wire.send(head("POST", "/customers", f"Content-Length: {len(CUSTOMER)}", key=None))
    assert wire.answer().status == 401
    wire.send(CUSTOMER)
    assert wire.is_closed()


def test_the_rest_of_a_body_is_not_answered_a_second_time_when_it_is_broken(wire: Wire) -> None:
    wire.send(streamed("/nothing", b""))
    assert wire.answer().status == 404
    wire.send(b"nonsense\r\n")
    assert wire.is_closed()


def test_requests_sent_at_once_are_answered_in_order(wire: Wire) -> None:
    wire.send(
        ONE + get("/nothing") + post("/customers", b"{") + head("HEAD", "/customers/1") + get(ONE_OF, key=None) + streamed("/leads", chunked(b"[]"))
    )
    assert [wire.answer(method).status for method in ("GET", "GET", "POST", "HEAD", "GET", "POST")] == [200, 404, 400, 200, 401, 400]
    assert wire.is_usable()


@pytest.mark.parametrize("good", [1, 3])
@pytest.mark.parametrize("bad", [b"nonsense\r\n\r\n", get("/customers", ": 1"), get("/customers", "X-One: " + "x" * 20_000)])
def test_good_requests_before_garbage_get_their_answers_and_garbage_gets_its_own(wire: Wire, good: int, bad: bytes) -> None:
    wire.send(ONE * good + bad)
    assert [wire.answer().status for _ in range(good)] == [200] * good
    answer = wire.answer()
    assert (answer.status, answer.header("connection")) == (431 if len(bad) > 16_384 else 400, "close")
    assert wire.is_closed()


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (get("/customers", ": 1"), 400),
        (get("/customers", "X-One: " + "x" * 20_000), 431),
        (streamed("/customers", b"nonsense\r\n"), 400),
        (b"HEAD", None),
    ],
)
def test_garbage_after_an_answer_gets_one_of_its_own(wire: Wire, bad: bytes, status: int | None) -> None:
    wire.send(head("HEAD", "/customers/1"))
    assert wire.answer("HEAD").status == 200
    wire.send(bad)
    if status is not None:
        answer = wire.answer()
        assert (answer.status, answer.json["success"]) == (status, False)
    assert wire.is_closed()


def test_a_broken_body_behind_a_good_request_is_refused_after_it(wire: Wire) -> None:
    wire.send(ONE + streamed("/customers", b"nonsense\r\n"))
    assert [wire.answer().status, wire.answer().status] == [200, 400]
    assert wire.is_closed()


def test_nothing_is_read_after_the_request_that_was_the_last(wire: Wire) -> None:
    wire.send(get("/customers/1", "Connection: close") + ONE)
    assert wire.answer().header("connection") == "close"
    assert wire.is_closed()


def test_nothing_is_read_after_garbage(wire: Wire) -> None:
    wire.send(b"nonsense\r\n\r\n")
    wire.send(ONE)
    assert wire.answer().status == 400
    wire.send(ONE)
    assert wire.is_closed()


def test_the_control_plane_too_answers_what_the_parser_refuses(wire: Wire) -> None:
    wire.send(head("GET", b"/_sandbox/health", ": 1"))
    answer = wire.answer()
    assert (answer.status, answer.json["success"], answer.header("x-ratelimit-limit")) == (400, False, None)
    assert wire.is_closed()


def test_an_application_that_fails_after_its_answer_takes_the_answer_from_nobody() -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        await Answer(413, b"{}", ((b"connection", b"close"),)).send(send)
        raise RuntimeError

    with served(fails, Hasty, REST) as address, Wire(address) as wire:
        wire.send(head("POST", "/customers", "Content-Length: 9999999") + b" " * 65536)
        assert wire.answer().status == 413
        assert wire.is_closed()


def test_the_time_for_headers_is_what_was_promised() -> None:
    assert StrictProtocol.seconds_for_headers == BodyLimits().seconds == 15
    assert StrictProtocol.seconds_to_linger == 2
