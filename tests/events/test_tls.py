"""The certificate must be one that the system trusts, for the name in the URL; else the receiver gets no request."""

import asyncio
import ssl

import pytest

from sandbox.events.http_client import Outcome
from tests.events.http_calls import on_either_loop, sender
from tests.events.loopback_receiver import OK, Receiver, certificates, receiver, sends


async def _by_tls(host: str, *, tls: bool = True) -> tuple[Outcome, Receiver]:
    async with receiver(sends(OK), tls=tls) as target:
        return await sender().post(f"https://{host}:{target.port}/", {}, b"{}"), target


@pytest.mark.parametrize("fast", [False, True], ids=["asyncio", "uvloop"])
def test_a_certificate_of_the_systems_trust_for_the_hosts_name_is_taken(monkeypatch: pytest.MonkeyPatch, fast: bool) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates() / "authority.pem"))
    outcome, target = on_either_loop(fast, _by_tls("hooks.example"))
    assert (outcome.status_code, outcome.body, outcome.error) == (200, b"ok", None)
    assert b"Host: hooks.example:" in target.requests[0]


@pytest.mark.parametrize("fast", [False, True], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("host", "trusted", "sentence"),
    [
        ("other.example", True, "The certificate does not fit: Hostname mismatch, certificate is not valid for 'other.example'"),
        ("127.0.0.1", True, "The certificate does not fit: IP address mismatch, certificate is not valid for '127.0.0.1'"),
        ("hooks.example", False, "The certificate does not fit: unable to get local issuer certificate"),
    ],
)
def test_a_certificate_that_does_not_fit_gets_no_request(
    monkeypatch: pytest.MonkeyPatch, fast: bool, host: str, trusted: bool, sentence: str
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates() / "authority.pem"))
    outcome, target = on_either_loop(fast, _by_tls(host))
    assert (outcome.status_code, outcome.error) == (None, sentence)
    assert target.requests == []


def test_a_receiver_that_speaks_no_tls_is_called_so() -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        await reader.read()

    async def call() -> Outcome:
        async with receiver(greets, reads=False) as target:
            return await sender().post(f"https://hooks.example:{target.port}/", {}, b"{}")

    assert str(asyncio.run(call()).error).startswith("The receiver does not speak TLS as it should: ")


def test_the_trust_is_read_once_and_not_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counted() -> ssl.SSLContext:
        made.append(create())
        return made[-1]

    async def call() -> list[int]:
        one, counts = sender(), []
        async with receiver(sends(OK)) as plain, receiver(sends(OK), tls=True) as secret:
            for url in (f"http://hooks.example:{plain.port}/", *[f"https://hooks.example:{secret.port}/"] * 2):
                await one.post(url, {}, b"{}")
                counts.append(len(made))
        return counts

    monkeypatch.setattr(ssl, "create_default_context", counted)
    assert asyncio.run(call()) == [0, 1, 1]
