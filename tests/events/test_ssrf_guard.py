"""A registration refuses what the URL itself shows and resolves nothing; a delivery resolves once and checks every address."""

import asyncio
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.events.dns import Resolver
from sandbox.events.ssrf_guard import Blocked, SsrfGuard, WebhookUrl, open_to_all
from tests.events.hostile_targets import PUBLIC, SHOWN_BY_THE_RESOLVER, SHOWN_BY_THE_URL, Hostile
from tests.events.network import watched_network

LOOPBACK = ("127.0.0.0/8", "::1")
GUARD = SsrfGuard()
OPENABLE = "{0} resolves to {1}, which is not a public address; whoever runs the sandbox can open it with sandbox serve --webhook-networks {1}"


class Answers:
    """A resolver that answers differently each time it is asked, and counts."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return list(self._answers[min(len(self.asked), len(self._answers)) - 1])


def admitted(guard: SsrfGuard, url: str) -> WebhookUrl:
    return asyncio.run(guard.admit(url))


def blocked(guard: SsrfGuard, url: str) -> str:
    with pytest.raises(Blocked) as caught:
        admitted(guard, url)
    return str(caught.value)


# Registration.


@pytest.mark.parametrize("target", SHOWN_BY_THE_URL, ids=lambda one: repr(one.url))
def test_a_target_that_shows_itself_is_refused_in_a_sentence(target: Hostile) -> None:
    fault = GUARD.fault(target.url)
    assert fault is not None
    assert fault.startswith("Url must ")
    assert "\n" not in fault


@pytest.mark.parametrize("target", SHOWN_BY_THE_RESOLVER, ids=lambda one: one.url)
def test_a_registration_resolves_nothing(target: Hostile) -> None:
    with watched_network() as network:
        assert GUARD.fault(target.url) is None
    assert network.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://your-domain.com/webhook",
        "http://your-domain.com",
        "HTTPS://Your-Domain.COM/Webhook",
        "https://your-domain.com:443/",
        "https://your-domain.com:8443/",
        "http://your-domain.com:80/",
        "http://your-domain.com:080/",
        "http://your-domain.com:/",
        "http://your-domain.com:1024/",
        "http://your-domain.com:65535/",
        "https://your-domain.com?token=a%20b&c[]=1",
        "https://your-domain.com/a@b:c;d=e,f/~g/%2e%2e/?next=http://127.0.0.1/#part",
        "https://your-domain.com./",
        "https://xn--bcher-kva.example/",
        "https://my_hooks.a-b.example/",
        "https://a.b.c.d.e.f.example/",
        "https://127.0.0.1.your-domain.com/",
        "https://localhost.your-domain.com/",
        "https://mylocalhost/",
        "https://1.example/",
        "https://0x7f.example/",
        "https://93.184.215.14/",
        "http://93.184.215.14.:8080/",
        "https://[2606:4700:4700::1111]/",
        "https://[2606:4700:4700:0:0:0:0:1111]:8443/x",
        f"https://{'a' * 63}.example/",
        f"https://{'.'.join(['abcdefghi'] * 25)}.com/",
    ],
)
def test_an_ordinary_public_address_registers(url: str) -> None:
    assert GUARD.fault(url) is None


@pytest.mark.parametrize(
    "url", [f"https://{'a' * 64}.example/", f"https://{'.'.join(['abcdefghi'] * 26)}/", "https://-a.example/", "https://a-.example/"]
)
def test_a_name_that_no_host_can_have_is_refused(url: str) -> None:
    assert GUARD.fault(url) == "Url must name a host of letters, digits, hyphens and dots, such as your-domain.com"


@given(st.text(max_size=60) | st.text(alphabet="htps:/@[]%.0127xalocst\\ \t#?", max_size=40).map("http://".__add__))
def test_whatever_is_not_refused_has_a_host_that_cannot_be_mistaken(url: str) -> None:
    if GUARD.fault(url) is None:
        host = url.split("//", 1)[1].split("/")[0].split("?")[0].split("#")[0]
        assert not set(host) & set("@%\\ \t")
        assert url.isascii()


# Delivery.


@pytest.mark.parametrize("target", SHOWN_BY_THE_RESOLVER, ids=lambda one: one.url)
def test_a_name_of_which_one_address_is_not_public_is_blocked(target: Hostile) -> None:
    resolve = Answers(target.answers)
    assert " resolves to " in (sentence := blocked(SsrfGuard(resolve=resolve), target.url)) or sentence.endswith(" has no address")
    assert len(resolve.asked) == 1


@pytest.mark.parametrize("target", SHOWN_BY_THE_URL, ids=lambda one: repr(one.url))
def test_what_a_registration_refuses_a_delivery_refuses_alike_and_resolves_nothing(target: Hostile) -> None:
    resolve = Answers((PUBLIC,))
    assert blocked(SsrfGuard(resolve=resolve), target.url) == GUARD.fault(target.url)
    assert resolve.asked == []


def test_the_sentence_names_the_host_and_the_address() -> None:
    sentence = blocked(SsrfGuard(resolve=Answers((PUBLIC, "10.0.0.1"))), "https://Hooks.Example./")
    assert sentence == OPENABLE.format("hooks.example", "10.0.0.1")


def test_a_public_name_is_admitted_with_all_its_addresses() -> None:
    resolve = Answers((PUBLIC, "2606:4700::1111"))
    target = admitted(SsrfGuard(resolve=resolve), "HTTPS://Hooks.Example.:8443/a/b?c=d#e")
    assert target == WebhookUrl("https", "hooks.example", 8443, "/a/b?c=d", (PUBLIC, "2606:4700::1111"))
    assert resolve.asked == ["hooks.example"]


@pytest.mark.parametrize(
    ("url", "host", "authority", "path"),
    [
        ("https://hooks.example", "hooks.example", "hooks.example", "/"),
        ("https://hooks.example:443?x", "hooks.example", "hooks.example", "/?x"),
        ("http://hooks.example:443/", "hooks.example", "hooks.example:443", "/"),
        ("https://[2606:4700:0::1111]:8443/p", "2606:4700::1111", "[2606:4700::1111]:8443", "/p"),
        ("http://[2606:4700::1111]/", "2606:4700::1111", "[2606:4700::1111]", "/"),
    ],
)
def test_a_receiver_is_told_the_host_as_it_is_written(url: str, host: str, authority: str, path: str) -> None:
    target = admitted(SsrfGuard(resolve=Answers((PUBLIC,))), url)
    assert (target.host, target.authority, target.path) == (host, authority, path)


def test_an_address_is_not_resolved() -> None:
    resolve = Answers(("127.0.0.1",))
    assert admitted(SsrfGuard(resolve=resolve), f"http://{PUBLIC}/").addresses == (PUBLIC,)
    assert resolve.asked == []


def test_each_delivery_is_judged_by_its_own_answer() -> None:
    guard = SsrfGuard(resolve=Answers((PUBLIC,), ("127.0.0.1",), (PUBLIC,)))
    assert admitted(guard, "http://hooks.example/").addresses == (PUBLIC,)
    assert blocked(guard, "http://hooks.example/").startswith(
        "hooks.example resolves to 127.0.0.1, which is not a public address; sandbox serve --allow"
    )
    assert admitted(guard, "http://hooks.example/").addresses == (PUBLIC,)


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "Name or service not known"), TimeoutError(), UnicodeError("label too long")])
def test_a_name_that_does_not_resolve_has_no_address(problem: Exception) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise problem

    assert blocked(SsrfGuard(resolve=resolve), "http://hooks.example/") == "hooks.example has no address"


# Open networks.


def test_opened_loopback_opens_localhost_and_asks_nobody_where_that_is() -> None:
    resolve = Answers((PUBLIC,))
    guard = SsrfGuard(LOOPBACK, resolve)
    for url in ("http://localhost:3000/hook", "http://LOCALHOST.:3000/", "http://a.localhost:3000/"):
        assert guard.fault(url) is None
        assert admitted(guard, url).addresses == ("127.0.0.1", "::1")
    assert resolve.asked == []


def test_localhost_is_what_is_open_of_it() -> None:
    assert admitted(SsrfGuard(["127.0.0.1"]), "http://localhost:3000/").addresses == ("127.0.0.1",)
    assert admitted(SsrfGuard(["::1/128"]), "http://localhost:3000/").addresses == ("::1",)
    assert SsrfGuard(["10.0.0.0/8"]).fault("http://localhost:3000/") is not None


def test_an_opened_network_is_open_to_addresses_and_names_and_nothing_else_is() -> None:
    guard = SsrfGuard(["10.1.0.0/16"], Answers(("10.1.2.3",), ("10.2.0.1",)))
    assert guard.fault("http://10.1.2.3/") is None
    assert admitted(guard, "http://hooks.example/").addresses == ("10.1.2.3",)
    assert blocked(guard, "http://hooks.example/") == OPENABLE.format("hooks.example", "10.2.0.1")
    assert guard.fault("http://127.0.0.1/") == (
        "Url must lead to a public address, and 127.0.0.1 is not one; sandbox serve --allow-local-webhooks opens this machine"
    )
    assert guard.fault("http://10.1.2.3:22/") == "Url must use port 80, 443, 8443 or one above 1023"


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("http://10.0.0.5/hook", "10.0.0.5"),
        ("http://172.16.3.4:8080/", "172.16.3.4"),
        ("http://192.168.1.10/", "192.168.1.10"),
        ("http://100.64.1.1/", "100.64.1.1"),
        ("http://169.254.169.254/", "169.254.169.254"),
        ("http://198.18.0.1/", "198.18.0.1"),
        ("http://[fd00::1]/", "fd00::1"),
        ("http://[fe80::1]/", "fe80::1"),
        ("http://[::ffff:10.0.0.1]/", "::ffff:a00:1,10.0.0.1"),
        ("http://[64:ff9b::a00:1]/", "64:ff9b::a00:1,10.0.0.1"),
    ],
)
def test_what_a_private_address_needs_is_a_setting_that_is_named_and_that_opens_it(url: str, networks: str) -> None:
    fault = GUARD.fault(url)
    assert fault is not None
    assert fault.endswith(f"whoever runs the sandbox can open it with sandbox serve --webhook-networks {networks}")
    assert SsrfGuard(networks.split(","), any_port=True).fault(url) is None


def test_this_machine_is_opened_by_a_setting_of_its_own() -> None:
    for url in ("http://127.0.0.1/", "http://localhost/", "http://[::1]/"):
        assert (GUARD.fault(url) or "").endswith("; sandbox serve --allow-local-webhooks opens this machine")


def test_an_open_network_opens_no_other_notation() -> None:
    for url in ("http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://x@127.0.0.1/", "http://127.0.0.1%2f/"):
        assert SsrfGuard(LOOPBACK).fault(url) is not None


def test_a_network_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        SsrfGuard(["here"])


def test_the_guard_of_a_users_own_command_takes_every_address_and_port() -> None:
    for url in (
        "http://localhost/",
        "http://127.0.0.1:81/",
        "http://[::1]:22/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "https://your-domain.com/",
    ):
        assert open_to_all().fault(url) is None
    assert open_to_all().fault("http://user@localhost/") is not None


# The resolver.


def test_a_question_that_hangs_holds_up_no_other() -> None:
    release = threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        if host == "slow.example":
            release.wait(20)
        return [PUBLIC]

    async def ask() -> list[str]:
        resolve = Resolver(threads=3, look_up=look_up)
        slow = [asyncio.create_task(resolve("slow.example", 80)) for _ in range(2)]
        answer = await resolve("quick.example", 80)
        assert not any(task.done() for task in slow)
        release.set()
        await asyncio.gather(*slow)
        return answer

    assert asyncio.run(ask()) == [PUBLIC]


def test_a_question_that_nobody_waits_for_still_counts_until_it_is_answered() -> None:
    release = threading.Event()
    asked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        release.wait(20)
        return [PUBLIC]

    async def ask() -> None:
        resolve = Resolver(threads=1, look_up=look_up)
        for host in ("first.example", "second.example"):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(resolve(host, 80), 0.05)
        assert asked == ["first.example"]
        release.set()
        assert await resolve("third.example", 80) == [PUBLIC]

    asyncio.run(ask())
    assert asked == ["first.example", "third.example"]


def test_an_answer_that_comes_after_the_end_of_the_loop_disturbs_nobody() -> None:
    release = threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        release.wait(20)
        return [PUBLIC]

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Resolver(look_up=look_up)("slow.example", 80), 0.05)

    asyncio.run(ask())
    thread = next(one for one in threading.enumerate() if one.name == "resolve slow.example")
    release.set()
    thread.join(20)
    assert not thread.is_alive()


def test_the_system_is_asked_for_the_name_as_it_stands_and_each_address_comes_once() -> None:
    with watched_network() as network:
        network.answers["xn--bcher-kva.example"] = (PUBLIC, PUBLIC, "2606:4700::1111")
        assert asyncio.run(Resolver()("xn--bcher-kva.example", 443)) == [PUBLIC, "2606:4700::1111"]
    assert network.asked == ["xn--bcher-kva.example"]


def test_a_question_that_fails_or_gets_no_thread_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def ask() -> list[str]:
        with watched_network() as network:
            resolve = Resolver(threads=1)
            with pytest.raises(socket.gaierror):
                await resolve("no-such-name.example", 80)
            with monkeypatch.context() as patched:
                patched.setattr(threading.Thread, "start", refuse)
                with pytest.raises(OSError, match="no more threads"):
                    await resolve("hooks.example", 80)
            network.answers["hooks.example"] = (PUBLIC,)
            return await resolve("hooks.example", 80)

    assert asyncio.run(ask()) == [PUBLIC]
