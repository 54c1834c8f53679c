"""By which address a client is counted: the parsed one, since each can be written in many ways, and one client has many of IPv6."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

UNKNOWN = "unknown"
_BITS_OF_A_SITE = 64
_KNOWN = 4096


@lru_cache(_KNOWN)
def counted_as(address: str) -> str:
    """An IPv4 address itself, also where it is written as IPv6; else the /64, which is the least that a site is given.

    Whatever is no address counts as one, so that nobody gets a count for each text.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return UNKNOWN
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _BITS_OF_A_SITE), strict=False))
