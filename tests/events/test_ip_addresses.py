"""Every address of a refused network is refused, alone and within another, in every notation; public ones are not."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.events.ip_addresses import Address, Network, embedded, may_be_called
from sandbox.events.ssrf_guard import SsrfGuard

# From the registries for special addresses (IANA), written down a second time on purpose.
REFUSED_4 = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
"""
REFUSED_6 = """
::/128 ::1/128 ::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/32 2001:2::/48 2001:10::/28
2001:20::/28 2001:30::/28 2001::/23 2001:db8::/32 2002::/16 3fff::/20 4000::/2 5f00::/16 8000::/1 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""
NEIGHBOURS = """
1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 168.63.129.15 168.63.129.17
2000:: 2001:200:: 2001:db7:ffff::1 2001:db9:: 2003:: 3ffe:ffff::1 2606:4700:4700::1111 2a00:1450::1
"""
NETWORKS: list[Network] = [ip_network(text) for text in (REFUSED_4 + REFUSED_6).split()]
GUARD = SsrfGuard()


def addresses_of(network: Network) -> st.SearchStrategy[Address]:
    return st.ip_addresses(network=network)


refused_4 = st.sampled_from([network for network in NETWORKS if isinstance(network, IPv4Network)]).flatmap(addresses_of)
refused_6 = st.sampled_from([network for network in NETWORKS if isinstance(network, IPv6Network)]).flatmap(addresses_of)


def octets(address: IPv4Address) -> list[int]:
    return list(address.packed)


def short(address: IPv4Address) -> str:
    """The last three octets as one number: 127.1."""
    return f"{octets(address)[0]}.{int(address) & 0xFFFFFF}"


NOTATIONS_4: dict[str, Callable[[IPv4Address], str]] = {
    "plain": str,
    "one number": lambda address: str(int(address)),
    "one hex number": lambda address: f"{int(address):#x}",
    "one octal number": lambda address: f"0{int(address):o}",
    "hex octets": lambda address: ".".join(f"{octet:#x}" for octet in octets(address)),
    "octal octets": lambda address: ".".join(f"0{octet:o}" for octet in octets(address)),
    "padded": lambda address: ".".join(f"{octet:03}" for octet in octets(address)),
    "short": short,
    "first in hex": lambda address: ".".join([f"{octets(address)[0]:#x}", *map(str, octets(address)[1:])]),
    "with a dot at the end": lambda address: f"{address}.",
    "escaped": lambda address: "".join(f"%{ord(sign):02x}" for sign in str(address)),
    "dots escaped": lambda address: str(address).replace(".", "%2e"),
    "full width": lambda address: "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in str(address)),
    "ideographic dots": lambda address: str(address).replace(".", "。"),
    "mapped": lambda address: f"[::ffff:{address}]",
    "mapped in hex": lambda address: f"[{IPv6Address(0xFFFF << 32 | int(address))}]",
    "compatible": lambda address: f"[::{address}]",
    "translated": lambda address: f"[::ffff:0:{address}]",
    "NAT64": lambda address: f"[64:ff9b::{address}]",
    "NAT64 of a site": lambda address: f"[64:ff9b:1::{address}]",
    "6to4": lambda address: f"[{IPv6Address(0x2002 << 112 | int(address) << 80 | 1)}]",
    "Teredo": lambda address: f"[{IPv6Address(0x20010000 << 96 | int(address) << 64)}]",
    "Teredo's client": lambda address: f"[{IPv6Address(0x20010000 << 96 | 0x5DB8D70E << 64 | ~int(address) & 0xFFFFFFFF)}]",
    "ISATAP": lambda address: f"[2606:4700::5efe:{address}]",
    "behind a user": lambda address: f"example.com@{address}",
}


@pytest.mark.parametrize("notation", NOTATIONS_4)
@given(address=refused_4)
def test_a_refused_ipv4_address_is_refused_in_every_notation(notation: str, address: IPv4Address) -> None:
    assert GUARD.fault(f"http://{NOTATIONS_4[notation](address)}/") is not None


@given(address=refused_6)
def test_a_refused_ipv6_address_is_refused_in_every_notation(address: IPv6Address) -> None:
    for written in (str(address), address.exploded, str(address).upper(), f"{address}%25eth0"):
        assert GUARD.fault(f"http://[{written}]:8080/") is not None


@given(address=st.ip_addresses())
def test_what_may_be_called_is_global_by_the_tables_of_python_too(address: Address) -> None:
    if may_be_called(address):
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_private, address.is_loopback, address.is_link_local))


@given(address=st.ip_addresses(v=4))
def test_an_ipv4_address_outside_of_every_refused_network_may_be_called(address: IPv4Address) -> None:
    assert may_be_called(address) is not any(address in network for network in NETWORKS if isinstance(network, IPv4Network))


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_a_refused_network_is_refused_from_its_first_address_to_its_last(network: Network) -> None:
    assert not may_be_called(network[0])
    assert not may_be_called(network[-1])


@pytest.mark.parametrize("neighbour", NEIGHBOURS.split())
def test_what_stands_beside_a_refused_network_may_be_called(neighbour: str) -> None:
    assert may_be_called(ip_address(neighbour))


@pytest.mark.parametrize("network", ["10.0.0.0/8", "127.0.0.0/8", "::1/128", "fc00::/7"])
def test_an_opened_network_may_be_called_and_no_other(network: str) -> None:
    opened = ip_network(network)
    assert may_be_called(opened[0], [opened])
    assert may_be_called(opened[-1], [opened])
    others = [other for other in NETWORKS if other.version != opened.version or not other.overlaps(opened)]  # type: ignore[arg-type]
    assert [other for other in others if may_be_called(other[0], [opened])] == []


@given(address=refused_4)
def test_an_opened_tunnel_leads_to_no_address_that_is_refused_itself(address: IPv4Address) -> None:
    tunnels = [ip_network(text) for text in ("64:ff9b::/96", "2002::/16", "::ffff:0:0/96")]
    for number in (0x64_FF9B << 96 | int(address), 0x2002 << 112 | int(address) << 80, 0xFFFF << 32 | int(address)):
        assert not may_be_called(IPv6Address(number), tunnels)
        assert may_be_called(IPv6Address(number), [*tunnels, ip_network("0.0.0.0/0")])


def test_an_opened_tunnel_leads_to_a_public_address() -> None:
    assert may_be_called(ip_address("64:ff9b::93.184.215.14"), [ip_network("64:ff9b::/96")])


@pytest.mark.parametrize(
    ("address", "inner"),
    [
        ("::ffff:1.2.3.4", ["1.2.3.4"]),
        ("2002:102:304::", ["1.2.3.4"]),
        ("2001:0:102:304::f5f5:f5f5", ["1.2.3.4", "10.10.10.10"]),
        ("64:ff9b::1.2.3.4", ["1.2.3.4"]),
        ("2606:4700::5efe:1.2.3.4", ["1.2.3.4"]),
        ("::", []),
        ("::1", []),
        ("2606:4700:4700::1111", []),
    ],
)
def test_the_addresses_within_an_address_are_known(address: str, inner: list[str]) -> None:
    assert [str(one) for one in embedded(IPv6Address(address))] == inner
