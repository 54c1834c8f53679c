"""Loopback addresses, and the names that always mean them."""

from __future__ import annotations

import ipaddress
import socket

_LOCALHOST = "localhost"


def is_loopback(address: str) -> bool:
    """Whether the text is a loopback address, also an IPv4 address mapped to IPv6 (`::ffff:127.0.0.1`)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return found.is_loopback if mapped is None else mapped.is_loopback


def is_loopback_name(host: str) -> bool:
    """Whether the host of a URL means this machine without asking a name server (RFC 6761, 6.3)."""
    name = host.lower().removesuffix(".")
    return name == _LOCALHOST or name.endswith(f".{_LOCALHOST}") or is_loopback(name)


def resolves_to_loopback(host: str) -> bool:
    """Whether every address of this name is a loopback address."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # ValueError for text that cannot be a name
        return False
    return bool(found) and all(is_loopback(str(address[0])) for *_, address in found)
