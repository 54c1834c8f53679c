"""A call arrives as it was meant; a receiver that cannot be reached, or takes its time, is an outcome with a sentence."""

import asyncio
import ssl
from typing import Any

import pytest

from sandbox.events.http_client import Outcome, Sender
from sandbox.events.ssrf_guard import SsrfGuard
from tests.events.http_calls import on_either_loop, outcome_of, posted, sender
from tests.events.loopback_receiver import OK, Answer, never_ends, receiver, sends


@pytest.mark.parametrize("fast", [False, True], ids=["asyncio", "uvloop"])
def test_a_call_arrives_as_it_was_meant_and_under_the_name_of_the_host(fast: bool) -> None:
    async def call() -> tuple[Outcome, bytes, int]:
        async with receiver(sends(OK)) as target:
            outcome = await sender().post(
                f"http://Hooks.Example:{target.port}/a%20b?c=d#e",
                {"content-type": "application/json", "Webhook-Id": "evt_1", "host": "evil"},
                b'{"a": 1}',
            )
            return outcome, target.requests[0], target.port

    outcome, request, port = on_either_loop(fast, call())
    head, _, body = request.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == "POST /a%20b?c=d HTTP/1.1"
    assert sorted(headers) == sorted(
        [f"Host: hooks.example:{port}", "Connection: close", "Accept-Encoding: identity", "Content-Length: 8", "content-type: application/json",
         "Webhook-Id: evt_1"]
    )  # fmt: skip
    assert body == b'{"a": 1}'
    assert (outcome.status_code, outcome.body, outcome.error, outcome.retry_after) == (200, b"ok", None, None)
    assert 0 <= outcome.duration < 15
    assert outcome.duration == round(outcome.duration, 3)


def test_each_call_has_a_connection_of_its_own() -> None:
    async def call_twice() -> int:
        async with receiver(sends(OK)) as target:
            one = sender()
            for _ in range(2):
                await one.post(f"http://hooks.example:{target.port}/", {}, b"{}")
            return target.connections

    assert asyncio.run(call_twice()) == 2


def test_a_large_body_arrives_whole() -> None:
    body = b'"' + b"x" * 300_000 + b'"'
    outcome, target = asyncio.run(posted(sends(OK), body=body))
    assert outcome.status_code == 200
    assert target.requests[0].endswith(body)


@pytest.mark.parametrize("status", [201, 204, 400, 404, 410, 429, 500, 503])
def test_every_status_is_an_outcome_without_an_error(status: int) -> None:
    outcome = outcome_of(sends(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status))
    assert (outcome.status_code, outcome.error) == (status, None)


def test_the_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async def call() -> tuple[int, int]:
        async with receiver(sends(OK)) as proxy, receiver(sends(OK)) as target:
            for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            await sender().post(f"http://hooks.example:{target.port}/", {}, b"{}")
            return proxy.connections, target.connections

    assert asyncio.run(call()) == (0, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    async def call() -> tuple[Outcome, int]:
        async with receiver(sends(OK)) as elsewhere:
            head = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
            outcome, _ = await posted(sends(head.encode()))
            return outcome, elsewhere.connections

    outcome, followed = asyncio.run(call())
    assert (outcome.status_code, followed) == (status, 0)


def test_the_next_address_is_dialled_where_the_first_refuses() -> None:
    async def call() -> Outcome:
        async with receiver(sends(OK)) as target:
            return await sender(15.0, "127.0.0.2", "127.0.0.1").post(f"http://hooks.example:{target.port}/", {}, b"{}")

    assert asyncio.run(call()).status_code == 200


# Time.


@pytest.mark.parametrize(
    "answer", [never_ends(b"", b"", 20), never_ends(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.02)], ids=["says nothing", "drips its headers"]
)
def test_a_receiver_has_only_so_much_time(answer: Answer) -> None:
    outcome = outcome_of(answer, seconds=0.3)
    assert (outcome.status_code, outcome.error) == (None, "No answer within 0.3 s")
    assert 0.3 <= outcome.duration < 10


def test_the_time_of_a_look_up_counts() -> None:
    async def hangs(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    outcome = asyncio.run(Sender(SsrfGuard(resolve=hangs), 0.1).post("http://hooks.example/", {}, b"{}"))
    assert outcome.error == "No answer within 0.1 s"


def test_an_address_that_does_not_answer_takes_no_more_than_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    dial = asyncio.open_connection

    async def hangs_at_first(address: str, *args: Any, **kwargs: Any) -> Any:
        if address == "127.0.0.2":
            await asyncio.Event().wait()
        return await dial(address, *args, **kwargs)

    async def call() -> Outcome:
        async with receiver(sends(OK)) as target:
            monkeypatch.setattr(asyncio, "open_connection", hangs_at_first)
            return await sender(2.0, "127.0.0.2", "127.0.0.1").post(f"http://hooks.example:{target.port}/", {}, b"{}")

    outcome = asyncio.run(call())
    assert outcome.status_code == 200
    assert 1 <= outcome.duration < 2


def test_a_cancelled_call_closes_its_connection_and_is_told_as_cancelled() -> None:
    async def call() -> bool:
        async with receiver(never_ends(b"", b"", 20)) as target:
            under_way = asyncio.create_task(sender().post(f"http://hooks.example:{target.port}/", {}, b"{}"))
            await target.was_asked.wait()
            under_way.cancel()
            with pytest.raises(asyncio.CancelledError):
                await under_way
            return under_way.cancelled()

    assert asyncio.run(call())


def test_closing_the_sender_ends_what_is_under_way() -> None:
    async def call() -> Outcome:
        async with receiver(never_ends(b"", b"", 20)) as target:
            one = sender()
            under_way = asyncio.create_task(one.post(f"http://hooks.example:{target.port}/", {}, b"{}"))
            await target.was_asked.wait()
            await one.close()
            return await under_way

    assert asyncio.run(call()).error == "The connection was closed before an answer"


# What cannot be called.


def test_a_refused_connection_is_called_so() -> None:
    async def call() -> Outcome:
        async with receiver(sends(OK)) as gone:
            pass
        return await sender().post(f"http://hooks.example:{gone.port}/", {}, b"{}")

    assert asyncio.run(call()).error == "The connection was refused"


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (OSError(113, "No route to host"), "The connection failed: No route to host"),
        (OSError(101, "Network is unreachable"), "The connection failed: Network is unreachable"),
        (TimeoutError(110, "Connection timed out"), "The connection failed: Connection timed out"),
        (OSError("odd"), "The connection failed: unknown"),
        (ConnectionResetError(), "The connection was closed before an answer"),
        (ssl.SSLEOFError(), "The connection was closed before an answer"),
        (ssl.SSLError(), "The receiver does not speak TLS as it should: unknown"),
    ],
)
def test_a_failure_of_the_network_is_a_sentence(monkeypatch: pytest.MonkeyPatch, problem: OSError, sentence: str) -> None:
    async def fails(*_: Any, **__: Any) -> None:
        raise problem

    monkeypatch.setattr(asyncio, "open_connection", fails)
    assert asyncio.run(sender().post("http://hooks.example/", {}, b"{}")).error == sentence


def test_a_fault_of_our_own_is_logged_and_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    async def call() -> Outcome:
        async with receiver(sends(OK)) as target:
            return await sender().post(f"http://hooks.example:{target.port}/", {"bad": "line\r\nbreak"}, b"{}")

    assert asyncio.run(call()).error == "The call failed by a fault of the sandbox, which its log tells of"
    assert "A webhook could not be called" in capsys.readouterr().err


def test_a_receiver_that_refuses_before_it_has_read_all_is_heard() -> None:
    body = b"x" * 3_000_000

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()

    async def call() -> Outcome:
        async with receiver(refuses, reads=False) as target:
            return await sender().post(f"http://hooks.example:{target.port}/", {}, body)

    assert asyncio.run(call()).status_code == 413


def test_a_receiver_that_reads_nothing_and_leaves_is_an_outcome() -> None:
    async def leaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async def call() -> Outcome:
        async with receiver(leaves, reads=False) as target:
            return await sender().post(f"http://hooks.example:{target.port}/", {}, b"x" * 3_000_000)

    assert asyncio.run(call()).error == "The connection was closed before an answer"
