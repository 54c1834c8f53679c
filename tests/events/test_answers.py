"""Whatever a receiver answers with, no more of it is read, followed or believed than a call needs."""

import asyncio
import gzip
from datetime import timedelta

import pytest

from tests.events.http_calls import outcome_of, posted
from tests.events.loopback_receiver import Answer, never_ends, sends


def test_an_answer_is_read_to_4_kib_and_no_further() -> None:
    outcome, target = asyncio.run(posted(never_ends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"y" * 4096 + b"\r\n")))
    assert (outcome.status_code, outcome.body, outcome.error) == (200, b"y" * 4096, None)
    assert outcome.duration < 10
    assert target.was_left.is_set()


def test_a_body_in_chunks_of_a_byte_is_bounded_too() -> None:
    outcome = outcome_of(never_ends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 60 + b"\r\nz\r\n"))
    assert outcome.status_code == 200
    assert 0 < len(outcome.body) < 4096
    assert set(outcome.body) == {ord("z")}


def test_a_body_in_chunks_of_a_byte_is_read_to_4_kib() -> None:
    outcome = outcome_of(sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n" * 5000))
    assert outcome.body == b"z" * 4096


def test_nobody_waits_for_more_than_4_kib() -> None:
    outcome = outcome_of(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"z" * 4096))
    assert (outcome.status_code, len(outcome.body)) == (200, 4096)
    assert outcome.duration < 10


def test_nothing_is_decompressed() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    outcome = outcome_of(sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb), bomb))
    assert (outcome.status_code, outcome.body) == (200, bomb[:4096])


@pytest.mark.parametrize("pause", [0.02, 20])
def test_an_answer_whose_body_does_not_end_counts_from_its_headers(pause: float) -> None:
    outcome = outcome_of(never_ends(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"a", pause), seconds=0.5)
    assert (outcome.status_code, outcome.error) == (200, None)
    assert set(outcome.body) == {ord("a")}
    assert outcome.duration >= 0.5


def test_an_answer_that_breaks_off_after_its_headers_counts() -> None:
    outcome = outcome_of(sends(b"HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\nRetry-After: 7\r\n\r\nbusy", then_close=True))
    assert (outcome.status_code, outcome.body, outcome.retry_after) == (503, b"busy", timedelta(seconds=7))


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    assert outcome_of(sends(b"HTTP/1.0 200 OK\r\n\r\nbye", then_close=True)).body == b"bye"


def test_an_early_hint_is_no_answer() -> None:
    assert (
        outcome_of(sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")).status_code == 202
    )


def test_switching_protocols_ends_the_call() -> None:
    outcome = outcome_of(sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"))
    assert outcome.status_code is None or outcome.status_code == 101


@pytest.mark.parametrize(
    "answer",
    [
        never_ends(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        never_ends(b"HTTP/1.1 200 OK\r\n", b"X-More: of the same\r\n"),
        never_ends(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 1000),
        never_ends(b"", b"x" * 1000),
    ],
    ids=["informational answers", "headers", "one header", "a first line"],
)
def test_headers_without_end_are_read_to_16_kib(answer: Answer) -> None:
    outcome = outcome_of(answer)
    assert outcome.error == "The answer's headers are longer than 16 KiB"
    assert outcome.duration < 10


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\0\x01\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\na b c\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"220 mail.example ESMTP\r\n\r\n", b"\0" * 100 + b"\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_called_so_and_not_shown(garbage: bytes) -> None:
    outcome = outcome_of(sends(garbage))
    assert (outcome.status_code, outcome.body, outcome.error) == (None, b"", "The answer is not HTTP/1.1")


@pytest.mark.parametrize("answer", [sends(then_close=True), sends(b"HTTP/1.1 20", then_close=True)], ids=["nothing", "half a line"])
def test_a_connection_that_is_closed_before_an_answer_is_called_so(answer: Answer) -> None:
    assert outcome_of(answer).error in ("The connection was closed before an answer", "The answer is not HTTP/1.1")


def test_a_connection_that_is_cut_is_called_so() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    assert outcome_of(cut).error == "The connection was closed before an answer"


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(0)),
        ("Sun, 22 Nov 2026 12:01:30 GMT", timedelta(seconds=90)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Sun, 22 Nov 2026 12:00:10 -0000", timedelta(seconds=10)),
        ("999999999", timedelta(days=7)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=7)),
        ("1" * 5000, None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 2026 12:00:00 GMT", None),
        ("Sun, 22 Nov 99999999999999999999 12:00:00 GMT", None),
    ],
)
def test_a_pause_that_is_asked_for_is_understood_in_seconds_and_as_a_date(header: str, pause: timedelta | None) -> None:
    outcome = outcome_of(sends(f"HTTP/1.1 503 Busy\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n".encode()))
    assert (outcome.status_code, outcome.retry_after) == (503, pause)
