"""Checks the host name of a request, against DNS rebinding.

A page of any site can make its own name resolve to 127.0.0.1 after it is loaded. The browser then treats the sandbox as
the same origin, but still sends that name in `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from openapi.wording import quoted
from sandbox.edge.exchange import Exchange
from sandbox.errors import Forbidden
from sandbox.loopback import is_loopback_name

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{0,5})?")
_MOST_SHOWN = 100


def refuse_foreign_hosts(exchange: Exchange, allowed: Collection[str], who: str) -> None:
    """Raises Forbidden unless `Host` is an IP address, localhost, a subdomain of it, or one of `allowed` (in lower case)."""
    host = (exchange.header(b"host") or "").strip()
    name = host_name(host)
    if name is None or not (_is_address(name) or is_loopback_name(name) or name in allowed):
        raise Forbidden(f"{who} does not answer under the host name {shown(host)}; the setting --allowed-hosts names those that it answers under")


def host_name(host: str) -> str | None:
    """The name or address in a `Host` header or an origin, in lower case and without the port; None if it is malformed."""
    found = _HOST.fullmatch(host)
    return None if found is None else (found["six"] or found["name"]).lower()


def shown(text: str) -> str:
    """Text from a client, escaped and shortened for a message."""
    return quoted(text.encode("unicode_escape").decode()[:_MOST_SHOWN])


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
