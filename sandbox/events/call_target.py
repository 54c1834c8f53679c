"""What a webhook's call hits: one address and port, under however many names and notations."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from sandbox.events.ip_addresses import Address, embedded

CallTarget = tuple[str, int]
"""An IPv4 address, an IPv6 network of one customer (/64) or this machine, and a port."""
LOOPBACK = "loopback"
_OF_ONE_CUSTOMER = 64


def target_of(address: str, port: int) -> CallTarget:
    """What is hit where this address is dialled. All of 127.0.0.0/8, `::1` and the unspecified addresses lead to this machine."""
    return _receiver(_inner(ip_address(address.partition("%")[0]))), port


def _inner(address: Address) -> Address:
    """The IPv4 address within an IPv6 address, to which a tunnel or the system leads."""
    return address if isinstance(address, IPv4Address) else next(embedded(address), address)


def _receiver(address: Address) -> str:
    if address.is_loopback or address.is_unspecified:
        return LOOPBACK
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _OF_ONE_CUSTOMER), strict=False))
    return str(address)
