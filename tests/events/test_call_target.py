"""However a receiver is named, it is one target: what counts is what is dialled."""

from __future__ import annotations

import pytest

from sandbox.events.call_target import target_of

ONE_TARGET = {
    "all of loopback": ("127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "::", "64:ff9b::7f00:1"),
    "IPv4 within IPv6": ("93.184.215.14", "::ffff:93.184.215.14", "::ffff:5db8:d70e", "64:ff9b::93.184.215.14", "2002:5db8:d70e::1", "::5db8:d70e"),
    "IPv4 behind ISATAP": ("93.184.215.14", "2606:4700::5efe:5db8:d70e", "2606:4700::200:5efe:5db8:d70e"),
    "a network of IPv6": ("2606:4700:0:1::1", "2606:4700:0:1::2", "2606:4700:0:1:ffff:ffff:ffff:ffff", "2606:4700:0000:0001:0:0:0:9"),
    "a zone": ("fe80::1", "fe80::1%eth0", "fe80::2%2"),
}


@pytest.mark.parametrize("addresses", ONE_TARGET.values(), ids=ONE_TARGET)
def test_many_addresses_of_one_receiver_are_one_target(addresses: tuple[str, ...]) -> None:
    assert len({target_of(address, 443) for address in addresses}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("93.184.215.14", 443), ("93.184.215.14", 8443)),
        (("93.184.215.14", 443), ("93.184.215.15", 443)),
        (("2606:4700:0:1::1", 443), ("2606:4700:0:2::1", 443)),
        (("127.0.0.1", 3000), ("127.0.0.1", 3001)),
        (("127.0.0.1", 443), ("10.0.0.1", 443)),
    ],
)
def test_another_receiver_is_another_target(one: tuple[str, int], other: tuple[str, int]) -> None:
    assert target_of(*one) != target_of(*other)
