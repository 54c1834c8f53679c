"""Which addresses a webhook may call: public ones, and those of networks that were opened.

Own tables, since Python's `is_global` changes between its releases and knows nothing of addresses within addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, and the unspecified address
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; metadata of a cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's own services; routed nowhere else
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of a cloud
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Outside of this nothing is routed to the public: not loopback, link-local, site-local, unique-local, multicast, IPv4 mapped,
# compatible or translated, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discarded (100::/64), segment routing (5f00::/16).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID and others
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_IPV4_IN_THE_LOW_BITS = tuple(
    IPv6Network(network)
    for network in (
        "::/96",  # compatible
        "::ffff:0:0/96",  # mapped
        "::ffff:0:0:0/96",  # translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 of a site, with the prefix that is used most
    )
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)
_LOW_BITS = 0xFFFF_FFFF


def may_be_called(address: Address, opened: Iterable[Network] = ()) -> bool:
    """Whether it is public or opened; and the same must be true of each IPv4 address within it, to which a tunnel would lead."""
    opened = tuple(opened)
    if not _is_public(address) and not any(address in network for network in opened):
        return False
    return isinstance(address, IPv4Address) or all(may_be_called(inner, opened) for inner in embedded(address))


def embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that it holds by any of the known forms."""
    number = int(address)
    if number > 1 and any(address in network for network in _IPV4_IN_THE_LOW_BITS):  # `::` and `::1` are themselves
        yield IPv4Address(number & _LOW_BITS)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if number >> 32 & _LOW_BITS in _ISATAP:
        yield IPv4Address(number & _LOW_BITS)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _REFUSED_6)
