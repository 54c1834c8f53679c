"""What `Host` must look like (RFC 9112 3.2, RFC 3986 3.2.2): one host that is not empty, with a port or without."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

# A comma may stand in a name by the letter, but it is what two headers look like that somebody joined.
_HOST = re.compile(rb"(?:\[(?P<literal>[^\[\]]*)\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::(?P<port>[0-9]*))?")
_FUTURE = re.compile(rb"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+;=:-]+")
_LARGEST_PORT = 65535
_RIGHT = "send one, such as Host: 127.0.0.1:8000"


def host_fault(values: Sequence[bytes], *, required: bool = True) -> str | None:
    """What is wrong with the values of the `Host` headers of one request, and what would be right; None where nothing is."""
    if not values:
        return f"The request has no Host header; {_RIGHT}" if required else None
    if len(values) > 1:
        return f"The request has {len(values)} Host headers; {_RIGHT}"
    return None if is_host(values[0].strip(b" \t")) else f"The Host header is not a host with an optional port; {_RIGHT}"


def is_host(value: bytes) -> bool:
    """Whether it is one host, with a port or without."""
    found = _HOST.fullmatch(value)
    if found is None:
        return False
    port, literal = found["port"], found["literal"]
    if port and (len(port.lstrip(b"0")) > 5 or int(port) > _LARGEST_PORT):
        return False
    return literal is None or _FUTURE.fullmatch(literal) is not None or _is_ipv6(literal.decode("latin-1"))


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text
