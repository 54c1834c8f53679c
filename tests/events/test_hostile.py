"""No hostile target is ever dialled: not at registration, not at delivery, not after its name resolves to something else.

The same watch does see the dial where it is allowed, and where a client has no guard.
"""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.events.http_client import Outcome, Sender
from sandbox.events.ssrf_guard import SsrfGuard, open_to_all
from tests.events.hostile_targets import HOSTILE, PUBLIC, SHOWN_BY_THE_RESOLVER, SHOWN_BY_THE_URL, Hostile
from tests.events.loopback_receiver import LOOPBACK, OK, named, receiver, sends
from tests.events.network import watched_network

IDS = [repr(one.url) for one in HOSTILE]


def delivered(sender: Sender, url: str) -> Outcome:
    return asyncio.run(sender.post(url, {"content-type": "application/json"}, b"{}"))


def name_of(target: Hostile) -> str:
    return str(urlsplit(target.url).hostname).removesuffix(".")


def test_the_table_is_as_long_as_promised() -> None:
    assert len({one.url for one in HOSTILE}) >= 200


@pytest.mark.parametrize("target", HOSTILE, ids=IDS)
def test_a_hostile_target_is_never_dialled(target: Hostile) -> None:
    with watched_network() as network:
        guard = SsrfGuard()
        guard.fault(target.url)
        assert (network.asked, network.dialled) == ([], [])
        if target.answers:
            network.answers[name_of(target)] = target.answers
        outcomes = [delivered(Sender(guard), target.url) for _ in ("delivery", "redelivery")]
    assert network.dialled == []
    assert [(one.status_code, one.body) for one in outcomes] == [(None, b"")] * 2
    assert all(one.error and "\n" not in one.error for one in outcomes)
    assert "resolves to" in str(outcomes[0].error) if target.answers else target in SHOWN_BY_THE_URL or "has no address" in str(outcomes[0].error)


@pytest.mark.parametrize("target", SHOWN_BY_THE_RESOLVER, ids=lambda one: one.url)
def test_a_target_that_turns_hostile_after_its_first_delivery_is_not_dialled_again(target: Hostile) -> None:
    with watched_network() as network:
        sender = Sender(SsrfGuard())
        network.answers[name_of(target)] = (PUBLIC,)
        assert delivered(sender, target.url).error == "The connection was refused"
        assert network.dialled == [PUBLIC]
        network.answers[name_of(target)] = target.answers
        assert delivered(sender, target.url).status_code is None
        assert network.dialled == [PUBLIC]


def test_an_answer_that_changes_within_a_delivery_changes_nothing_of_what_was_checked() -> None:
    asked: list[str] = []

    async def turns_at_once(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    with watched_network() as network:
        network.answers["hooks.example"] = ("127.0.0.1",)  # who asks the system once more gets this
        assert delivered(Sender(SsrfGuard(resolve=turns_at_once)), "http://hooks.example/").error == "The connection was refused"
    assert (asked, network.asked, network.dialled) == (["hooks.example"], [], [PUBLIC])


def test_a_receiver_on_loopback_sees_no_connection_unless_loopback_is_open() -> None:
    async def try_both(url: str) -> tuple[int, int]:
        async with receiver(sends(OK)) as target:
            for guard in (SsrfGuard(resolve=named()), SsrfGuard()):
                assert (await Sender(guard).post(url.format(port=target.port), {}, b"{}")).status_code is None
            refused = target.connections
            await Sender(SsrfGuard(LOOPBACK, named())).post(url.format(port=target.port), {}, b"{}")
            return refused, target.connections

    for url in ("http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://a.localhost.:{port}/", "http://hooks.invalid:{port}/"):
        assert asyncio.run(try_both(url)) == (0, 1), url


# The watch itself.


@pytest.mark.parametrize("target", [one for one in SHOWN_BY_THE_RESOLVER if one.answers], ids=lambda one: one.url)
def test_the_watch_sees_the_dial_where_every_target_is_open(target: Hostile) -> None:
    with watched_network() as network:
        network.answers[name_of(target)] = target.answers[:1]
        delivered(Sender(open_to_all()), target.url)
    plain = target.answers[0] not in ("127.1", "0x7f000001", "nonsense") and "%" not in target.answers[0]
    assert network.dialled == ([target.answers[0]] if plain else [])


def test_the_watch_sees_a_client_without_a_guard_dial_most_of_the_table() -> None:
    dialled = 0
    with watched_network() as network, httpx.Client(trust_env=False) as client:
        for target in HOSTILE:
            network.dialled.clear()
            if target.answers:
                network.answers[name_of(target)] = target.answers
            with suppress(httpx.HTTPError, httpx.InvalidURL, UnicodeError):
                client.post(target.url, content=b"{}")
            dialled += bool(network.dialled)
    assert dialled >= 150
