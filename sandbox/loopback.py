"""What is this machine and nothing else: loopback addresses, and the names that stand for them."""

from __future__ import annotations

import ipaddress
import socket

_LOCALHOST = "localhost"


def is_loopback(address: str) -> bool:
    """Whether an IP address is loopback's, also one of IPv4 that is written as IPv6 (`::ffff:127.0.0.1`); False for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return found.is_loopback if mapped is None else mapped.is_loopback


def is_loopback_name(host: str) -> bool:
    """Whether a host, as a URL names it without its port, is this machine whatever a name server says (RFC 6761, 6.3)."""
    name = host.lower().removesuffix(".")
    return name == _LOCALHOST or name.endswith(f".{_LOCALHOST}") or is_loopback(name)


def resolves_to_loopback(host: str) -> bool:
    """Whether every address that a server would listen on under this name is loopback's."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # the latter for what can be no name
        return False
    return bool(found) and all(is_loopback(str(address[0])) for *_, address in found)
