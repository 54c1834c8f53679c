"""What is loopback, however it is written, and what only looks like it; and when a server takes test keys."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sandbox.errors import StartError
from sandbox.loopback import is_loopback, is_loopback_name, resolves_to_loopback
from sandbox.serving import banner
from sandbox.settings import load_settings
from tests.asgi import Sandbox, sandbox_of

LOOPBACK = ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::1%lo"]
NOT = ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::ffff:10.0.0.1", "::2", "fe80::1", "127.1", "localhost", "", "nonsense", "127.0.0.1.example"]
NAMES = ["localhost", "LocalHost", "localhost.", "a.localhost", "127.0.0.1", "::1"]
NOT_NAMES = ["", ".", "localhost.example", "xlocalhost", "localhost..", "example", "10.0.0.1", "0.0.0.0", "127.1", "0x7f.1", "2130706433"]


@pytest.mark.parametrize(("address", "expected"), [*((one, True) for one in LOOPBACK), *((one, False) for one in NOT)])
def test_an_address_is_loopback_however_it_is_written(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


@pytest.mark.parametrize(("name", "expected"), [*((one, True) for one in NAMES), *((one, False) for one in NOT_NAMES)])
def test_a_name_stands_for_this_machine_by_the_standard_alone(name: str, expected: bool) -> None:
    assert is_loopback_name(name) is expected


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [(["127.0.0.1"], True), (["::1", "127.0.1.1"], True), (["127.0.0.1", "192.0.2.1"], False), (["192.0.2.1"], False), ([], False)],
)
def test_a_host_to_listen_on_is_loopback_where_all_its_addresses_are(monkeypatch: pytest.MonkeyPatch, addresses: list[str], expected: bool) -> None:
    def found(host: str, *_: Any, **__: Any) -> list[Any]:
        assert host == "my-laptop"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert resolves_to_loopback("my-laptop") is expected
    settings = load_settings({"host": "my-laptop"})
    assert (settings.on_loopback, settings.takes_test_keys) == (expected, expected)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "\udcff"])
def test_what_is_no_host_is_not_loopback(host: str) -> None:
    assert resolves_to_loopback(host) is False


@pytest.mark.parametrize(
    ("flags", "taken"),
    [
        ({}, True), ({"test_keys": "auto"}, True), ({"test_keys": "on"}, True), ({"test_keys": "off"}, False),
        ({"host": "::1"}, True), ({"host": "::ffff:127.0.0.1"}, True), ({"host": "127.1"}, True), ({"host": "localhost", "test_keys": "on"}, True),
        ({"host": "0.0.0.0"}, False), ({"host": "::"}, False), ({"host": "192.0.2.1"}, False), ({"host": "::ffff:0.0.0.0"}, False),
        ({"trusted_proxies": "127.0.0.1"}, False), ({"trusted_proxies": "10.0.0.0/8"}, False),
        ({"host": "0.0.0.0", "trusted_proxies": "10.0.0.1"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_test_keys_are_taken_where_only_this_machine_connects(flags: dict[str, str], taken: bool) -> None:
    assert load_settings(flags).takes_test_keys is taken


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"host": "0.0.0.0"}, "0.0.0.0 is not a loopback address"),
        ({"host": "192.0.2.1", "trusted_proxies": "10.0.0.1"}, "192.0.2.1 is not a loopback address"),
        ({"trusted_proxies": "127.0.0.1"}, "--trusted-proxies is set"),
    ],
    ids=str,
)
def test_to_insist_on_them_where_others_can_come_stops_the_start(flags: dict[str, str], why: str) -> None:
    with pytest.raises(StartError) as refused:
        load_settings({"test_keys": "on", **flags})
    assert str(refused.value) == (
        f"--test-keys: test keys are public and cannot be enabled here: {why}; use auto, and create keys of your own with `sandbox keys create`"
    )


@pytest.mark.parametrize("value", ["", "yes", "ON", "true", "loopback"])
def test_it_is_auto_on_or_off(value: str) -> None:
    with pytest.raises(StartError, match=r"^--test-keys: must be auto or on or off, not "):
        load_settings({"test_keys": value})


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({}, "  Test keys on, for programs and web pages on this machine only; behind a proxy, use --test-keys off"),
        ({"test_keys": "off"}, "  Test keys off: --test-keys is off; create keys of your own with `sandbox keys create`"),
        (
            {"host": "0.0.0.0"},
            "  Test keys off: they are public, and 0.0.0.0 is not a loopback address; create keys of your own with `sandbox keys create`",
        ),
        (
            {"trusted_proxies": "127.0.0.1"},
            "  Test keys off: they are public, and --trusted-proxies is set; create keys of your own with `sandbox keys create`",
        ),
    ],
    ids=str,
)
def test_the_banner_says_which(flags: dict[str, str], says: str) -> None:
    sandbox: Sandbox = sandbox_of(**flags)
    try:
        text = banner(sandbox.server, load_settings({"scenario": "empty", **flags}), "http://127.0.0.1:8000")
    finally:
        sandbox.close()
    assert says in text.splitlines()
    assert ("sbx_test_" in text) == (flags == {})


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("https://app.example", ("https://app.example",)),
        (
            "https://App.Example:443, http://app.example:80,http://app.example:8080",
            ("https://app.example", "http://app.example", "http://app.example:8080"),
        ),
        ("http://[2001:db8::1]:3000", ("http://[2001:db8::1]:3000",)),
        ("chrome-extension://abcdef", ("chrome-extension://abcdef",)),
    ],
)
def test_origins_are_as_browsers_send_them(written: str, understood: tuple[str, ...]) -> None:
    assert load_settings({"allowed_origins": written}).allowed_origins == understood


@pytest.mark.parametrize(
    "wrong", ["*", "null", "app.example", "https://app.example/", "https://app.example/path", "https://a@b", "https://*.example", "//a"]
)
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(StartError) as refused:
        load_settings({"allowed_origins": wrong})
    assert str(refused.value) == (
        f"--allowed-origins: {wrong!r} is no origin such as https://app.your-domain.com or http://192.168.0.7:3000; it has no path"
    )
